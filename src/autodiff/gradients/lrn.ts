import { floatAttribute, intAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';
import { reshapeLike } from '../shapes.js';

/**
 * y = x·d^(−β), d = k + α/n·Σ x² over the n channels around: dx = dy·d^(−β) − 2αβ/n·x·Σ dy·x·d^(−β−1), summed over the
 * channels that have x among theirs.
 */
export const lrn: Gradient = {
  op: 'LRN',
  backward: (context) => {
    const { g, node, input, type, dy } = context;
    const x = input(0);
    const { add, sub, mul, div, pow } = algebra(g, type(x));
    const size = intAttribute(node, 'size', 1);
    const [alpha, beta] = [floatAttribute(node, 'alpha', 1e-4), floatAttribute(node, 'beta', 0.75)];
    const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
    /** Σ/n over neighbouring channels: an average pooling of [N, 1, C, space]. */
    const meanAround = (value: string, low: number, high: number) => {
      const planes = g.op('Reshape', [g.op('Unsqueeze', [value, g.ints([1])]), g.ints([0, 0, 0, -1])]);
      const attributes = { kernel_shape: [size, 1], pads: [low, 0, high, 0], count_include_pad: 1 };
      return reshapeLike(context, g.op('AveragePool', [planes], attributes), x);
    };
    const d = add(floatAttribute(node, 'bias', 1), mul(alpha, meanAround(mul(x, x), before, after)));
    const direct = mul(dy, pow(d, -beta));
    const around = meanAround(div(mul(direct, x), d), after, before);
    return [sub(direct, mul(2 * alpha * beta, mul(x, around)))];
  },
};
