/** What strategies compute where deltas are a few outer products: nothing of the weight's size, nor of the outputs' for each step. */
import { dimsOf, sizeOf, timesOf, type GraphBuilder } from '../../../graph/builder.js';
import { elementTypeCode } from '../../../onnx/element-type.js';
import type { DeltaFactors } from '../forms/form.js';
import type { MatrixValues } from '../matrix-values.js';
import type { Projected } from './strategy.js';
import { sumByQuery } from './sum-by-query.js';

const shaped = (g: GraphBuilder, value: string, dims: readonly (number | string)[]) =>
  g.op('Reshape', [value, dimsOf(g, ...dims)]);
const swapped = (g: GraphBuilder, value: string) => g.op('Transpose', [value], { perm: [0, 2, 1] });
const exact = (g: GraphBuilder, value: string) => g.op('Cast', [value], { to: elementTypeCode('float64') });

/**
 * By positions: γ = Σ_p (U r_p) · (V f_p), ‖Δ f‖² = Σ_p (V f_p)ᵀ U Uᵀ (V f_p), Σ Δ f = Uᵀ (V F) with the factors of all steps
 * one below the other.
 * @param columns f of Q queries, [1, inputs, positions, Q]
 * @param reference r likewise, [1, units, positions, Q]
 */
export function projectPositions(
  g: GraphBuilder,
  matrix: MatrixValues,
  factors: DeltaFactors,
  columns: string,
  reference: string,
  gammaAlone = false,
): Projected {
  const { units, inputs, positions } = matrix;
  const { units: u, inputs: v, wide } = withBias(g, matrix, factors);
  const queries = sizeOf(g, columns, 3);
  const f = shaped(g, columns, [inputs, -1]);
  const seen = wide ? g.op('Concat', [f, ones(g, f)], { axis: 0 }) : f;
  const moved = g.op('MatMul', [v, seen]);
  const byQuery = dimsOf(g, sizeOf(g, v, 0), -1, queries);
  // [T, k, positions · Q] to [T, Q]
  const total = (product: string) => sumByQuery(g, matrix, g.op('Reshape', [product, byQuery]));
  const gamma = total(g.op('Mul', [moved, g.op('MatMul', [u, shaped(g, reference, [units, -1])])]));
  if (gammaAlone) return { gamma };
  const lengths = g.op('MatMul', [g.op('MatMul', [u, swapped(g, u)]), moved]);
  const all = shaped(g, moved, [-1, sizeOf(g, f, 1)]);
  const sum = g.op('MatMul', [g.op('Transpose', [shaped(g, u, [-1, units])], { perm: [1, 0] }), all]);
  const byOutput = dimsOf(g, timesOf(g, units, positions), queries);
  return {
    gamma,
    squares: total(g.op('Mul', [moved, lengths])),
    sum: exact(g, g.op('Reshape', [sum, byOutput])),
    outputs: () => g.op('Reshape', [g.op('MatMul', [swapped(g, u), moved]), dimsOf(g, sizeOf(g, u, 0), -1, queries)]),
  };
}

/**
 * By gradients: γ = Σ_j u_jᵀ G v_j, ‖Δ f‖² = Σ (U Uᵀ) ∘ (V C Vᵀ), Σ Δ = Uᵀ V with the factors of all steps one below the other.
 * @param gradients G and, where there is one, the gradient of the bias, of Q queries, as a log would store them
 * @param gram C of Q queries, [Q, 1, columns, columns]; without it γ is all that is computed
 */
export function projectGradients(
  g: GraphBuilder,
  matrix: MatrixValues,
  factors: DeltaFactors,
  gradients: readonly string[],
  gram?: string,
): Projected {
  const { units, inputs, layout } = matrix;
  const { units: u, inputs: v, wide } = withBias(g, matrix, factors);
  const byUnits = layout.storedRows === 'units';
  const whole = byUnits
    ? shaped(g, gradients[0]!, [-1, units, inputs])
    : swapped(g, shaped(g, gradients[0]!, [-1, inputs, units]));
  const gradient = wide ? g.op('Concat', [whole, shaped(g, gradients[1]!, [-1, units, 1])], { axis: 2 }) : whole;
  const width = sizeOf(g, v, 2);
  const stackedUnits = shaped(g, u, [-1, units]);
  const stackedInputs = shaped(g, v, [-1, width]);
  const steps = sizeOf(g, v, 0);
  // [Q, T · k, …] to [T, Q]
  const total = (terms: string) => {
    const byStep = dimsOf(g, sizeOf(g, terms, 0), steps, -1);
    const sums = g.op('ReduceSum', [g.op('Reshape', [terms, byStep]), g.ints([2])], { keepdims: 0 });
    return g.op('Transpose', [sums], { perm: [1, 0] });
  };
  const gamma = total(g.op('Mul', [g.op('MatMul', [stackedUnits, gradient]), stackedInputs]));
  if (gram === undefined) return { gamma };
  const seen = g.op('MatMul', [stackedInputs, g.op('Squeeze', [gram, g.ints([1])])]);
  // (U Uᵀ) V, so that only sums of products are left.
  const mixed = shaped(g, g.op('MatMul', [g.op('MatMul', [u, swapped(g, u)]), v]), [-1, width]);
  const squares = total(g.op('Mul', [seen, mixed]));
  const sum = g.op('MatMul', [g.op('Transpose', [stackedUnits], { perm: [1, 0] }), stackedInputs]);
  const part = (from: string, to: string) => g.op('Slice', [sum, from, to, g.ints([1])]);
  const weight = wide ? part(g.ints([0]), inputs) : sum;
  const stored = byUnits ? weight : g.op('Transpose', [weight], { perm: [1, 0] });
  const parts = [stored, ...(wide ? [part(inputs, width)] : [])].map((value) => shaped(g, value, [-1]));
  return { gamma, squares, sum: exact(g, parts.length === 1 ? parts[0]! : g.op('Concat', parts, { axis: 0 })) };
}

/** Factors with the bias as one more outer product, of an input that is always 1. */
function withBias(g: GraphBuilder, { units, inputs }: MatrixValues, { units: u, inputs: v, bias }: DeltaFactors) {
  if (bias === undefined) return { units: u, inputs: v, wide: false };
  const zeros = g.op('Expand', [g.scalar(0, 'float32'), dimsOf(g, sizeOf(g, v, 0), 1, inputs)]);
  const row = g.op('Pad', [zeros, g.ints([0, 0, 0, 0, 0, 1]), g.scalar(1, 'float32')]);
  const padded = g.op('Pad', [v, g.ints([0, 0, 0, 0, 0, 1])]);
  return {
    units: g.op('Concat', [u, shaped(g, bias, [-1, 1, units])], { axis: 1 }),
    inputs: g.op('Concat', [padded, row], { axis: 1 }),
    wide: true,
  };
}

/** A row of ones above which a matrix would fit. */
function ones(g: GraphBuilder, matrix: string): string {
  return g.op('Expand', [g.scalar(1, 'float32'), dimsOf(g, 1, sizeOf(g, matrix, 1))]);
}
