import { elementTypeCode } from '../../../onnx/element-type.js';
import { dimsOf, sizeOf, timesOf, type GraphBuilder } from '../../../graph/builder.js';
import { float32 } from '../../../tensor.js';
import { stackedBiases } from '../forms/dense.js';
import type { StepMatrix } from '../layer-matrix.js';
import type { MatrixValues } from '../matrix-values.js';
import { projectGradients } from './factored.js';
import { USUAL_RANK, type GammaPart, type Strategy } from './strategy.js';

/** ⟨Δ, G⟩: one matrix product for all steps and queries. */
const gamma: GammaPart = {
  workingBytes: (_matrix, steps) => 8 * steps,
  factors: ({ groups, units, inputs, hasBias }) => [
    { name: 'weight gradient', dims: [groups * units * inputs] },
    ...(hasBias ? [{ name: 'bias gradient', dims: [groups * units] }] : []),
  ],
  emitFactors: emitGradients,
  emit: (g, matrix, deltas, gradients) => {
    if (deltas.factors) return projectGradients(g, matrix, deltas.factors, gradients).gamma;
    const parts = deltas.dense().map((part, i) => g.op('Gemm', [part, gradients[i]!], { transB: 1 }));
    return parts.length === 1 ? parts[0]! : g.op('Sum', parts);
  },
};

/** What is computed once for a query is computed by the calling thread, alone and a query at a time. */
const KEPT_COST = 3;

/**
 * Sums over positions once for each query instead of once for each step:
 * γ = ⟨Δ, G⟩ with G = Σ_p r_p f_pᵀ, the gradient of the layer's weight when r is the gradient of its output, so that the γ
 * of all steps and queries are one matrix product; ‖Δ f‖² = ⟨Δ C, Δ⟩ with C = Σ_p f_p f_pᵀ, and for many queries ⟨Δᵀ Δ, C⟩, so
 * that they share all but the last product. The bias is one more input that is always 1. Best where there are more positions
 * than inputs, and for many queries where there are fewer too.
 */
export const gram: Strategy = {
  name: 'gram',
  sumsDeltas: true,
  gamma,
  cost: (matrix, { queries, steps, factored }) => {
    const { groups, units, inputs, positions } = matrix;
    const square = columnSize(matrix) ** 2;
    const kept = positions * (square + units * inputs);
    const norm = queries === 1 ? units * square : (units * square) / queries + square;
    const each = factored ? USUAL_RANK * (square + units * inputs) : norm + units * inputs;
    return groups * (each + (KEPT_COST * kept) / steps);
  },
  // Δ C, and its product with Δ; or Δᵀ Δ.
  workingBytes: (matrix, steps) => {
    const size = columnSize(matrix);
    return 4 * steps * matrix.groups * size * Math.max(2 * matrix.units, size);
  },
  factors: (matrix) => [
    { name: 'gram', dims: [matrix.groups, columnSize(matrix), columnSize(matrix)] },
    ...gamma.factors(matrix),
  ],
  emitFactors: (g, matrix, columns, reference) => {
    const { groups, positions, hasBias } = matrix;
    const ones = () => g.op('Expand', [g.constant(float32([1], [1, 1, 1])), dimsOf(g, groups, 1, positions)]);
    const whole = hasBias ? g.op('Concat', [columns, ones()], { axis: 1 }) : columns;
    const product = g.op('MatMul', [whole, g.op('Transpose', [whole], { perm: [0, 2, 1] })]);
    return [product, ...gamma.emitFactors(g, matrix, columns, reference)];
  },
  emitProjection: (g, matrix, deltas, [product, ...gradients]) => {
    if (deltas.factors) return projectGradients(g, matrix, deltas.factors, gradients, product);
    const { groups, inputs } = matrix;
    const stored = deltas.dense();
    const [weight, biases] = stored;
    const weights = g.op('Reshape', [matrix.layout.rows(g, weight!, matrix), dimsOf(g, groups, -1, inputs)]);
    const rows =
      biases === undefined ? weights : g.op('Concat', [weights, stackedBiases(g, matrix, biases)], { axis: 2 });
    const squares = matrix.oneQuery
      ? squaresOfOne(g, matrix, rows, product!)
      : squaresOfMany(g, matrix, rows, product!);
    const exact = (part: string) => g.op('Cast', [part], { to: elementTypeCode('float64') });
    const sums = stored.map((part) => g.op('ReduceSum', [exact(part), g.ints([0])], { keepdims: 0 }));
    return {
      gamma: gamma.emit(g, matrix, deltas, gradients),
      squares,
      sum: g.op('Concat', sums, { axis: 0 }),
    };
  },
};

/**
 * ⟨Δ C, Δ⟩ for all steps of one query: [T, 1].
 * @param rows Δ of all steps, [groups, T · units, columns]
 * @param product C, [1, groups, columns, columns]
 */
function squaresOfOne(g: GraphBuilder, { groups, units }: MatrixValues, rows: string, product: string): string {
  const terms = g.op('Mul', [g.op('MatMul', [rows, product]), rows]);
  const byStep = g.op('Reshape', [terms, dimsOf(g, groups, -1, timesOf(g, units, sizeOf(g, product, 3)))]);
  const ofGroups = g.op('ReduceSum', [byStep, g.ints([2])], { keepdims: 0 });
  return g.op('Transpose', [g.op('ReduceSum', [ofGroups, g.ints([0])])], { perm: [1, 0] });
}

/**
 * ⟨Δᵀ Δ, C⟩ for all steps and queries: [T, Q].
 * @param rows Δ of all steps, [groups, T · units, columns]
 * @param product C, [Q, groups, columns, columns]
 */
function squaresOfMany(
  g: GraphBuilder,
  { groups, units, isWhole }: MatrixValues,
  rows: string,
  product: string,
): string {
  const byStep = g.op('Reshape', [rows, dimsOf(g, groups, -1, units, sizeOf(g, product, 3))]);
  const squared = g.op('MatMul', [g.op('Transpose', [byStep], { perm: [0, 1, 3, 2] }), byStep]);
  const stepsFirst = isWhole ? squared : g.op('Transpose', [squared], { perm: [1, 0, 2, 3] });
  const size = timesOf(g, groups, sizeOf(g, product, 2), sizeOf(g, product, 3));
  const [left, right] = [stepsFirst, product].map((value) => g.op('Reshape', [value, dimsOf(g, -1, size)]));
  return g.op('Gemm', [left!, right!], { transB: 1 });
}

/** Elements of a column with the bias's constant input. */
function columnSize({ inputs, hasBias }: StepMatrix): number {
  return inputs + (hasBias ? 1 : 0);
}

/** G and, where there is one, the gradient of the bias, laid out as the log stores them. */
function emitGradients(g: GraphBuilder, matrix: MatrixValues, columns: string, reference: string): string[] {
  const weight = matrix.layout.gradient(g, reference, columns);
  if (!matrix.hasBias) return [weight];
  return [weight, g.op('Reshape', [g.op('ReduceSum', [reference, g.ints([2])], { keepdims: 0 }), g.ints([-1])])];
}
