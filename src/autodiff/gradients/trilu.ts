import { intAttribute } from '../../onnx/attributes.js';
import type { Gradient } from '../gradient.js';

/** y = upper (or lower) triangle of x: dx = the same triangle of dy. */
export const trilu: Gradient = {
  op: 'Trilu',
  backward: ({ g, node, input, dy }) => [g.op('Trilu', [dy, input(1)], { upper: intAttribute(node, 'upper', 1) })],
};
