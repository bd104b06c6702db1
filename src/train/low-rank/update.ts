/**
 * The update of a large weight as a few outer products, found inside of the training graph: the dense update never leaves it.
 *
 * A trace asks what an update Δ does to inputs of the layer, seen from what the layer makes of them. So the products keep all that Δ
 * does to the inputs that the layer mostly sees (a subspace that goes along, see `input-subspace.ts`), and all of it that
 * can be seen from the outputs it mostly has (the weight times the first of those directions): what is lost is what Δ does
 * to the rest of both. At one rank this brings γ closer than the directions in which the update itself is largest.
 *
 * Where the inputs are not known, and in runs that began with version 1 of the codec, the subspace is that of the update of the step
 * before ([Vogels et al. 2019], without error feedback); version 1 puts the mean input, and what the layer makes of it, first.
 */
import type { GraphBuilder } from '../../graph/builder.js';
import { elementTypeCode } from '../../onnx/element-type.js';
import { marked } from '../../onnx/node-mark.js';
import { float32, float64, type Tensor } from '../../tensor.js';
import { seededRandom } from '../../numeric/random.js';
import {
  emitKeptDirections,
  emitPowerStep,
  emitSampledInputs,
  emitWeightOrder,
  type FactoredInput,
} from './input-subspace.js';
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
  /** Version of the codec. */
  readonly version: number;
  /** What it is applied to, where that is a value of the graph. */
  readonly input?: FactoredInput | undefined;
  /** The carried subspace, float32, of the dimensions that `subspaceDims` gives. */
  readonly subspace: string;
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

/** Directions of inputs and of outputs, which make up the rank. */
function directionsOf(rank: number): { inputs: number; outputs: number } {
  const outputs = Math.floor(rank / OUTPUTS_OF);
  return { inputs: rank - outputs, outputs };
}

/** One direction in so many is one of outputs, which lie in fewer than inputs do. */
const OUTPUTS_OF = 3;

/** Dimensions of the carried subspace. */
export function subspaceDims(weight: Omit<FactoredWeight, 'subspace'>): [number, number] {
  const { rank, rows, columns, input } = weight;
  if (!followsInputs(weight)) return [rank, columns];
  return [directionsOf(rank).inputs, input!.transposed ? rows : columns];
}

/** Whether the subspace is that of the inputs, not of the update. */
function followsInputs({ version, input }: Pick<FactoredWeight, 'version' | 'input'>): boolean {
  return version > 1 && input !== undefined;
}

/** The subspace before the first step: random directions, the same in each training. */
export function initialSubspace(place: number, rows: number, columns: number): Tensor {
  const random = seededRandom(0, STREAM, place);
  return float32(
    Float32Array.from({ length: rows * columns }, () => random.normal() / Math.sqrt(columns)),
    [rows, columns],
  );
}

/** A weight with its update, and the directions of its inputs where these are followed. */
interface Updated {
  readonly weight: FactoredWeight;
  readonly before: string;
  readonly update: string;
  readonly inputs?: string | undefined;
}

/**
 * Emits the factors of the updates of some weights.
 * @returns in the order of the weights
 */
export function emitLowRankUpdates(g: GraphBuilder, weights: readonly FactoredWeight[]): EmittedFactors[] {
  const forLog = <T>({ layer }: FactoredWeight, emit: () => T) => marked(g.graph, { part: 'log', layer }, emit);
  const updates = weights.map((weight) =>
    forLog(weight, (): Updated => {
      const matrix = (value: string) => g.op('Reshape', [value, g.ints([weight.rows, weight.columns])]);
      const before = matrix(weight.weight);
      // What happened to the weight, not what was meant to: see `emitDelta`.
      const update = g.op('Sub', [matrix(weight.next), before]);
      const { input, subspace } = weight;
      const inputs = followsInputs(weight) ? emitPowerStep(g, subspace, emitSampledInputs(g, input!)) : undefined;
      return { weight, before, update, inputs };
    }),
  );
  const inputs = emitOrthonormal(g, updates, (updated) => updated.inputs, ({ rank }) => directionsOf(rank).inputs); // prettier-ignore
  const directions = new Map(
    updates.map((updated, i) => [
      updated,
      forLog(updated.weight, () =>
        inputs[i] === undefined ? emitDirections(g, updated) : emitSeenDirections(g, updated, inputs[i]),
      ),
    ]),
  );
  const left = emitOrthonormal(g, updates, (updated) => directions.get(updated), ({ rank }) => rank); // prettier-ignore
  return updates.map(({ weight, update }, i) =>
    forLog(weight, () => {
      const { right, ...factors } = emitFactors(g, weight, update, left[i]!);
      const own = inputs[i];
      const { subspace } = weight;
      const next = own === undefined ? emitUnitLevels(g, right, subspace) : emitKeptDirections(g, subspace, own);
      return { ...factors, right: right.int8, subspace: next };
    }),
  );
}

/** Orthonormal rows for all that have some, those of one number together. */
function emitOrthonormal(
  g: GraphBuilder,
  updates: readonly Updated[],
  rowsOf: (updated: Updated) => string | undefined,
  countOf: (weight: FactoredWeight) => number,
): (string | undefined)[] {
  const found = new Map<Updated, string>();
  for (const count of new Set(updates.map(({ weight }) => countOf(weight)))) {
    const alike = updates.filter((updated) => countOf(updated.weight) === count && rowsOf(updated) !== undefined);
    if (alike.length === 0) continue;
    const rows = emitOrthonormalRows(g, alike.map((updated) => rowsOf(updated)!), count); // prettier-ignore
    alike.forEach((updated, i) => found.set(updated, rows[i]!));
  }
  return updates.map((updated) => found.get(updated));
}

/** What the update does to the layer's inputs, and what of it is seen from its outputs: directions on the left, [rank, rows]. */
function emitSeenDirections(g: GraphBuilder, { weight, before, update }: Updated, subspace: string): string {
  const { rank, input } = weight;
  const { outputs } = directionsOf(rank);
  const inputs = emitWeightOrder(g, subspace, input!);
  const first = g.op('Slice', [inputs, g.ints([0]), g.ints([outputs]), g.ints([0])]);
  const { transposed } = input!;
  const own = transposed ? inputs : g.op('Gemm', [inputs, update], { transB: 1 });
  if (outputs === 0) return own;
  const made = transposed
    ? g.op('Gemm', [g.op('MatMul', [first, before]), update], { transB: 1 })
    : g.op('Gemm', [first, before], { transB: 1 });
  return g.op('Concat', [made, own], { axis: 0 });
}

/** Directions on the left, [rank, rows], which need not be orthogonal. */
function emitDirections(g: GraphBuilder, { weight, before, update }: Updated): string {
  const { rank, subspace } = weight;
  const means = weight.version === 1 && rank > 2 ? emitMeans(g, weight, before) : undefined;
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
function emitFactors(g: GraphBuilder, { rank }: FactoredWeight, update: string, orthonormal: string) {
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

  const flat = (scale: string) => g.op('Reshape', [scale, g.ints([-1])]);
  return {
    left: left.int8,
    right,
    numbers: g.op('Concat', [flat(left.scale), flat(right.scale), lost], { axis: 0 }),
  };
}

/** The right side with rows of length 1; those of zeros stay as they were. */
function emitUnitLevels(g: GraphBuilder, { levels, scale }: ReturnType<typeof emitLevels>, subspace: string): string {
  const lengths = g.op('ReduceL2', [levels, g.ints([1])], { keepdims: 1 });
  const moved = g.op('Greater', [scale, g.scalar(0)]);
  return g.op('Where', [moved, g.op('Div', [levels, lengths]), subspace]);
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
