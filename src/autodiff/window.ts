/** Where the sliding windows of convolution and pooling stand. */
import { InputError } from '../errors.js';
import { intsAttribute, stringAttribute } from '../onnx/attributes.js';
import { nodeLabel } from '../onnx/model.js';
import { elementCount, float32 } from '../tensor.js';
import type { NodeContext } from './gradient.js';

/** Sliding windows; every list has one entry a spatial axis. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before the first element. */
  readonly begins: readonly number[];
  /** Padding after the last element, as the node states it: windows may stop short of it, or reach beyond (ceil_mode). */
  readonly ends: readonly number[];
  /** Sizes of the input. */
  readonly input: readonly number[];
  /** How many windows there are. */
  readonly output: readonly number[];
}

/** What windows follow from. */
export type WindowContext = Pick<NodeContext, 'node' | 'input' | 'output' | 'dims'>;

/**
 * The windows of a node, its automatic padding resolved.
 * @throws InputError when a spatial size is open
 */
export function windowOf(context: WindowContext, kernel: readonly number[]): Window {
  const { node } = context;
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(node, 'strides') ?? ones;
  const dilations = intsAttribute(node, 'dilations') ?? ones;
  const [input, output] = [spatialSizes(context, context.input(0)), spatialSizes(context, context.output(0))];
  const given = intsAttribute(node, 'pads');
  const zeros = kernel.map(() => 0);
  let [begins, ends] = [given?.slice(0, kernel.length) ?? zeros, given?.slice(kernel.length) ?? zeros];
  const automatic = stringAttribute(node, 'auto_pad', 'NOTSET');
  if (automatic === 'VALID') [begins, ends] = [zeros, zeros];
  if (automatic === 'SAME_UPPER' || automatic === 'SAME_LOWER') {
    const total = kernel.map((_, i) => Math.max(0, reach(kernel, strides, dilations, output, i) - input[i]!));
    const smaller = total.map((size) => Math.floor(size / 2));
    const larger = total.map((size) => Math.ceil(size / 2));
    [begins, ends] = automatic === 'SAME_UPPER' ? [smaller, larger] : [larger, smaller];
  }
  return { kernel, strides, dilations, begins, ends, input, output };
}

/** Elements of the padded input from the first window's begin to the last window's end. */
function reach(
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  output: readonly number[],
  i: number,
): number {
  return (output[i]! - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1;
}

/** The padding after the last element that makes the last window end exactly there; negative where it stops short. */
export function reachedEnds({ kernel, strides, dilations, begins, input, output }: Window): number[] {
  return kernel.map((_, i) => reach(kernel, strides, dilations, output, i) - begins[i]! - input[i]!);
}

/** Whether no element of the input lies in two windows. */
export function isDisjoint({ kernel, strides, dilations }: Window): boolean {
  return kernel.every((size, i) => (size - 1) * dilations[i]! < strides[i]!);
}

/**
 * Adds each element of a value of the output's shape to every element of the input that its window covers: a transposed
 * convolution with ones, each channel for itself.
 * @throws InputError for element types that ONNX Runtime has no transposed convolution for
 */
export function spreadOverWindows(context: NodeContext, value: string, window: Window): string {
  const { g, node, input, dims, type } = context;
  const x = input(0);
  if (type(x) !== 'float32') {
    throw new InputError(`node ${nodeLabel(node)}: pooling of ${type(x)} has no gradient; make the model float32`);
  }
  const { kernel, strides, dilations, begins, input: sizes } = window;
  const planes = g.op('Reshape', [value, g.ints([-1, 1, ...window.output])]);
  const ones = g.constant(float32(new Float32Array(elementCount(kernel)).fill(1), [1, 1, ...kernel]));
  const ends = reachedEnds(window);
  const spread = g.op('ConvTranspose', [planes, ones], {
    strides,
    dilations,
    pads: [...begins, ...ends.map((end) => Math.max(end, 0))],
    output_padding: ends.map((end) => Math.max(-end, 0)),
  });
  const channels = dims(x)[1]!;
  return g.op('Reshape', [
    spread,
    typeof channels === 'number' ? g.ints([-1, channels, ...sizes]) : g.op('Shape', [x]),
  ]);
}

/** Sizes of the axes behind the batch and channel axes. @throws InputError when one is open */
export function spatialSizes({ node, dims }: Pick<NodeContext, 'node' | 'dims'>, value: string): number[] {
  return dims(value)
    .slice(2)
    .map((size) => {
      if (typeof size === 'number') return size;
      throw new InputError(
        `node ${nodeLabel(node)}: the spatial size "${size}" of "${value}" is open; give the model a fixed image size`,
      );
    });
}
