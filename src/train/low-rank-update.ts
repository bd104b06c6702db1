/**
 * The update of a large weight as a few outer products, found inside of the training graph: the dense update never leaves it.
 *
 * A warm-started subspace takes one power step a step ([Vogels et al. 2019], without error feedback): the rows that spanned the
 * update of the step before, applied to this one, give directions on the left; what the update does to these is the right side.
 * A trace asks what an update does to typical inputs of the layer, seen from what the layer makes of them. The directions of both means
 * therefore come first: at one rank, they bring γ closer than the directions in which the update is largest.
 */
import type { GraphBuilder } from '../graph/builder.js';
import { elementTypeCode } from '../onnx/element-type.js';
import { marked } from '../onnx/node-mark.js';
import { float32, float64, type Tensor } from '../tensor.js';
import { seededRandom } from '../numeric/random.js';
import { emitOrthonormalRows } from './orthonormal-rows.js';

/** A weight whose update is factored: a matrix of `rows` times `columns`. */
export interface FactoredWeight {
  /** Layer that it is the weight of. */
  readonly layer: string;
  /** Name of the weight, and of what it is after the step. */
  readonly weight: string;
  readonly next: string;
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  /** What it is applied to, where that is a value of the graph. */
  readonly input?: FactoredInput | undefined;
  /** The carried subspace, float32 [rank, columns]. */
  readonly subspace: string;
}

/** What a weight is applied to. */
export interface FactoredInput {
  readonly value: string;
  /** Number of its dimensions, and the one with the features. */
  readonly dims: number;
  readonly axis: number;
  readonly features: number;
  /** Whether the weight's rows are the features, not the outputs. */
  readonly transposed: boolean;
}

/** What is emitted for one weight. */
export interface EmittedFactors {
  /** int8 [rank, rows] */
  readonly left: string;
  /** int8 [rank, columns] */
  readonly right: string;
  /** float32 [2 · rank + 1]: scales of the left, scales of the right, then the share that is lost. */
  readonly numbers: string;
  /** The subspace for the next step. */
  readonly subspace: string;
}

/** Largest int8 that is used, so that factors are symmetric about 0. */
const LEVELS = 127;

/** Rows whose largest element is below it are none: what they hold is nothing that float32 weights can show. */
const SMALLEST = 1e-30;

/** Purpose of the random stream. */
const STREAM = 31;

/** The subspace before the first step: random directions, the same in each training. */
export function initialSubspace(place: number, rank: number, columns: number): Tensor {
  const random = seededRandom(0, STREAM, place);
  return float32(
    Float32Array.from({ length: rank * columns }, () => random.normal() / Math.sqrt(columns)),
    [rank, columns],
  );
}

/**
 * Emits the factors of the updates of some weights.
 * @returns in the order of the weights
 */
export function emitLowRankUpdates(g: GraphBuilder, weights: readonly FactoredWeight[]): EmittedFactors[] {
  const forLog = <T>({ layer }: FactoredWeight, emit: () => T) => marked(g.graph, { part: 'log', layer }, emit);
  const updateOf = (weight: FactoredWeight) => {
    const matrix = (value: string) => g.op('Reshape', [value, g.ints([weight.rows, weight.columns])]);
    const before = matrix(weight.weight);
    // What happened to the weight, not what was meant to: see `emitDelta`.
    const update = g.op('Sub', [matrix(weight.next), before]);
    return { weight, update, directions: emitDirections(g, weight, before, update) };
  };
  const updates = weights.map((weight) => forLog(weight, () => updateOf(weight)));
  const left = new Map<(typeof updates)[number], string>();
  for (const rank of new Set(weights.map((weight) => weight.rank))) {
    const alike = updates.filter(({ weight }) => weight.rank === rank);
    const rows = emitOrthonormalRows(g, alike.map(({ directions }) => directions), rank); // prettier-ignore
    alike.forEach((update, i) => left.set(update, rows[i]!));
  }
  return updates.map((each) => forLog(each.weight, () => emitFactors(g, each.weight, each.update, left.get(each)!)));
}

/** Directions on the left, [rank, rows], which need not be orthogonal. */
function emitDirections(g: GraphBuilder, weight: FactoredWeight, before: string, update: string): string {
  const { rank, subspace } = weight;
  const means = rank > 2 ? emitMeans(g, weight, before) : undefined;
  if (!means) return g.op('Gemm', [subspace, update], { transB: 1 });
  const kept = g.op('Slice', [subspace, g.ints([2]), g.ints([rank]), g.ints([0])]);
  const right = g.op('Concat', [means.right, kept], { axis: 0 });
  return g.op('Concat', [means.left, g.op('Gemm', [right, update], { transB: 1 })], { axis: 0 });
}

/** The mean input of the layer, over the batch and all positions, and what the layer makes of it: rows of either side. */
function emitMeans(g: GraphBuilder, { rows, columns, input }: FactoredWeight, before: string) {
  if (!input) return undefined;
  const { transposed } = input;
  const others = Array.from({ length: input.dims }, (_, i) => i).filter((i) => i !== input.axis);
  const mean = g.op('ReduceMean', [input.value, g.ints(others)], { keepdims: 0 });
  // A convolution's input is the same at each of its taps, but for the border.
  const taps = (transposed ? rows : columns) / input.features;
  const repeated = g.op('Expand', [
    g.op('Reshape', [mean, g.ints([input.features, 1])]),
    g.ints([input.features, taps]),
  ]);
  const typical = g.op('Reshape', [repeated, g.ints([1, -1])]);
  return transposed
    ? { left: typical, right: g.op('MatMul', [typical, before]) }
    : { left: g.op('Gemm', [typical, before], { transB: 1 }), right: typical };
}

/** Both sides in int8, the right one such that the sum of products comes closest to the update. */
function emitFactors(g: GraphBuilder, weight: FactoredWeight, update: string, orthonormal: string): EmittedFactors {
  const { rank, subspace } = weight;
  const left = emitLevels(g, orthonormal);
  const onLeft = g.op('MatMul', [left.values, update]);
  const gram = emitGram(g, left.values);
  // Rounding took little from the orthonormal rows: two steps of Newton's method invert their Gram matrix.
  const twice = g.constant(float32(diagonal(rank, 2), [rank, rank]));
  const once = g.op('Sub', [twice, gram]);
  const inverse = g.op('MatMul', [once, g.op('Sub', [twice, g.op('MatMul', [gram, once])])]);
  const right = emitLevels(g, g.op('MatMul', [inverse, onLeft]));

  const squares = g.op('ReduceSumSquare', [update, g.ints([1])], { keepdims: 0 });
  const overlap = g.op('ReduceSum', [g.op('Mul', [onLeft, right.values]), g.ints([1])], { keepdims: 0 });
  const found = g.op('Mul', [gram, emitGram(g, right.values)]);
  const lost = emitLost(g, emitSum(g, squares), emitSum(g, overlap), emitSum(g, found));

  const lengths = g.op('ReduceL2', [right.levels, g.ints([1])], { keepdims: 1 });
  const moved = g.op('Greater', [right.scale, g.scalar(0)]);
  const flat = (scale: string) => g.op('Reshape', [scale, g.ints([-1])]);
  return {
    left: left.int8,
    right: right.int8,
    numbers: g.op('Concat', [flat(left.scale), flat(right.scale), lost], { axis: 0 }),
    subspace: g.op('Where', [moved, g.op('Div', [right.levels, lengths]), subspace]),
  };
}

/** Rows as whole numbers up to 127 and a scale; rows of (almost) nothing as zeros with scale 0. */
function emitLevels(g: GraphBuilder, rows: string) {
  const largest = g.op('ReduceMax', [g.op('Abs', [rows]), g.ints([1])], { keepdims: 1 });
  const isRow = g.op('Greater', [largest, g.scalar(SMALLEST)]);
  const [zero, top] = [g.scalar(0), g.scalar(LEVELS)];
  const scale = g.op('Where', [isRow, g.op('Div', [largest, top]), zero]);
  const inverse = g.op('Where', [isRow, g.op('Div', [top, largest]), zero]);
  const levels = g.op('Round', [g.op('Mul', [rows, inverse])]);
  const int8 = g.op('Cast', [levels], { to: elementTypeCode('int8') });
  return { int8, levels, scale, values: g.op('Mul', [levels, scale]) };
}

function emitGram(g: GraphBuilder, rows: string): string {
  return g.op('Gemm', [rows, rows], { transB: 1 });
}

/** A float64 scalar. */
function emitSum(g: GraphBuilder, values: string): string {
  return g.op('ReduceSum', [g.op('Cast', [values], { to: elementTypeCode('float64') })], { keepdims: 0 });
}

/** ‖Δ − D‖ / ‖Δ‖ from ‖Δ‖², ⟨Δ, D⟩ and ‖D‖²: float32 [1]; 0 where Δ is 0. */
function emitLost(g: GraphBuilder, whole: string, overlap: string, found: string): string {
  const [zero, one] = [g.scalar(0, 'float64'), g.scalar(1, 'float64')];
  const isMoved = g.op('Greater', [whole, zero]);
  const twice = g.op('Mul', [overlap, g.constant(float64([2], []))]);
  const rest = g.op('Max', [g.op('Add', [g.op('Sub', [whole, twice]), found]), zero]);
  const share = g.op('Sqrt', [g.op('Div', [rest, g.op('Where', [isMoved, whole, one])])]);
  const lost = g.op('Where', [isMoved, share, zero]);
  return g.op('Reshape', [g.op('Cast', [lost], { to: elementTypeCode('float32') }), g.ints([1])]);
}

function diagonal(size: number, value: number): Float32Array {
  return Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? value : 0));
}
