import type { GraphBuilder } from '../../graph/builder.js';
import { elementCount } from '../../tensor.js';
import { toTapsFirst } from './columns.js';
import type { ConvGeometry, Lowering } from './geometry.js';

/**
 * Stride 1: dx[c] = Σₖ dy[k] ⋆ W[k, c] turned by 180°, an ordinary convolution with the padding that gives x's size.
 */
export const inputByFlippedConv: Lowering = {
  name: 'convolution with flipped weights',
  applies: ({ kernel, strides, dilations, begins, input, output, group }) =>
    group === 1 &&
    strides.every((stride) => stride === 1) &&
    kernel.every((size, i) => {
      const extent = (size - 1) * dilations[i]!;
      return begins[i]! <= extent && input[i]! + begins[i]! - output[i]! >= 0;
    }),
  emit: ({ g, input, dy }, geometry) => {
    const { begins, ends, dilations } = flippedGeometry(geometry);
    return g.op('Conv', [dy, turned(g, input(1), geometry)], { dilations, pads: [...begins, ...ends] });
  },
};

/** The convolution that gives dx from dy, where strides are 1. */
export function flippedGeometry(geometry: ConvGeometry): ConvGeometry {
  const { kernel, dilations, begins, input, output, channels, filters } = geometry;
  return {
    ...geometry,
    begins: kernel.map((size, i) => (size - 1) * dilations[i]! - begins[i]!),
    ends: kernel.map((_, i) => input[i]! + begins[i]! - output[i]!),
    input: output,
    output: input,
    channels: filters,
    filters: channels,
    places: elementCount(input),
  };
}

/** Weights [K, C, …], the last tap first, as [K, taps, C]: with the channels together that moves rows, not numbers. */
export function turnedTaps(g: GraphBuilder, weights: string, geometry: ConvGeometry): string {
  const ordered = toTapsFirst(g, weights, geometry);
  const lastFirst = Array.from({ length: geometry.taps }, (_, i) => geometry.taps - 1 - i);
  return lastFirst.length === 1 ? ordered : g.op('Gather', [ordered, g.ints(lastFirst)], { axis: 1 });
}

/** Weights [K, C, …] turned by 180°, as [C, K, …]. */
function turned(g: GraphBuilder, weights: string, geometry: ConvGeometry): string {
  const { kernel, channels, filters } = geometry;
  const moved = g.op('Transpose', [turnedTaps(g, weights, geometry)], { perm: [2, 0, 1] });
  return g.op('Reshape', [moved, g.ints([channels, filters, ...kernel])]);
}
