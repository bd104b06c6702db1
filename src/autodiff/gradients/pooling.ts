import { intAttribute, intsAttribute } from '../../onnx/attributes.js';
import { float32 } from '../../tensor.js';
import { algebra, type Algebra } from '../algebra.js';
import { reducedCount } from '../axes.js';
import type { GradientTable } from '../gradient.js';
import { formFor } from '../max-pool/table.js';
import { ofOneInput } from '../pointwise.js';
import { zeros } from '../scatter.js';
import { expandLike, reshapeLike } from '../shapes.js';
import { spreadOverWindows, windowOf, type Window } from '../window.js';

/** Pooling over windows, and over all positions of a channel. */
export const pooling = {
  /** y = mean of each window: dy, divided by the window's number of elements, is spread over the window. */
  AveragePool: {
    backward: (context) => {
      const { g, node, dy } = context;
      const window = windowOf(context, intsAttribute(node, 'kernel_shape')!);
      const share = divisors(window, intAttribute(node, 'count_include_pad', 0) === 1);
      const shared = g.op('Div', [dy, g.constant(float32(share, [1, 1, ...window.output]))]);
      return [spreadOverWindows(context, shared, window)];
    },
  },

  /** y = maximum of each window: dy goes to the element that was the maximum (the first of equal ones). */
  MaxPool: {
    forward: (context) => formFor(context).forward(context),
    backward: (context) => [formFor(context).backward(context)],
  },

  /** y = x, each element at the place that its index gives, and 0 elsewhere: dx = dy at these places. */
  MaxUnpool: {
    backward: ({ g, input, dy }) => {
      const flat = (value: string) => g.op('Reshape', [value, g.ints([-1])]);
      const taken = g.op('Gather', [flat(dy), flat(input(1))]);
      return [g.op('Reshape', [taken, g.op('Shape', [input(0)])])];
    },
  },

  /** y = (Σ|x|ᵖ)^(1/p) over each window: dx = sign x·|x|ᵖ⁻¹·Σ dy·y¹⁻ᵖ over the windows that x lies in (0 where y = 0). */
  LpPool: {
    backward: (context) => {
      const { node, input, output, type, dy } = context;
      const [x, y] = [input(0), output(0)];
      const formulas = algebra(context.g, type(x));
      const p = intAttribute(node, 'p', 2);
      const share = formulas.divOrZero(dy, formulas.pow(y, p - 1));
      const spread = spreadOverWindows(context, share, windowOf(context, intsAttribute(node, 'kernel_shape')!));
      return [formulas.mul(signedPower(formulas, x, p - 1), spread)];
    },
  },

  /** y = mean of each channel: dx = dy/n, repeated. */
  GlobalAveragePool: ofOneInput(({ x, dy, div, context }) => expandLike(context, div(dy, reducedCount(context)), x)),

  /** y = maximum of each channel: dy goes to the element that was the maximum (the first of equal ones). */
  GlobalMaxPool: ofOneInput(({ x, dy, context }) => {
    const { g } = context;
    const inRows = g.ints([0, 0, -1]);
    const rows = g.op('Reshape', [x, inRows]);
    const places = g.op('ArgMax', [rows], { axis: 2, keepdims: 1 });
    const empty = zeros(context, g.op('Shape', [rows]), x);
    const placed = g.op('ScatterElements', [empty, places, g.op('Reshape', [dy, inRows])], { axis: 2 });
    return reshapeLike(context, placed, x);
  }),

  /** y = (Σ|x|ᵖ)^(1/p) over each channel: dx = dy·sign x·(|x|/y)ᵖ⁻¹ (0 where y = 0). */
  GlobalLpPool: ofOneInput((formula) => {
    const { x, y, dy, mul, divOrZero, context } = formula;
    return mul(dy, signedPower(formula, divOrZero(x, y), intAttribute(context.node, 'p', 2) - 1));
  }),
} satisfies GradientTable;

/** sign x·|x|ⁿ for a whole n ≥ 0, with slope n·|x|ⁿ⁻¹ also at x = 0, where a product with sign x would lose it. */
function signedPower({ mul, pow, apply }: Algebra, x: string, n: number): string {
  if (n === 0) return apply('Sign', x);
  if (n === 1) return x;
  return n % 2 === 1 ? pow(x, n) : mul(x, pow(apply('Abs', x), n - 1));
}

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
