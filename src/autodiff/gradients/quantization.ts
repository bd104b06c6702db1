import { InputError } from '../../errors.js';
import { nodeLabel } from '../../onnx/model.js';
import { algebra } from '../algebra.js';
import type { GradientTable } from '../gradient.js';
import { alongAxis } from '../quantization.js';

/** Smallest and largest number of each type that is quantized to. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** Quantization, straight through the rounding. */
export const quantization = {
  /** y = x/s + z, rounded and clipped; straight through the rounding: dx = dy/s where nothing was clipped. */
  QuantizeLinear: {
    backward: (context) => {
      const { g, node, input, output, type, dy } = context;
      const [x, y] = [input(0), output(0)];
      const range = RANGES[type(y)];
      if (!range) throw new InputError(`node ${nodeLabel(node)}: quantization to ${type(y)} has no gradient; use int8`);
      const { add, div, apply, compare, where, cast } = algebra(g, type(x));
      const scale = alongAxis(context, input(1));
      const zero = input(2) === '' ? 0 : alongAxis(context, cast(input(2)));
      const level = add(apply('Round', div(x, scale)), zero);
      const [low, high] = range;
      const inside = g.op('And', [compare('GreaterOrEqual', level, low), compare('LessOrEqual', level, high)]);
      return [where(inside, div(dy, scale), 0)];
    },
  },

  /** y = (x − z)·s: dx = dy·s, which goes on through the QuantizeLinear before; scales are given, not learnt. */
  DequantizeLinear: {
    backward: (context) => {
      const { g, input, output, type, dy } = context;
      return [algebra(g, type(output(0))).mul(dy, alongAxis(context, input(1)))];
    },
  },
} satisfies GradientTable;
