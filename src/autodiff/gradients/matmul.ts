import type { Dim } from '../../graph/builder.js';
import { broadcastDims, sumToShapeOf } from '../broadcast.js';
import type { BackwardContext, GradientTable } from '../gradient.js';

/** Products of matrices, batched. */
export const matmul = {
  /** y = a·b, batches broadcast and vectors as one row (a) or one column (b): da = dy·bᵀ, db = aᵀ·dy. */
  MatMul: {
    backward: (context) => {
      const { g, input, dims, dy, needs } = context;
      const [a, b] = [input(0), input(1)];
      const [rowVector, columnVector] = [dims(a).length === 1, dims(b).length === 1];
      const unsqueezed = (value: string, axes: number[]) =>
        axes.length === 0 ? value : g.op('Unsqueeze', [value, g.ints(axes)]);
      const left = unsqueezed(a, rowVector ? [0] : []);
      const right = unsqueezed(b, columnVector ? [1] : []);
      const leftDims = rowVector ? [1, ...dims(a)] : dims(a);
      const rightDims = columnVector ? [...dims(b), 1] : dims(b);
      const outer = unsqueezed(dy, [...(rowVector ? [-2] : []), ...(columnVector ? [-1] : [])]);
      const batch = broadcastDims(leftDims.slice(0, -2), rightDims.slice(0, -2));

      const da = () => {
        const product = g.op('MatMul', [outer, swapped(context, right, rightDims.length)]);
        return sumToShapeOf(context, product, [...batch, ...leftDims.slice(-2)], a);
      };
      const db = () => {
        if (rightDims.length === 2 && leftDims.length > 2) {
          const product = stackedProduct(context, left, leftDims, outer, rightDims);
          return columnVector ? g.op('Squeeze', [product, g.ints([1])]) : product;
        }
        const product = g.op('MatMul', [swapped(context, left, leftDims.length), outer]);
        const productDims = [...batch, ...rightDims.slice(-2)];
        if (!columnVector) return sumToShapeOf(context, product, productDims, b);
        return sumToShapeOf(context, g.op('Squeeze', [product, g.ints([-1])]), productDims.slice(0, -1), b);
      };
      return [needs(0) ? da() : undefined, needs(1) ? db() : undefined];
    },
  },
} satisfies GradientTable;

/** A value with its last two axes swapped; ONNX Runtime folds the transposition into the product. */
function swapped({ g }: BackwardContext, value: string, rank: number): string {
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  perm.push(...perm.splice(-2).reverse());
  return g.op('Transpose', [value], { perm });
}

/** aᵀ·dy summed over every batch: one product of matrices whose rows are stacked. */
function stackedProduct(
  { g }: BackwardContext,
  left: string,
  leftDims: readonly Dim[],
  outer: string,
  rightDims: readonly Dim[],
): string {
  const columns = (size: Dim, value: string) =>
    typeof size === 'number'
      ? g.op('Reshape', [value, g.ints([-1, size])])
      : g.op('Flatten', [value], { axis: leftDims.length - 1 });
  const [inner, width] = [leftDims.at(-1)!, rightDims.at(-1)!];
  return g.op('Gemm', [columns(inner, left), columns(width, outer)], { transA: 1 });
}
