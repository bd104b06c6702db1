import type { Gradient } from '../gradient.js';
import { reshapeLike } from '../shapes.js';
import { zeros } from '../scatter.js';

/** y = maximum of each channel: dy goes to the element that was the maximum (the first of equal ones). */
export const globalMaxPool: Gradient = {
  op: 'GlobalMaxPool',
  backward: (context) => {
    const { g, input, dy } = context;
    const inRows = g.ints([0, 0, -1]);
    const rows = g.op('Reshape', [input(0), inRows]);
    const places = g.op('ArgMax', [rows], { axis: 2, keepdims: 1 });
    const empty = zeros(context, g.op('Shape', [rows]), input(0));
    const placed = g.op('ScatterElements', [empty, places, g.op('Reshape', [dy, inRows])], { axis: 2 });
    return [reshapeLike(context, placed, input(0))];
  },
};
