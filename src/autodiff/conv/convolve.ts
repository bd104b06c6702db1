import type { GraphBuilder } from '../../graph/builder.js';
import { reachedEnds } from '../window.js';
import type { ConvGeometry } from './geometry.js';

/** y = x ⋆ W, of the geometry's output size. */
export function convolve(g: GraphBuilder, x: string, weights: string, geometry: ConvGeometry): string {
  const { kernel, strides, dilations, begins, output, group } = geometry;
  const ends = reachedEnds(geometry);
  const pads = [...begins, ...ends.map((end) => Math.max(end, 0))];
  const product = g.op('Conv', [x, weights], { strides, dilations, pads, group });
  // Windows that stop a stride or more short of the input's end leave room for some that the output does not have.
  if (ends.every((end, i) => -end < strides[i]!)) return product;
  const space = kernel.map((_, i) => i + 2);
  return g.op('Slice', [product, g.ints(kernel.map(() => 0)), g.ints(output), g.ints(space)]);
}
