import { floatAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = x ∓ bias where |x| > λ, else 0: dx = dy where |x| > λ, else 0. */
export const shrink: Gradient = {
  op: 'Shrink',
  backward: ({ g, node, input, type, dy }) => {
    const { apply, compare, where } = algebra(g, type(input(0)));
    return [where(compare('Greater', apply('Abs', input(0)), floatAttribute(node, 'lambd', 0.5)), dy, 0)];
  },
};
