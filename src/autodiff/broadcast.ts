/** Undoing NumPy-style broadcasting: the gradient to a broadcast operand is summed over what it was spread along. */
import type { Dim } from '../graph/builder.js';
import type { NodeContext } from './gradient.js';

/**
 * Sums a gradient of shape `from` down to the shape of the operand `operand`.
 * @param from dimensions that the gradient has
 * @returns the gradient in the operand's own shape
 */
export function sumToShapeOf(context: NodeContext, gradient: string, from: readonly Dim[], operand: string): string {
  const { g } = context;
  const to = context.dims(operand);
  const added = from.length - to.length;
  const axes = from.flatMap((dim, axis) => (axis < added || (to[axis - added] === 1 && dim !== 1) ? [axis] : []));
  if (axes.length === 0) return gradient;
  const keepsRank = added === 0;
  const summed = g.op('ReduceSum', [gradient, g.ints(axes)], { keepdims: keepsRank ? 1 : 0 });
  const dropsInnerOnes = !keepsRank && axes.some((axis) => axis >= added);
  return dropsInnerOnes ? g.op('Reshape', [summed, g.op('Shape', [operand])]) : summed;
}

/** Dimensions of the result of broadcasting several operands against one another. */
export function broadcastDims(...operands: readonly (readonly Dim[])[]): Dim[] {
  const rank = Math.max(...operands.map((dims) => dims.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = operands.map((dims) => dims[axis - (rank - dims.length)] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}
