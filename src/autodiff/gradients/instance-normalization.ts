import { floatAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';
import { alongChannels, sumOverChannels } from '../shapes.js';
import { standardize } from '../standardize.js';

/** y = s·h + b, h = x standardized over the space of each channel: dh = s·dy, ds = Σ dy·h, db = Σ dy. */
export const instanceNormalization: Gradient = {
  op: 'InstanceNormalization',
  backward: (context) => {
    const { g, node, input, dims, type, dy, needs } = context;
    const [x, scale] = [input(0), input(1)];
    const rank = dims(x).length;
    const { mul } = algebra(g, type(x));
    const space = Array.from({ length: rank - 2 }, (_, i) => i + 2);
    const { standardized, toInput } = standardize(g, type(x), x, space, floatAttribute(node, 'epsilon', 1e-5));
    return [
      needs(0) ? toInput(mul(dy, alongChannels(context, scale, rank))) : undefined,
      needs(1) ? sumOverChannels(context, mul(dy, standardized), rank) : undefined,
      needs(2) ? sumOverChannels(context, dy, rank) : undefined,
    ];
  },
};
