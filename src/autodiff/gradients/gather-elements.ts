import { intAttribute } from '../../onnx/attributes.js';
import type { Gradient } from '../gradient.js';
import { zeros } from '../scatter.js';

/** y = elements of x picked by index along an axis: dx = each element of dy added where it was picked from. */
export const gatherElements: Gradient = {
  op: 'GatherElements',
  backward: (context) => {
    const { g, node, input, dy } = context;
    const empty = zeros(context, g.op('Shape', [input(0)]), input(0));
    const axis = intAttribute(node, 'axis', 0);
    return [g.op('ScatterElements', [empty, input(1), dy], { axis, reduction: 'add' })];
  },
};
