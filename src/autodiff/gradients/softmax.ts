import { axisOf } from '../axes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = softmax(x) along an axis: dx = y·(dy − Σ dy·y). */
export const softmax: Gradient = {
  op: 'Softmax',
  backward: (context) => {
    const { g, output, type, dy } = context;
    const y = output(0);
    const { sub, mul } = algebra(g, type(y));
    const mean = g.op('ReduceSum', [mul(dy, y), g.ints([axisOf(context, -1)])], { keepdims: 1 });
    return [mul(y, sub(dy, mean))];
  },
};
