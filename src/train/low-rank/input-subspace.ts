/**
 * The inputs that a layer mostly sees, as a subspace that goes along with the training: one power step a step on the second
 * moments of a sample of them ([Vogels et al. 2019] do so with the update itself).
 */
import { offsets } from '../../autodiff/conv/columns.js';
import type { ConvGeometry } from '../../autodiff/conv/geometry.js';
import { reachedEnds } from '../../autodiff/window.js';
import type { GraphBuilder } from '../../graph/builder.js';
import { elementCount } from '../../tensor.js';

/** What a weight is applied to. */
export interface FactoredInput {
  readonly value: string;
  /** Number of its dimensions, and the one with the features. */
  readonly dims: number;
  readonly axis: number;
  readonly features: number;
  /** Whether the weight's rows are the features, not the outputs. */
  readonly transposed: boolean;
  /** Of a convolution: where its windows stand. */
  readonly windows?: ConvGeometry | undefined;
}

/** Inputs that a step's sample holds, about: four times as many gave the same subspace. */
const SAMPLE = 512;

/** Places of an image that are looked at, at most: neighbours see almost the same. */
const PLACES = 16;

/**
 * Emits a sample of the vectors that the weight is multiplied with, spread over the batch and the places.
 * @returns [vectors, width]; the elements of a convolution's windows with channels last, [vectors, taps · channels]
 */
export function emitSampledInputs(g: GraphBuilder, { value, dims, axis, features, windows }: FactoredInput): string {
  if (windows) return emitSampledWindows(g, value, windows);
  const others = Array.from({ length: dims }, (_, i) => i).filter((i) => i !== axis);
  const last = axis === dims - 1 ? value : g.op('Transpose', [value], { perm: [...others, axis] });
  return emitThinned(g, g.op('Reshape', [last, g.ints([-1, features])]), SAMPLE);
}

function emitSampledWindows(g: GraphBuilder, value: string, windows: ConvGeometry): string {
  const { kernel, strides, dilations, begins, output, taps, channels } = windows;
  const axes = kernel.map((_, i) => 1 + i);
  const { steps, firsts, counts } = sampledPlaces(output);
  const examples = emitThinned(g, value, Math.ceil(SAMPLE / elementCount(counts)));
  const channelsLast = g.op('Transpose', [examples], { perm: [0, ...axes.map((i) => i + 1), 1] });
  const ends = reachedEnds(windows).map((end) => Math.max(end, 0));
  const isPadded = [...begins, ...ends].some((size) => size > 0);
  const padded = isPadded ? g.op('Pad', [channelsLast, g.ints([...begins, ...ends]), '', g.ints(axes)]) : channelsLast;
  const slices = offsets(kernel).map((tap) => {
    const starts = tap.map((place, i) => place * dilations[i]! + firsts[i]! * strides[i]!);
    const apart = strides.map((stride, i) => stride * steps[i]!);
    const stops = starts.map((start, i) => start + (counts[i]! - 1) * apart[i]! + 1);
    return g.op('Slice', [padded, g.ints(starts), g.ints(stops), g.ints(axes), g.ints(apart)]);
  });
  const stacked = slices.length === 1 ? slices[0]! : g.op('Concat', slices, { axis: axes.length + 1 });
  return g.op('Reshape', [stacked, g.ints([-1, taps * channels])]);
}

/** Every so many places along each axis: the smallest steps at which few enough are left. */
function sampledPlaces(output: readonly number[]): { steps: number[]; firsts: number[]; counts: number[] } {
  const steps = output.map(() => 1);
  for (;;) {
    // Not at the border, which is unlike the rest.
    const firsts = steps.map((step) => Math.floor((step - 1) / 2));
    const counts = output.map((size, i) => Math.ceil((size - firsts[i]!) / steps[i]!));
    if (elementCount(counts) <= PLACES) return { steps, firsts, counts };
    steps[counts.indexOf(Math.max(...counts))]!++;
  }
}

/** Every so many rows, so that no more are left; how many there are is known in the graph only. */
function emitThinned(g: GraphBuilder, rows: string, most: number): string {
  const count = g.op('Shape', [rows], { start: 0, end: 1 });
  const step = g.op('Div', [g.op('Add', [count, g.ints([most - 1])]), g.ints([most])]);
  return g.op('Slice', [rows, g.ints([0]), count, g.ints([0]), step]);
}

/**
 * Emits one power step: the sample's second moments times the subspace.
 * @param subspace [directions, width]
 * @param inputs [vectors, width]
 * @returns [directions, width], which need not be orthogonal
 */
export function emitPowerStep(g: GraphBuilder, subspace: string, inputs: string): string {
  const seen = g.op('Gemm', [subspace, inputs], { transB: 1 });
  // Squares of inputs could leave float32; only the directions matter.
  const largest = g.op('ReduceMax', [g.op('Abs', [seen])], { keepdims: 0 });
  const scale = g.op('Max', [largest, g.scalar(SMALLEST)]);
  return g.op('MatMul', [g.op('Div', [seen, scale]), inputs]);
}

const SMALLEST = 1e-30;

/** The subspace for the next step: directions that inputs no longer span stay as they were. @param rows orthonormal, or 0 */
export function emitKeptDirections(g: GraphBuilder, subspace: string, rows: string): string {
  const length = g.op('ReduceSumSquare', [rows, g.ints([1])], { keepdims: 1 });
  return g.op('Where', [g.op('Greater', [length, g.scalar(0.5)]), rows, subspace]);
}

/** Directions as the weight has them: of a convolution, [directions, channels · taps]. */
export function emitWeightOrder(g: GraphBuilder, rows: string, { windows }: FactoredInput): string {
  if (!windows || windows.taps === 1) return rows;
  const { taps, channels } = windows;
  const apart = g.op('Reshape', [rows, g.ints([-1, taps, channels])]);
  return g.op('Reshape', [g.op('Transpose', [apart], { perm: [0, 2, 1] }), g.ints([-1, channels * taps])]);
}
