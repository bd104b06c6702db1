import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = x as another type: dx = dy as x's type where both are floating-point; otherwise none. */
export const cast: Gradient = {
  op: 'Cast',
  backward: ({ g, input, output, type, dy }) => {
    const [from, to] = [type(input(0)), type(output(0))];
    return from.includes('float') && to.includes('float') ? [algebra(g, from).cast(dy)] : [];
  },
};
