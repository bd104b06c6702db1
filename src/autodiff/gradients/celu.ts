import { floatAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = x where x > 0, else α(e^(x/α) − 1): dx = dy, or dy·e^(x/α). */
export const celu: Gradient = {
  op: 'Celu',
  backward: ({ g, node, input, output, type, dy }) => {
    const { add, mul, div, compare, where } = algebra(g, type(input(0)));
    // e^(x/α) = y/α + 1, which cannot overflow where x > 0.
    const slope = add(div(output(0), floatAttribute(node, 'alpha', 1)), 1);
    return [where(compare('Greater', input(0), 0), dy, mul(dy, slope))];
  },
};
