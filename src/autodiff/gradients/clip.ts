import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = min(max(x, low), high): dx = dy where low ≤ x ≤ high; what is clipped goes to the bound that clipped it. */
export const clip: Gradient = {
  op: 'Clip',
  backward: ({ g, input, type, dy, needs }) => {
    const [x, low, high] = [input(0), input(1), input(2)];
    const { compare, where } = algebra(g, type(x));
    const below = low === '' ? undefined : compare('Less', x, low);
    const raised = below && high !== '' && (needs(1) || needs(2)) ? g.op('Max', [x, low]) : x;
    const above = high === '' ? undefined : compare('Greater', raised, high);
    const outside = below && above ? g.op('Or', [below, above]) : (below ?? above);
    const total = (value: string) => g.op('ReduceSum', [value], { keepdims: 0 });
    const toLow = () => {
      const clipped = where(below!, dy, 0);
      // Where the bounds have changed places the upper one has the last word.
      return total(above ? where(above, 0, clipped) : clipped);
    };
    return [
      outside === undefined ? dy : where(outside, 0, dy),
      below !== undefined && needs(1) ? toLow() : undefined,
      above !== undefined && needs(2) ? total(where(above, dy, 0)) : undefined,
    ];
  },
};
