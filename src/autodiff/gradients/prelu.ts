import { algebra } from '../algebra.js';
import { sumToShapeOf } from '../broadcast.js';
import type { Gradient } from '../gradient.js';

/** y = x where x > 0, else s·x with the slope s broadcast: dx = dy or s·dy, ds = 0 or x·dy. */
export const prelu: Gradient = {
  op: 'PRelu',
  backward: (context) => {
    const { g, input, output, dims, type, dy, needs } = context;
    const [x, slope] = [input(0), input(1)];
    const { mul, compare, where } = algebra(g, type(x));
    const isPositive = compare('Greater', x, 0);
    const toSlope = () => sumToShapeOf(context, where(isPositive, 0, mul(x, dy)), dims(output(0)), slope);
    return [needs(0) ? where(isPositive, dy, mul(slope, dy)) : undefined, needs(1) ? toSlope() : undefined];
  },
};
