import { fromFront } from '../axes.js';
import { toNumbers } from '../../tensor.js';
import type { Gradient, NodeContext } from '../gradient.js';
import { toWhereItCameFrom } from '../scatter.js';

/** y = a part of x: dx = dy where y was taken from, else 0. */
export const slice: Gradient = {
  op: 'Slice',
  backward: (context) => {
    const { g, dy } = context;
    const border = paddingOf(context);
    if (!border) return [toWhereItCameFrom(context)];
    return [g.op('Pad', [dy, g.ints([...border.before, ...border.after])])];
  },
};

/**
 * What was cut off on either side of each axis, where that is known and nothing in between was left out. All axes are
 * named: ONNX Runtime 1.30 moves transpositions through a Pad without a look at its list of axes.
 */
function paddingOf({ input, dims, values }: NodeContext) {
  const [starts, ends, axes, steps] = [1, 2, 3, 4].map((i) => {
    const constant = input(i) === '' ? undefined : values.constant(input(i));
    return constant && toNumbers(constant);
  });
  if (!starts || !ends || (!axes && input(3) !== '') || (!steps && input(4) !== '')) return undefined;
  const sizes = dims(input(0));
  const along = (axes ?? starts.map((_, i) => i)).map((axis) => fromFront(axis, sizes.length));
  const bounds = along.map((axis, i) => {
    const size = sizes[axis]!;
    if (typeof size !== 'number' || (steps?.[i] ?? 1) !== 1) return undefined;
    const place = (index: number) => Math.min(Math.max(index < 0 ? index + size : index, 0), size);
    const start = place(starts[i]!);
    return { start, rest: size - Math.max(place(ends[i]!), start) };
  });
  if (!bounds.every((bound) => bound !== undefined)) return undefined;
  const before = sizes.map((_, axis) => bounds[along.indexOf(axis)]?.start ?? 0);
  const after = sizes.map((_, axis) => bounds[along.indexOf(axis)]?.rest ?? 0);
  return { before, after };
}
