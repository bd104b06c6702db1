import { axisOf } from '../axes.js';
import type { Gradient } from '../gradient.js';

/** y = x₁, x₂, … one after another along an axis: dxᵢ is the part of dy where xᵢ lies. */
export const concat: Gradient = {
  op: 'Concat',
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
};
