import { floatAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = x where x > 0, else α(eˣ − 1): dx = dy, or dy·αeˣ. */
export const elu: Gradient = {
  op: 'Elu',
  backward: ({ g, node, input, output, type, dy }) => {
    const { add, mul, compare, where } = algebra(g, type(input(0)));
    // αeˣ = y + α, which cannot overflow where x > 0.
    const slope = add(output(0), floatAttribute(node, 'alpha', 1));
    return [where(compare('Greater', input(0), 0), dy, mul(dy, slope))];
  },
};
