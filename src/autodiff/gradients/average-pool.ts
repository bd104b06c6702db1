import { intAttribute, intsAttribute } from '../../onnx/attributes.js';
import { float32 } from '../../tensor.js';
import type { Gradient } from '../gradient.js';
import { spreadOverWindows, windowOf, type Window } from '../window.js';

/** y = mean of each window: dy, divided by the window's number of elements, is spread over the window. */
export const averagePool: Gradient = {
  op: 'AveragePool',
  backward: (context) => {
    const { g, node, dy } = context;
    const window = windowOf(context, intsAttribute(node, 'kernel_shape')!);
    const share = divisors(window, intAttribute(node, 'count_include_pad', 0) === 1);
    const shared = g.op('Div', [dy, g.constant(float32(share, [1, 1, ...window.output]))]);
    return [spreadOverWindows(context, shared, window)];
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
