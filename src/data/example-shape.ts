/**
 * How an example is fed to a model: under which dimensions, and in which order of its elements.
 *
 * The first of these that the model's input takes:
 *
 * 1. the array as the file stored it: `[height, width, channels]` where it came with its channels last;
 * 2. an image with its channel axis first, or last;
 * 3. the same with axes of one element dropped or added: `[1, 28, 28]`, `[28, 28]` and `[28, 28, 1]` are one thing, as are
 *    `[F]`, `[F, 1]` and `[1, F]`;
 * 4. one flat vector in stored order, which is `x.reshape(n, -1)` of the stored array.
 *
 * Picture files count as stored with their channels first, as torchvision's `ToTensor` gives them.
 */
import { InputError } from '../errors.js';
import { elementCount } from '../tensor.js';
import { shapeText } from './printable.js';

/** What decides how an example can be fed; a `Dataset` and an `Input` are both such. */
export interface ExampleForm {
  /** As its elements are held: `[channels, height, width]` for images. */
  readonly shape: readonly number[];
  readonly kind?: 'image' | 'vector' | undefined;
  /** The file stored the channels last: `[height, width, channels]`. */
  readonly channelsLast?: boolean | undefined;
}

/** How one example is fed. */
export interface ExampleFit {
  /** Dimensions of one example as the model takes it, without the batch. */
  readonly dims: readonly number[];
  /** Element i of what is fed is element `order[i]` of what is held; undefined where all stay in their places. */
  readonly order: Int32Array | undefined;
}

/**
 * Finds how examples are fed to a model.
 * @param what the examples, for the message
 * @param wanted the model's input without the batch axis; null where any size will do
 * @param isSaid whether the user said these dimensions for one example: a flat vector of as many elements then is one, row by
 *   row
 * @throws InputError naming both shapes and what converts
 */
export function fitExample(
  what: string,
  form: ExampleForm,
  wanted: readonly (number | null)[],
  isSaid = false,
): ExampleFit {
  const { shape } = form;
  const layouts = layoutsOf(form);
  const stored = layouts[0]!;
  for (const { dims, axes } of layouts) if (fits(dims, wanted)) return { dims, order: orderOf(shape, axes) };
  for (const { dims, axes } of layouts) {
    const resized = withUnitAxes(dims, wanted);
    if (resized) return { dims: resized, order: orderOf(shape, axes) };
  }
  const flat = withUnitAxes([elementCount(shape)], wanted);
  if (flat) return { dims: flat, order: orderOf(shape, stored.axes) };
  if (isSaid && shape.length === 1 && isFixed(wanted) && elementCount(wanted) === shape[0]) {
    return { dims: wanted, order: undefined };
  }
  throw new InputError(
    `${what}: each example is ${shapeText(stored.dims)}, but the model takes ${shapeText(wanted)}; ${mend(form, wanted)}`,
  );
}

/**
 * Examples with their elements in the order in which they are fed.
 * @param examples `[n, …shape]`, one after another
 * @returns the array itself where nothing moves
 */
export function arranged<T extends Uint8Array | Float32Array>(examples: T, order: Int32Array | undefined): T {
  if (!order) return examples;
  const result = examples.slice() as T;
  for (let start = 0; start < examples.length; start += order.length) {
    for (let i = 0; i < order.length; i++) result[start + i] = examples[start + order[i]!]!;
  }
  return result;
}

/**
 * The inverse of an order: what was computed for element i of a fed example belongs to element `order[i]` of the held one.
 */
export function inverseOrder(order: Int32Array): Int32Array {
  const inverse = new Int32Array(order.length);
  order.forEach((from, to) => (inverse[from] = to));
  return inverse;
}

/**
 * The dimensions under which one example is fed where its elements must stay in place.
 * @param have shape of one example, stored as it is held
 * @throws InputError naming both shapes and what converts
 */
export function exampleDims(what: string, have: readonly number[], want: readonly (number | null)[]): number[] {
  const { dims, order } = fitExample(what, { shape: have }, want);
  if (!order) return [...dims];
  throw new InputError(
    `${what}: each example is ${shapeText(have)}, but the model takes ${shapeText(want)}; ` +
      'the model wants its channels last, and examples have them first: export it with channels first',
  );
}

/** Dimensions, and for each of them the axis of the held example. */
interface AxisOrder {
  readonly dims: readonly number[];
  readonly axes: readonly number[];
}

/** The orders of axes that an example may be fed in, the stored one first. */
function layoutsOf({ shape, kind = 'image', channelsLast = false }: ExampleForm): AxisOrder[] {
  const layout = (axes: readonly number[]): AxisOrder => ({ dims: axes.map((axis) => shape[axis]!), axes });
  const held = layout(shape.map((_, axis) => axis));
  if (shape.length !== 3 || !(channelsLast || (kind === 'image' && isChannels(shape[0]!)))) return [held];
  const last = layout([1, 2, 0]);
  return channelsLast ? [last, held] : [held, last];
}

const isChannels = (size: number): boolean => size === 1 || size === 3;

const isFixed = (dims: readonly (number | null)[]): dims is readonly number[] => !dims.includes(null);

function fits(have: readonly number[], want: readonly (number | null)[]): boolean {
  return have.length === want.length && want.every((dim, axis) => dim === null || dim === have[axis]);
}

/**
 * The dimensions wanted, if they differ from those at hand by axes of one element only. Among open axes such an axis is
 * taken to be the first, or else the last.
 */
function withUnitAxes(have: readonly number[], want: readonly (number | null)[]): number[] | undefined {
  const sizes = have.filter((size) => size !== 1);
  const places = want.filter((dim) => dim !== 1);
  const missing = places.length - sizes.length;
  // A vector is not laid along one of several open axes: that would fit any model of sequences.
  if (missing < 0 || missing > (have.length > 1 ? 1 : 0)) return undefined;
  const filled =
    missing === 0
      ? [sizes]
      : [
          [1, ...sizes],
          [...sizes, 1],
        ];
  const found = filled.find((candidate) => fits(candidate, places));
  let next = 0;
  return found && want.map((dim) => (dim === 1 ? 1 : found[next++]!));
}

/** Where the elements go when the axes do; undefined where they stay in place. */
function orderOf(shape: readonly number[], axes: readonly number[]): Int32Array | undefined {
  const moved = axes.filter((axis) => shape[axis]! > 1);
  if (moved.every((axis, i) => i === 0 || axis > moved[i - 1]!)) return undefined;
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const order = new Int32Array(elementCount(shape));
  const index = axes.map(() => 0);
  for (let to = 0; to < order.length; to++) {
    order[to] = index.reduce((from, at, i) => from + at * strides[axes[i]!]!, 0);
    for (let i = axes.length - 1; i >= 0; i--) {
      index[i]!++;
      if (index[i]! < shape[axes[i]!]!) break;
      index[i] = 0;
    }
  }
  return order;
}

function mend({ shape: have }: ExampleForm, want: readonly (number | null)[]): string {
  if (have.length === 1 && want.length > 1) {
    if (!isFixed(want)) return 'say what it holds, row by row: give the shape of one example as `inputShape`';
    if (elementCount(want) === have[0])
      return `save it as x.reshape(-1, ${want.join(', ')}) if it holds that, row by row`;
  }
  if (have.length !== 3 || want.length !== 3 || !isChannels(have[0]!)) {
    return 'choose a data set or a model that fits the other';
  }
  const channels = [want[0], want[2]].map((size) => size === null || isChannels(size!));
  if (!channels.includes(true)) return `the model takes images of ${want[0]!} channels, which cannot be made of these`;
  const first = channels[0] ? want : [want[2]!, want[0]!, want[1]!];
  return `give ${conversionFlags(have, first)} to convert`;
}

/**
 * The flags that bring images of one shape to another, such as `--resize 32x32 --channels 3` (width, then height).
 * @param have `[channels, height, width]`
 * @param want the same, null where any size will do
 */
export function conversionFlags(have: readonly number[], want: readonly (number | null)[]): string {
  const [channels, height, width] = have.map((dim, axis) => want[axis] ?? dim) as [number, number, number];
  const flags: string[] = [];
  if (height !== have[1] || width !== have[2]) flags.push(`\`resize\` ${width}x${height}`);
  if (channels !== have[0]) flags.push(`\`channels\` ${channels}`);
  return flags.join(' ');
}
