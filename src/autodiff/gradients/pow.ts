import { toNumbers } from '../../tensor.js';
import { algebra } from '../algebra.js';
import { sumToShapeOf } from '../broadcast.js';
import type { Gradient } from '../gradient.js';

/** y = aᵇ with broadcasting: da = dy·b·aᵇ⁻¹ (0 where b = 0), db = dy·y·ln a (0 where a = 0 and b ≥ 0). */
export const pow: Gradient = {
  op: 'Pow',
  backward: (context) => {
    const { g, input, output, dims, type, values, dy, needs } = context;
    const { mul, sub, pow, apply, compare, where, cast } = algebra(g, type(input(0)));
    const [a, y] = [input(0), output(0)];
    const b = type(input(1)) === type(a) ? input(1) : cast(input(1));
    const summed = (gradient: string, i: number) => sumToShapeOf(context, gradient, dims(y), input(i));

    const slope = () => {
      const known = values.constant(input(1));
      const exponent = known?.data.length === 1 ? toNumbers(known)[0]! : undefined;
      if (exponent === 2) return mul(2, a);
      // 0 · 0⁻¹ would be NaN where b = 0.
      return exponent === 0 ? mul(0, y) : where(compare('Equal', b, 0), 0, mul(b, pow(a, sub(b, 1))));
    };
    const logarithm = () => {
      const vanishes = g.op('And', [compare('Equal', a, 0), compare('GreaterOrEqual', b, 0)]);
      return where(vanishes, 0, mul(y, apply('Log', a)));
    };
    const toExponent = () => {
      const gradient = summed(mul(dy, logarithm()), 1);
      return b === input(1) ? gradient : algebra(g, type(input(1))).cast(gradient);
    };
    return [needs(0) ? summed(mul(dy, slope()), 0) : undefined, needs(1) ? toExponent() : undefined];
  },
};
