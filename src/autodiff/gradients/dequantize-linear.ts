import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';
import { alongAxis } from '../quantization.js';

/** y = (x − z)·s: dx = dy·s, which goes on through the QuantizeLinear before; scales are given, not learnt. */
export const dequantizeLinear: Gradient = {
  op: 'DequantizeLinear',
  backward: (context) => {
    const { g, input, output, type, dy } = context;
    return [algebra(g, type(output(0))).mul(dy, alongAxis(context, input(1)))];
  },
};
