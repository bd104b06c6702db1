import { axisOf } from '../axes.js';
import type { Gradient } from '../gradient.js';
import { zeros } from '../scatter.js';
import { reshapeLike } from '../shapes.js';

/** y = slices of x picked by index along an axis: dx = each slice of dy added where it was picked from. */
export const gather: Gradient = {
  op: 'Gather',
  backward: (context) => {
    const { g, input, dy } = context;
    const [x, indices] = [input(0), input(1)];
    const axis = axisOf(context, 0);
    // Everything before the axis as one axis, everything behind it as another: [outer, picked, inner].
    const size = (shape: string) => g.op('ReduceProd', [shape], { keepdims: 1 });
    const outer = size(g.op('Shape', [x], { start: 0, end: axis }));
    const inner = size(g.op('Shape', [x], { start: axis + 1 }));
    const stacked = (along: string) => g.op('Concat', [outer, along, inner], { axis: 0 });
    const length = g.op('Shape', [x], { start: axis, end: axis + 1 });
    const picked = stacked(g.op('Reshape', [g.op('Size', [indices]), g.ints([-1])]));
    const places = g.op('Expand', [g.op('Reshape', [indices, g.ints([1, -1, 1])]), picked]);
    const sum = g.op('ScatterElements', [zeros(context, stacked(length), x), places, g.op('Reshape', [dy, picked])], {
      axis: 1,
      reduction: 'add',
    });
    return [reshapeLike(context, sum, x)];
  },
};
