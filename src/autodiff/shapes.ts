/** Shapes on the way back. */
import { spatialSizes } from './window.js';
import type { NodeContext } from './gradient.js';

/** A gradient in the shape of a forward value with as many elements. */
export function reshapeLike({ g }: NodeContext, gradient: string, value: string): string {
  // A size of 0 is one, not a wish to keep the size that is there.
  return g.op('Reshape', [gradient, g.op('Shape', [value])], { allowzero: g.opset >= 14 ? 1 : undefined });
}

/** A gradient spread out to the shape of a forward value. */
export function expandLike({ g }: NodeContext, gradient: string, value: string): string {
  return g.op('Expand', [gradient, g.op('Shape', [value])]);
}

/** Sums over examples and space, leaving one number per channel (axis 1): first over space, which lies together. */
export function sumOverChannels({ g }: NodeContext, value: string, rank: number): string {
  const space = Array.from({ length: Math.max(rank - 2, 0) }, (_, i) => i + 2);
  const planes = space.length === 0 ? value : g.op('ReduceSum', [value, g.ints(space)], { keepdims: 0 });
  return g.op('ReduceSum', [planes, g.ints([0])], { keepdims: 0 });
}

/** One number per channel, shaped to broadcast over a value of the given rank whose axis 1 is the channel. */
export function alongChannels({ g }: NodeContext, vector: string, rank: number): string {
  return rank <= 2 ? vector : g.op('Reshape', [vector, g.ints([-1, ...Array.from({ length: rank - 2 }, () => 1)])]);
}

/** An image [N, C, H·b, W·b] as [N, C, H, b, W, b]. @throws InputError when its size is open */
export function splitSpace(context: NodeContext, image: string, block: number): string {
  const [height, width] = spatialSizes(context, context.output(0));
  const channels = context.dims(context.output(0))[1];
  const sizes = [height! / block, block, width! / block, block];
  return context.g.op('Reshape', [image, context.g.ints([0, typeof channels === 'number' ? channels : 0, ...sizes])]);
}
