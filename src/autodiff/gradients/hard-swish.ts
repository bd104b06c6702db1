import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = x·min(max(x/6 + ½, 0), 1): dx = dy where x ≥ 3, dy·(x/3 + ½) where −3 < x < 3, else 0. */
export const hardSwish: Gradient = {
  op: 'HardSwish',
  backward: ({ g, input, type, dy }) => {
    const x = input(0);
    const { add, mul, compare, where } = algebra(g, type(x));
    const middle = mul(dy, add(mul(1 / 3, x), 0.5));
    return [where(compare('GreaterOrEqual', x, 3), dy, where(compare('Greater', x, -3), middle, 0))];
  },
};
