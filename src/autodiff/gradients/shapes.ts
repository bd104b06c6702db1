import { intsAttribute, stringAttribute } from '../../onnx/attributes.js';
import { axisOf } from '../axes.js';
import type { Gradient, GradientTable } from '../gradient.js';
import { ofOneInput } from '../pointwise.js';
import { sumToShapeOf } from '../broadcast.js';
import { positionsLike, scatterAdd, zeros } from '../scatter.js';
import { reshapeLike } from '../shapes.js';

const backInShape: Gradient = ofOneInput(({ x, dy, context }) => reshapeLike(context, dy, x));

/** Operators that change the shape of a value, or put values together, and leave the elements as they are. */
export const shapes = {
  /** y = x in another shape: dx = dy in x's shape. */
  Reshape: backInShape,

  /** y = x as a matrix: dx = dy in x's shape. */
  Flatten: backInShape,

  /** y = x without axes of size 1: dx = dy in x's shape. */
  Squeeze: {
    backward: (context) => {
      const { g, input, dy } = context;
      return [input(1) === '' ? reshapeLike(context, dy, input(0)) : g.op('Unsqueeze', [dy, input(1)])];
    },
  },

  /** y = x with further axes of size 1: dx = dy in x's shape. */
  Unsqueeze: {
    backward: (context) => {
      const { g, input, dy } = context;
      return [input(1) === '' ? reshapeLike(context, dy, input(0)) : g.op('Squeeze', [dy, input(1)])];
    },
  },

  /** y = x with its axes permuted: dx = dy, permuted back. */
  Transpose: {
    backward: ({ g, node, dy }) => {
      const perm = intsAttribute(node, 'perm');
      const inverse = perm?.map((_, axis) => perm.indexOf(axis));
      return [g.op('Transpose', [dy], { perm: inverse })];
    },
  },

  /** y = x broadcast to a shape: dx = dy, summed over what it was spread along. */
  Expand: ofOneInput(({ x, y, dy, context }) => sumToShapeOf(context, dy, context.dims(y), x)),

  /** y = x₁, x₂, … one after another along an axis: dxᵢ is the part of dy where xᵢ lies. */
  Concat: {
    backward: (context) => {
      const { g, node, dims, dy } = context;
      if (node.input.length === 1) return [dy];
      const axis = axisOf(context, 0);
      const sizes = node.input.map((name) => dims(name)[axis]!);
      const fixed = sizes.every((size) => typeof size === 'number');
      const lengths = fixed
        ? g.ints(sizes)
        : g.op(
            'Concat',
            node.input.map((name) => g.op('Shape', [name], { start: axis, end: axis + 1 })),
            { axis: 0 },
          );
      return g.ops('Split', [dy, lengths], { axis }, node.input.length);
    },
  },

  /** y₁, y₂, … = consecutive parts of x along an axis: dx = dy₁, dy₂, … one after another. */
  Split: {
    backward: (context) => {
      const { g, node, input, outputGradients } = context;
      const parts = node.output.map((name, i) => outputGradients[i] ?? zeros(context, g.op('Shape', [name]), input(0)));
      return [parts.length === 1 ? parts[0] : g.op('Concat', parts, { axis: axisOf(context, 0) })];
    },
  },

  /**
   * y = x with a border. Constant: dx is the inside of dy, and the border's sum goes to the border's value; reflect, edge
   * and wrap: every element of dy is added where it was copied from.
   */
  Pad: {
    backward: (context) => {
      const { g, node, input, dy, needs } = context;
      const [x, pads, axes] = [input(0), input(1), input(3)];
      const mode = stringAttribute(node, 'mode', 'constant');
      if (mode !== 'constant') {
        const positions = g.op('Pad', [positionsLike(context, x), pads, '', axes], { mode });
        return [scatterAdd(context, dy, positions, x)];
      }
      const inside = g.op('Pad', [dy, g.op('Neg', [pads]), '', axes]);
      const total = (value: string) => g.op('ReduceSum', [value], { keepdims: 0 });
      const border = () => g.op('Sub', [total(dy), total(inside)]);
      return [inside, undefined, input(2) !== '' && needs(2) ? border() : undefined];
    },
  },
} satisfies GradientTable;
