import { elementTypeCode } from '../../../onnx/element-type.js';
import { dimsOf, sizeOf, timesOf, type GraphBuilder } from '../../../graph/builder.js';
import type { Deltas } from '../forms/form.js';
import type { MatrixValues } from '../matrix-values.js';
import { projectPositions } from './factored.js';
import { sumByQuery } from './sum-by-query.js';
import { USUAL_RANK, type GammaPart, type Strategy } from './strategy.js';

/** Y = Δ F with R for all steps and queries, queries last, so that sums over outputs and positions run over whole rows. */
function applied(g: GraphBuilder, matrix: MatrixValues, deltas: Deltas, [columns, reference]: readonly string[]) {
  const { groups, units, inputs, positions } = matrix;
  const y = deltas.apply(g.op('Reshape', [columns!, dimsOf(g, groups, inputs, -1)]));
  const queries = sizeOf(g, columns!, 3);
  const ofStep = timesOf(g, units, positions);
  const outputs = g.op('Reshape', [y, dimsOf(g, groups, -1, ofStep, queries)]);
  const r = g.op('Reshape', [reference!, dimsOf(g, groups, 1, ofStep, queries)]);
  const total = (products: string) =>
    g.op('ReduceSum', [sumByQuery(g, matrix, products), g.ints([0])], { keepdims: 0 });
  return { outputs, queries, total, gamma: total(g.op('Mul', [outputs, r])) };
}

/** Σ R ∘ Δ F */
const gamma: GammaPart = {
  // Y, and R ∘ Y.
  workingBytes: ({ groups, units, positions }, steps) => 8 * steps * groups * units * positions,
  factors: ({ groups, units, inputs, positions }) => [
    { name: 'columns', dims: [groups, inputs, positions], queriesLast: true },
    { name: 'reference', dims: [groups, units, positions], queriesLast: true },
  ],
  emitFactors: (_g, _matrix, columns, reference) => [columns, reference],
  emit: (g, matrix, deltas, factors) =>
    deltas.factors
      ? projectPositions(g, matrix, deltas.factors, factors[0]!, factors[1]!, true).gamma
      : applied(g, matrix, deltas, factors).gamma,
};

/**
 * Applies every Δ to the columns of every query: Y = Δ F, γ = Σ R ∘ Y, ‖Δ f‖² = Σ Y ∘ Y. Best where there are few
 * positions; for a dense layer it costs as much as γ alone, and nothing of the weight's size is kept of a query.
 *
 * The steps' Y are added up rather than their Δ: they are smaller, and adding up Δ in float64 would take longer than all
 * the rest for a layer with millions of weights. What each Y loses to rounding is of order 1e-7 of itself.
 */
export const apply: Strategy = {
  name: 'apply',
  sumsDeltas: false,
  cost: ({ groups, units, inputs, positions }, { factored }) =>
    groups * positions * (factored ? USUAL_RANK * (inputs + 2 * units) : units * inputs),
  // Y, R ∘ Y, and Y in float64.
  workingBytes: ({ groups, units, positions }, steps) => 16 * steps * groups * units * positions,
  factors: (matrix) => gamma.factors(matrix),
  emitFactors: (g, matrix, columns, reference) => gamma.emitFactors(g, matrix, columns, reference),
  emitProjection: (g, matrix, deltas, factors) => {
    if (deltas.factors) return projectPositions(g, matrix, deltas.factors, factors[0]!, factors[1]!);
    const { outputs, queries, total, gamma: gammas } = applied(g, matrix, deltas, factors);
    const exact = (value: string) => g.op('Cast', [value], { to: elementTypeCode('float64') });
    const added = (value: string) => g.op('ReduceSum', [value, g.ints([1])], { keepdims: 0 });
    // Of many queries few steps are projected at once: their sum loses no more than each Y did.
    const sum = matrix.oneQuery ? added(exact(outputs)) : exact(added(outputs));
    return {
      gamma: gammas,
      squares: total(g.op('Mul', [outputs, outputs])),
      sum: g.op('Reshape', [sum, dimsOf(g, -1, queries)]),
      outputs: () => {
        // [groups, T, …] to [T, groups, …]
        const stepsFirst = g.op('Transpose', [outputs], { perm: [1, 0, 2, 3] });
        return g.op('Reshape', [stepsFirst, dimsOf(g, sizeOf(g, stepsFirst, 0), -1, queries)]);
      },
    };
  },
  gamma,
};
