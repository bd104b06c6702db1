import { axisOf } from '../axes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = log softmax(x) along an axis: dx = dy − eʸ·Σ dy. */
export const logSoftmax: Gradient = {
  op: 'LogSoftmax',
  backward: (context) => {
    const { g, output, type, dy } = context;
    const { sub, mul, apply } = algebra(g, type(output(0)));
    const total = g.op('ReduceSum', [dy, g.ints([axisOf(context, -1)])], { keepdims: 1 });
    return [sub(dy, mul(apply('Exp', output(0)), total))];
  },
};
