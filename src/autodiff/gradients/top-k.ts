import { intAttribute } from '../../onnx/attributes.js';
import type { Gradient } from '../gradient.js';
import { zeros } from '../scatter.js';

/** y = the k largest (or smallest) elements of x along an axis: dx = dy where they were, else 0. */
export const topK: Gradient = {
  op: 'TopK',
  backward: (context) => {
    const { g, node, input, output, dy } = context;
    const empty = zeros(context, g.op('Shape', [input(0)]), input(0));
    return [g.op('ScatterElements', [empty, output(1), dy], { axis: intAttribute(node, 'axis', -1) })];
  },
};
