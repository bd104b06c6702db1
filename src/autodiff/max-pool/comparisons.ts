/**
 * The gradient of a maximum pool of windows that do not overlap, without indices: ONNX Runtime's pool that finds them is
 * an order of magnitude slower than the one that does not.
 *
 * The first maximum of a window in row-major order stands in the first of its rows that has the largest maximum. So the
 * last axis is cut into the places that windows have along it, which are compared; then the one before it, on the maxima of
 * those; and dy goes back through the same comparisons. It is only moved: no bit differs from what indices give
 * (but the sign of a zero, which ONNX Runtime's Where loses).
 */
import type { GraphBuilder } from '../../graph/builder.js';
import { elementCount } from '../../tensor.js';
import type { BackwardContext } from '../gradient.js';
import { zeros } from '../scatter.js';
import { reshapeLike } from '../shapes.js';
import { isDisjoint, reachedEnds, type Window } from '../window.js';
import { poolWindow, type MaxPoolForm } from './form.js';

/** Elements of an example up to which the passes over a batch stay near the processor: beyond, memory is what takes the time. */
const MOST_ELEMENTS = 2 ** 15;

/** Elements of a window up to which the comparisons take less time than the search for indices. */
const MOST_PLACES = 4;

/**
 * dy goes back through comparisons. For windows of float32 of which none overlaps another or reaches beyond the input (in
 * float64, the pool that finds no indices is no faster). Of a window that holds NaN, one element gets dy.
 */
export const byComparing: MaxPoolForm = {
  name: 'comparisons',
  fits: (context) => {
    if (context.type(context.input(0)) !== 'float32') return false;
    const window = poolWindow(context);
    const inside = window.begins.every((begin) => begin === 0) && reachedEnds(window).every((end) => end <= 0);
    return inside && isDisjoint(window);
  },
  // scripts/bench/max-pool.ts, which also says what the gradient of the gradient takes.
  pays: (context) => {
    const { kernel, strides, input, output } = poolWindow(context);
    const channels = context.dims(context.input(0))[1];
    const isFull = kernel.every((size, i) => size === strides[i] && input[i] === size * output[i]!);
    const isSmall = typeof channels === 'number' && channels * elementCount(input) <= MOST_ELEMENTS;
    return isFull && isSmall && elementCount(kernel) <= MOST_PLACES;
  },
  forward: ({ g, node }) => {
    g.add(node);
    return {};
  },
  backward: (context) => {
    const { g, dy, input } = context;
    const window = poolWindow(context);
    const x = input(0);
    const axes = window.kernel.map((_, axis) => axisOf(window, axis));
    let maxima = x;
    const isLarger = axes.map((): string[] => []);
    for (const axis of [...axes.keys()].reverse()) {
      const [first, ...others] = cut(g, maxima, axes[axis]!);
      maxima = first!;
      others.forEach((place, i) => {
        isLarger[axis]!.push(g.op('Greater', [place, maxima]));
        const isRead = axis > 0 || i < others.length - 1;
        if (isRead) maxima = g.op('Max', [maxima, place]);
      });
    }
    const zero = g.scalar(0);
    let gradient = dy;
    for (const [i, axis] of axes.entries()) {
      let rest = g.op('Reshape', [gradient, g.ints(axis.inner === 1 ? [-1] : [-1, axis.inner])]);
      // The last of the places that are larger than all before them is the first maximum.
      const taken = [...isLarger[i]!].reverse().map((larger) => {
        const here = g.op('Where', [larger, rest, zero]);
        rest = g.op('Where', [larger, zero, rest]);
        return here;
      });
      gradient = join(context, [rest, ...taken.reverse()], axis);
    }
    return reshapeLike(context, gradient, x);
  },
};

/** What windows do along an axis. Axes before it are as long as the input's, those behind it as the output's. */
interface Axis {
  readonly size: number;
  readonly windows: number;
  readonly stride: number;
  /** Places of a window, in elements from its begin. */
  readonly places: readonly number[];
  /** Elements that lie between two neighbours along the axis. */
  readonly inner: number;
}

function axisOf({ kernel, strides, dilations, input, output }: Window, axis: number): Axis {
  return {
    size: input[axis]!,
    windows: output[axis]!,
    stride: strides[axis]!,
    places: Array.from({ length: kernel[axis]! }, (_, i) => i * dilations[axis]!),
    inner: elementCount(output.slice(axis + 1)),
  };
}

/** For each place of the windows along an axis, the elements there. */
function cut(g: GraphBuilder, value: string, axis: Axis): string[] {
  const { size, windows, stride, places, inner } = axis;
  const whole = resized(g, value, axis, size, windows * stride);
  const rows = g.op('Reshape', [whole, g.ints([-1, stride * inner])]);
  const sizes = Array.from({ length: stride }, () => inner);
  const parts = stride === 1 ? [rows] : g.ops('Split', [rows, g.ints(sizes)], { axis: 1 }, stride);
  // An operator walks along the last axis: it must not be one of one element.
  return places.map((place) => (inner === 1 ? g.op('Reshape', [parts[place]!, g.ints([-1])]) : parts[place]!));
}

/** Puts elements back to where `cut` took them from, among zeros. */
function join(context: BackwardContext, parts: readonly string[], axis: Axis): string {
  const { g, input } = context;
  const { size, windows, stride, places, inner } = axis;
  const columns = parts.map((part) => (inner === 1 ? g.op('Reshape', [part, g.ints([-1, 1])]) : part));
  const between = places.length < stride ? zeros(context, g.op('Shape', [columns[0]!]), input(0)) : '';
  const all = Array.from({ length: stride }, (_, i) => columns[places.indexOf(i)] ?? between);
  const rows = all.length === 1 ? all[0]! : g.op('Concat', all, { axis: 1 });
  return resized(g, rows, axis, windows * stride, size);
}

/** A value whose axis has a size, cut off or filled up with zeros to another. */
function resized(g: GraphBuilder, value: string, { inner }: Axis, from: number, to: number): string {
  if (from === to) return value;
  const rows = g.op('Reshape', [value, g.ints([-1, from, inner])]);
  if (from < to) return g.op('Pad', [rows, g.ints([0, to - from]), '', g.ints([1])]);
  return g.op('Slice', [rows, g.ints([0]), g.ints([to]), g.ints([1])]);
}
