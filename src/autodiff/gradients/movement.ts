import { intAttribute, stringAttribute } from '../../onnx/attributes.js';
import { toNumbers } from '../../tensor.js';
import { axisOf, fromFront } from '../axes.js';
import { attributesOf, whereNeeded, type GradientTable, type NodeContext } from '../gradient.js';
import { refuseReduction, toWhereItCameFrom, zeros } from '../scatter.js';
import { reshapeLike, splitSpace } from '../shapes.js';

/** Operators that pick elements, put them elsewhere, or repeat them. */
export const movement = {
  /** y = a part of x: dx = dy where y was taken from, else 0. */
  Slice: {
    backward: (context) => {
      const { g, dy } = context;
      const border = paddingOf(context);
      if (!border) return [toWhereItCameFrom(context)];
      return [g.op('Pad', [dy, g.ints([...border.before, ...border.after])])];
    },
  },

  /** y = slices of x picked by index along an axis: dx = each slice of dy added where it was picked from. */
  Gather: {
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
      const empty = zeros(context, stacked(length), x);
      const attributes = { axis: 1, reduction: 'add' };
      const sum = g.op('ScatterElements', [empty, places, g.op('Reshape', [dy, picked])], attributes);
      return [reshapeLike(context, sum, x)];
    },
  },

  /** y = elements of x picked by index along an axis: dx = each element of dy added where it was picked from. */
  GatherElements: {
    backward: (context) => {
      const { g, node, input, dy } = context;
      const empty = zeros(context, g.op('Shape', [input(0)]), input(0));
      const axis = intAttribute(node, 'axis', 0);
      return [g.op('ScatterElements', [empty, input(1), dy], { axis, reduction: 'add' })];
    },
  },

  /** y = slices of x picked by index tuples: dx = each element of dy added where it was picked from. */
  GatherND: { backward: (context) => [toWhereItCameFrom(context)] },

  /** y = x with elements u put (or added) at indices: dx = dy, 0 where replaced; du = dy at the indices. */
  ScatterElements: {
    backward: (context) => {
      const { g, node, input, dy } = context;
      const [indices, updates, axis] = [input(1), input(2), intAttribute(node, 'axis', 0)];
      const reduction = stringAttribute(node, 'reduction', 'none');
      refuseReduction(context, reduction);
      const empty = () => zeros(context, g.op('Shape', [updates]), updates);
      const kept = () => (reduction === 'add' ? dy : g.op('ScatterElements', [dy, indices, empty()], { axis }));
      return whereNeeded(context, [kept, undefined, () => g.op('GatherElements', [dy, indices], { axis })]);
    },
  },

  /** y = x with slices u put (or added) at index tuples: dx = dy, 0 where replaced; du = dy at the indices. */
  ScatterND: {
    backward: (context) => {
      const { g, node, input, dy } = context;
      const [indices, updates] = [input(1), input(2)];
      const reduction = stringAttribute(node, 'reduction', 'none');
      refuseReduction(context, reduction);
      const empty = () => zeros(context, g.op('Shape', [updates]), updates);
      const kept = () => (reduction === 'add' ? dy : g.op('ScatterND', [dy, indices, empty()]));
      return whereNeeded(context, [kept, undefined, () => g.op('GatherND', [dy, indices])]);
    },
  },

  /** y = x repeated along its axes: dx = dy, summed over the repetitions. */
  Tile: {
    backward: ({ g, input, dims, dy }) => {
      const [x, repeats] = [input(0), input(1)];
      const column = g.ints([1]);
      const columns = [g.op('Unsqueeze', [repeats, column]), g.op('Unsqueeze', [g.op('Shape', [x]), column])];
      const apart = g.op('Reshape', [g.op('Concat', columns, { axis: 1 }), g.ints([-1])]);
      const repetitions = dims(x).map((_, axis) => 2 * axis);
      if (repetitions.length === 0) return [dy];
      return [g.op('ReduceSum', [g.op('Reshape', [dy, apart]), g.ints(repetitions)], { keepdims: 0 })];
    },
  },

  /** y = upper (or lower) triangle of x: dx = the same triangle of dy. */
  Trilu: {
    backward: ({ g, node, input, dy }) => [g.op('Trilu', [dy, input(1)], { upper: intAttribute(node, 'upper', 1) })],
  },

  /** y = x with the beginning of each sequence reversed: dx = dy, reversed the same way. */
  ReverseSequence: {
    backward: ({ g, node, input, dy }) => [g.op('ReverseSequence', [dy, input(1)], attributesOf(node))],
  },

  /** y = channels of x laid out as blocks of pixels: dx = blocks of dy as channels. */
  DepthToSpace: {
    backward: (context) => {
      const { g, node, input, dy } = context;
      const blocksize = intAttribute(node, 'blocksize', 1);
      if (stringAttribute(node, 'mode', 'DCR') === 'DCR') return [g.op('SpaceToDepth', [dy], { blocksize })];
      // [N, C, H, b, W, b]: in the mode CRD the place in the block runs faster than the channel.
      const blocks = splitSpace(context, dy, blocksize);
      return [reshapeLike(context, g.op('Transpose', [blocks], { perm: [0, 1, 3, 5, 2, 4] }), input(0))];
    },
  },

  /** y = blocks of pixels of x as channels: dx = channels of dy laid out as blocks. */
  SpaceToDepth: {
    backward: ({ g, node, dy }) => [g.op('DepthToSpace', [dy], { blocksize: intAttribute(node, 'blocksize', 1) })],
  },
} satisfies GradientTable;

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
