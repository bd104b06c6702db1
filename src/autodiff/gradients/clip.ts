import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = min(max(x, low), high): dx = dy where low ≤ x ≤ high; what is clipped goes to the bound that clipped it. */
export const clip: Gradient = {
  op: 'Clip',
  backward: ({ g, input, type, dy, needs }) => {
    const [x, low, high] = [input(0), input(1), input(2)];
    const { compare, where } = algebra(g, type(x));
    const below = low === '' ? undefined : compare('Less', x, low);
    const above = high === '' ? undefined : compare('Greater', x, high);
    const outside = below && above ? g.op('Or', [below, above]) : (below ?? above);
    const total = (clipped: string) => g.op('ReduceSum', [where(clipped, dy, 0)], { keepdims: 0 });
    return [
      outside === undefined ? dy : where(outside, 0, dy),
      below !== undefined && needs(1) ? total(below) : undefined,
      above !== undefined && needs(2) ? total(above) : undefined,
    ];
  },
};
