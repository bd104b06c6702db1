import { floatAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';
import { alongChannels, sumOverChannels } from '../shapes.js';

/**
 * y = s·(x − m)·r + b with r = (v + ε)^(−½), m and v given (inference form): dx = dy·s·r, ds = r·Σ dy·(x − m),
 * db = Σ dy, dm = −s·r·Σ dy, dv = −½·s·r³·Σ dy·(x − m).
 */
export const batchNormalization: Gradient = {
  op: 'BatchNormalization',
  backward: (context) => {
    const { g, node, input, dims, type, dy, needs } = context;
    const [x, scale, mean, variance] = [input(0), input(1), input(3), input(4)];
    const rank = dims(x).length;
    const { add, sub, mul, neg, pow, div, apply } = algebra(g, type(x));
    const root = apply('Sqrt', add(variance, floatAttribute(node, 'epsilon', 1e-5)));
    const gain = div(scale, root);
    const [total, correlation] = [
      needs(2) || needs(3) ? sumOverChannels(context, dy, rank) : '',
      needs(1) || needs(4) ? sumOverChannels(context, mul(dy, sub(x, alongChannels(context, mean, rank))), rank) : '',
    ];
    return [
      needs(0) ? mul(dy, alongChannels(context, gain, rank)) : undefined,
      needs(1) ? div(correlation, root) : undefined,
      needs(2) ? total : undefined,
      needs(3) ? neg(mul(gain, total)) : undefined,
      needs(4) ? mul(-0.5, div(mul(gain, correlation), pow(root, 2))) : undefined,
    ];
  },
};
