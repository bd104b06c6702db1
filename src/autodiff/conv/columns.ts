/** im2col by slices: for each place of the kernel, the elements of the input that it meets. */
import type { GraphBuilder } from '../../graph/builder.js';
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
 * @param firstSpatialAxis 2 where channels come first, 1 where they come last
 * @returns values that have the output's spatial sizes in place of the input's
 */
export function tapSlices(g: GraphBuilder, x: string, geometry: ConvGeometry, firstSpatialAxis: 1 | 2): string[] {
  const { kernel, strides, dilations, begins, output } = geometry;
  const axes = kernel.map((_, i) => firstSpatialAxis + i);
  const ends = reachedEnds(geometry).map((end) => Math.max(end, 0));
  const untouched = [...begins, ...ends].every((size) => size === 0);
  const padded = untouched ? x : g.op('Pad', [x, g.ints([...begins, ...ends]), '', g.ints(axes)]);
  return offsets(kernel).map((tap) => {
    const starts = tap.map((place, i) => place * dilations[i]!);
    const stops = starts.map((start, i) => start + (output[i]! - 1) * strides[i]! + 1);
    return g.op('Slice', [padded, g.ints(starts), g.ints(stops), g.ints(axes), g.ints(strides)]);
  });
}

/** The channels of each tap together: [K, taps, C]. */
export function toTapsFirst(g: GraphBuilder, weights: string, { channels, filters, taps }: ConvGeometry): string {
  const flat = g.op('Reshape', [weights, g.ints([filters, channels, taps])]);
  return g.op('Transpose', [flat], { perm: [0, 2, 1] });
}

/**
 * im2col with channels last: [N·P, taps·C], a row for each window of the batch.
 * @param last the input with channels last
 */
export function columnRows(g: GraphBuilder, last: string, geometry: ConvGeometry): string {
  const slices = tapSlices(g, last, geometry, 1);
  const stacked = slices.length === 1 ? slices[0]! : g.op('Concat', slices, { axis: -1 });
  return g.op('Reshape', [stacked, g.ints([-1, geometry.taps * geometry.channels])]);
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
