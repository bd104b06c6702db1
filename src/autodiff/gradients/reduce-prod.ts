import { algebra } from '../algebra.js';
import { reduceLike, reducesNothing, unreduced } from '../axes.js';
import type { Gradient } from '../gradient.js';

/** y = Π x over axes: dx = dy times the product of the other elements, also where some are 0. */
export const reduceProd: Gradient = {
  op: 'ReduceProd',
  backward: (context) => {
    const { g, input, type, dy } = context;
    if (reducesNothing(context)) return [dy];
    const x = input(0);
    const { mul, div, compare, where, cast } = algebra(g, type(x));
    const isZero = compare('Equal', x, 0);
    const zeroCount = reduceLike(context, 'ReduceSum', cast(isZero));
    const nonZero = where(isZero, 1, x);
    const product = reduceLike(context, 'ReduceProd', nonZero);
    const othersOfZero = where(compare('Equal', zeroCount, 1), product, 0);
    const othersOfNonZero = where(compare('Equal', zeroCount, 0), div(product, nonZero), 0);
    return [mul(unreduced(context, dy), where(isZero, othersOfZero, othersOfNonZero))];
  },
};
