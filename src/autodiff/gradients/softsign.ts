import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = x/(1 + |x|): dx = dy/(1 + |x|)². */
export const softsign: Gradient = {
  op: 'Softsign',
  backward: ({ g, input, type, dy }) => {
    const { add, mul, div, apply } = algebra(g, type(input(0)));
    const divisor = add(1, apply('Abs', input(0)));
    return [div(dy, mul(divisor, divisor))];
  },
};
