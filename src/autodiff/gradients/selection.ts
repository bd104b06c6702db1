import { intAttribute } from '../../onnx/attributes.js';
import type { GradientTable } from '../gradient.js';
import { toWhereItCameFrom, zeros } from '../scatter.js';
import { toAllEqual, toTheEqual } from '../selection.js';

/** Operators that select elements by their size, or by a condition. */
export const selection = {
  /** y = max xᵢ with broadcasting: dy is shared evenly among the xᵢ that are the maximum; a constant number takes no share. */
  Max: { backward: toTheEqual },

  /** y = min xᵢ with broadcasting: dy is shared evenly among the xᵢ that are the minimum; a constant number takes no share. */
  Min: { backward: toTheEqual },

  /** y = max x over axes: dy is shared evenly among the elements that are the maximum. */
  ReduceMax: { backward: toAllEqual },

  /** y = min x over axes: dy is shared evenly among the elements that are the minimum. */
  ReduceMin: { backward: toAllEqual },

  /** y = the k largest (or smallest) elements of x along an axis: dx = dy where they were, else 0. */
  TopK: {
    backward: (context) => {
      const { g, node, input, output, dy } = context;
      const empty = zeros(context, g.op('Shape', [input(0)]), input(0));
      return [g.op('ScatterElements', [empty, output(1), dy], { axis: intAttribute(node, 'axis', -1) })];
    },
  },

  /** y = slices of x that a condition selects: dx = dy where they were, else 0. */
  Compress: { backward: (context) => [toWhereItCameFrom(context)] },
} satisfies GradientTable;
