/** im2col: for each place of the kernel, the elements of the input that it meets. */
import type { GraphBuilder } from '../../graph/builder.js';
import { elementCount, int32 } from '../../tensor.js';
import { reachedEnds } from '../window.js';
import type { ConvGeometry } from './geometry.js';

/** Each combination of one index an axis, the last axis running fastest. */
export function offsets(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (rows, size) => rows.flatMap((row) => Array.from({ length: size }, (_, i) => [...row, i])),
    [[]],
  );
}

/**
 * One slice of the padded input for each tap of the kernel, in row-major order of the taps.
 * @returns values that have the output's spatial sizes in place of the input's
 */
export function tapSlices(g: GraphBuilder, x: string, geometry: ConvGeometry): string[] {
  const { kernel, strides, dilations, begins, output } = geometry;
  const axes = kernel.map((_, i) => 2 + i);
  const ends = reachedEnds(geometry).map((end) => Math.max(end, 0));
  const untouched = [...begins, ...ends].every((size) => size === 0);
  const padded = untouched ? x : g.op('Pad', [x, g.ints([...begins, ...ends]), '', g.ints(axes)]);
  return offsets(kernel).map((tap) => {
    const starts = tap.map((place, i) => place * dilations[i]!);
    const stops = starts.map((start, i) => start + (output[i]! - 1) * strides[i]! + 1);
    return g.op('Slice', [padded, g.ints(starts), g.ints(stops), g.ints(axes), g.ints(strides)]);
  });
}

/**
 * For each tap of the kernel and each place of the output, both row-major: the place of the input that they meet; undefined
 * where that is padding.
 */
export function metPlaces({
  kernel,
  strides,
  dilations,
  begins,
  input,
  output,
}: ConvGeometry): (number | undefined)[][] {
  const places = offsets(output);
  return offsets(kernel).map((tap) =>
    places.map((place) => {
      const met = place.map((at, i) => at * strides[i]! + tap[i]! * dilations[i]! - begins[i]!);
      const isInside = met.every((at, i) => at >= 0 && at < input[i]!);
      return isInside ? met.reduce((index, at, i) => index * input[i]! + at, 0) : undefined;
    }),
  );
}

/** The input with channels last, ready to have places taken from: [N, Q and one of zeros, C]. */
export function gatherable(g: GraphBuilder, x: string, geometry: ConvGeometry): string {
  const size = elementCount(geometry.input);
  const flat = g.op('Reshape', [channelsLast(g, x, geometry), g.ints([-1, size, geometry.channels])]);
  return g.op('Pad', [flat, g.ints([0, 1]), '', g.ints([1])]);
}

/** Takes places of the input, unlike slices on as many threads as there are. @param x as `gatherable` has it */
export function gather(g: GraphBuilder, x: string, places: readonly (number | undefined)[], geometry: ConvGeometry) {
  const zeros = elementCount(geometry.input);
  return g.op('Gather', [x, g.constant(int32(places.map((place) => place ?? zeros)))], { axis: 1 });
}

/** The channels of each tap together: [K, taps, C]. */
export function toTapsFirst(g: GraphBuilder, weights: string, { channels, filters, taps }: ConvGeometry): string {
  const flat = g.op('Reshape', [weights, g.ints([filters, channels, taps])]);
  return g.op('Transpose', [flat], { perm: [0, 2, 1] });
}

/** im2col with channels last: [N·P, taps·C], a row for each window of the batch. */
export function columnRows(g: GraphBuilder, x: string, geometry: ConvGeometry): string {
  const byTap = metPlaces(geometry);
  const byPlace = byTap[0]!.flatMap((_, place) => byTap.map((places) => places[place]));
  const rows = gather(g, gatherable(g, x, geometry), byPlace, geometry);
  return g.op('Reshape', [rows, g.ints([-1, geometry.taps * geometry.channels])]);
}

/** A value [N, C, …] with its channels last. */
export function channelsLast(g: GraphBuilder, value: string, { kernel }: Pick<ConvGeometry, 'kernel'>): string {
  return g.op('Transpose', [value], { perm: [0, ...kernel.map((_, i) => i + 2), 1] });
}

/** A value [N, …, C] with its channels first. */
export function channelsFirst(g: GraphBuilder, value: string, { kernel }: Pick<ConvGeometry, 'kernel'>): string {
  return g.op('Transpose', [value], { perm: [0, kernel.length + 1, ...kernel.map((_, i) => i + 1)] });
}

/** Weights [K, taps·C], as columns give them, in the order that the model has them: [K, C, …kernel]. */
export function fromTapsFirst(
  g: GraphBuilder,
  weights: string,
  { kernel, channels, filters }: Pick<ConvGeometry, 'kernel' | 'channels' | 'filters'>,
): string {
  const apart = g.op('Reshape', [weights, g.ints([filters, ...kernel, channels])]);
  return g.op('Transpose', [apart], { perm: [0, kernel.length + 1, ...kernel.map((_, i) => i + 1)] });
}
