import type { Gradient } from '../gradient.js';

/** y = x repeated along its axes: dx = dy, summed over the repetitions. */
export const tile: Gradient = {
  op: 'Tile',
  backward: ({ g, input, dims, dy }) => {
    const [x, repeats] = [input(0), input(1)];
    const column = g.ints([1]);
    const columns = [g.op('Unsqueeze', [repeats, column]), g.op('Unsqueeze', [g.op('Shape', [x]), column])];
    const apart = g.op('Reshape', [g.op('Concat', columns, { axis: 1 }), g.ints([-1])]);
    const repetitions = dims(x).map((_, axis) => 2 * axis);
    if (repetitions.length === 0) return [dy];
    return [g.op('ReduceSum', [g.op('Reshape', [dy, apart]), g.ints(repetitions)], { keepdims: 0 })];
  },
};
