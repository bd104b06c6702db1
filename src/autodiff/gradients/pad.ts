import { stringAttribute } from '../../onnx/attributes.js';
import type { Gradient } from '../gradient.js';
import { positionsLike, scatterAdd } from '../scatter.js';

/**
 * y = x with a border. Constant: dx is the inside of dy, and the border's sum goes to the border's value; reflect, edge
 * and wrap: every element of dy is added where it was copied from.
 */
export const pad: Gradient = {
  op: 'Pad',
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
};
