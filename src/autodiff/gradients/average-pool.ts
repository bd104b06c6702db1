import { intAttribute, intsAttribute } from '../../onnx/attributes.js';
import { elementCount, float32 } from '../../tensor.js';
import { InputError } from '../../errors.js';
import type { Gradient } from '../gradient.js';
import { reachedEnds, windowOf, type Window } from '../window.js';

/** y = mean of each window: dy, divided by the window's number of elements, is spread over the window. */
export const averagePool: Gradient = {
  op: 'AveragePool',
  backward: (context) => {
    const { g, node, input, dims, type, dy } = context;
    const x = input(0);
    if (type(x) !== 'float32')
      throw new InputError(`AveragePool on ${type(x)} has no kernel in ONNX Runtime; use float32`);
    const window = windowOf(context, intsAttribute(node, 'kernel_shape')!);
    const { kernel, strides, dilations, begins, input: sizes } = window;
    const share = divisors(window, intAttribute(node, 'count_include_pad', 0) === 1);
    const scaled = g.op('Div', [dy, g.constant(float32(share, [1, 1, ...window.output]))]);
    // Spreading is a transposed convolution with ones, each channel for itself.
    const planes = g.op('Reshape', [scaled, g.ints([-1, 1, ...window.output])]);
    const ones = g.constant(float32(new Float32Array(elementCount(kernel)).fill(1), [1, 1, ...kernel]));
    const ends = reachedEnds(window);
    const spread = g.op('ConvTranspose', [planes, ones], {
      strides,
      dilations,
      pads: [...begins, ...ends.map((end) => Math.max(end, 0))],
      output_padding: ends.map((end) => Math.max(-end, 0)),
    });
    const channels = dims(x)[1]!;
    const shape = typeof channels === 'number' ? g.ints([-1, channels, ...sizes]) : g.op('Shape', [x]);
    return [g.op('Reshape', [spread, shape])];
  },
};

/** What each window's sum was divided by, in row-major order. */
function divisors(
  { kernel, strides, dilations, begins, ends, input, output }: Window,
  withPadding: boolean,
): Float32Array {
  const along = kernel.map((size, axis) =>
    Array.from({ length: output[axis]! }, (_, i) => {
      const start = i * strides[axis]! - begins[axis]!;
      const [low, high] = withPadding ? [-begins[axis]!, input[axis]! + ends[axis]!] : [0, input[axis]!];
      const inside = Array.from({ length: size }, (_, k) => start + k * dilations[axis]!);
      return inside.filter((place) => place >= low && place < high).length;
    }),
  );
  return Float32Array.from(along.reduce((rows, counts) => rows.flatMap((n) => counts.map((m) => n * m)), [1]));
}
