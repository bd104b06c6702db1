/**
 * Layers of the model zoo: each emits named nodes and freshly drawn weights, and keeps track of one example's shape.
 */
import { InputError } from '../errors.js';
import { GraphBuilder, makeNode, type Attributes } from '../graph/builder.js';
import { BATCH } from '../graph/values.js';
import { freeze } from '../graph/parameters.js';
import { float } from '../onnx/attributes.js';
import type { Random } from '../numeric/random.js';
import { elementCount, float32, int64, type Tensor } from '../tensor.js';

/**
 * What follows the layers of a network. All but `relu` are smooth, so that training is too, and what an example does to it can be
 * foretold; `gelu` is x Φ(x) ([Hendrycks & Gimpel 2016], section 2).
 */
export const ACTIVATIONS = { relu: 'Relu', gelu: 'Gelu', elu: 'Elu', softplus: 'Softplus', tanh: 'Tanh' } as const;

/** Name of an activation function. */
export type ActivationName = keyof typeof ACTIVATIONS;

/** What is usual. */
export const DEFAULT_ACTIVATION: ActivationName = 'relu';

/**
 * What fresh weights are drawn from. `he`: N(0, 2/fanIn), which keeps the variance of activations through ReLU layers
 * ([He et al. 2015], eq. 10), and biases of 0. `uniform`: weights and biases from ±1/√fanIn, as PyTorch draws them by default: the
 * class scores begin close to 0.
 */
export const INITS = ['he', 'uniform'] as const;

/** Name of a way to draw weights. */
export type InitName = (typeof INITS)[number];

/** What is usual. */
export const DEFAULT_INIT: InitName = 'he';

/** A network under construction. */
export interface NetworkBuilder {
  readonly g: GraphBuilder;
  readonly random: Random;
  readonly activation: ActivationName;
  readonly init: InitName;
}

/** A value of the graph with the shape that one example has in it. */
export interface Feature {
  readonly name: string;
  readonly shape: readonly number[];
}

/** No weight of the zoo may be larger: a mistyped size must not take the machine's memory. */
const LARGEST_WEIGHT = 2 ** 28;

/** Declares a graph input of the given shape an example. */
export function input(net: NetworkBuilder, name: string, shape: readonly number[]): Feature {
  return { name: net.g.input(name, 'float32', [BATCH, ...shape]), shape };
}

/** Adds a node `name` whose result has that name too. */
export function layer(
  net: NetworkBuilder,
  op: string,
  name: string,
  inputs: readonly string[],
  shape: readonly number[],
  attributes: Attributes = {},
): Feature {
  net.g.add(makeNode(op, inputs, [net.g.reserve(name)], attributes));
  return { name, shape };
}

/** Adds a node with several results, whose names are given; it has that of the first. */
export function layers(
  net: NetworkBuilder,
  op: string,
  names: readonly string[],
  inputs: readonly string[],
  attributes: Attributes = {},
): void {
  for (const name of names) net.g.reserve(name);
  net.g.add(makeNode(op, inputs, names, attributes));
}

/** Names a feature as the graph's output `name`. */
export function output(net: NetworkBuilder, name: string, x: Feature): void {
  const { node } = net.g.graph;
  const last = node.at(-1);
  if (last?.output[0] !== x.name) throw new Error(`internal: ${x.name} is not the last value of the network`);
  last.output[0] = name;
  net.g.output(name, 'float32', [BATCH, ...x.shape]);
}

/** A weight as the network draws it. */
function drawn(net: NetworkBuilder, name: string, dims: readonly number[], fanIn: number): string {
  const count = elementCount(dims);
  if (count > LARGEST_WEIGHT) {
    throw new InputError(`weight "${name}" would have ${count} elements; choose a smaller input shape or fewer units`);
  }
  const deviation = Math.sqrt(2 / fanIn);
  const bound = 1 / Math.sqrt(fanIn);
  const draw = net.init === 'he' ? () => deviation * net.random.normal() : () => bound * (2 * net.random.uniform() - 1);
  return net.g.initializer(name, float32(Float32Array.from({ length: count }, draw), dims));
}

/** A bias as the network draws it. */
function drawnBias(net: NetworkBuilder, name: string, count: number, fanIn: number): string {
  return net.init === 'he' ? filled(net, name, count, 0) : drawn(net, name, [count], fanIn);
}

/** A weight with all elements alike. */
function filled(net: NetworkBuilder, name: string, count: number, value: number): string {
  return net.g.initializer(name, float32(new Float32Array(count).fill(value)));
}

/** How a convolution is made. */
export interface ConvOptions {
  readonly channels: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly pad?: number;
  readonly bias?: boolean;
}

/** A convolution over all spatial axes of `[channels, …]`, with the same kernel size, stride and padding along each. */
export function conv(net: NetworkBuilder, name: string, x: Feature, options: ConvOptions): Feature {
  const { channels, kernel, stride = 1, pad = 0, bias = true } = options;
  const [from, ...space] = x.shape as [number, ...number[]];
  const each = (value: number) => space.map(() => value);
  const fanIn = from * kernel ** space.length;
  const weight = drawn(net, `${name}.weight`, [channels, from, ...each(kernel)], fanIn);
  const inputs = [x.name, weight, ...(bias ? [drawnBias(net, `${name}.bias`, channels, fanIn)] : [])];
  const shape = [channels, ...space.map((size) => slide(name, size + 2 * pad, kernel, stride))];
  return layer(net, 'Conv', name, inputs, shape, {
    kernel_shape: each(kernel),
    strides: each(stride),
    pads: [...each(pad), ...each(pad)],
  });
}

/** How a pooling window moves. */
export interface PoolOptions {
  readonly kernel?: number;
  readonly stride?: number;
  readonly pad?: number;
  /** Keep a last window that hangs over the edge, so that odd sizes lose nothing. */
  readonly partial?: boolean;
}

/** Maximum pooling, 2×2 with stride 2 by default. */
export function maxPool(net: NetworkBuilder, name: string, x: Feature, options: PoolOptions = {}): Feature {
  const { kernel = 2, stride = 2, pad = 0, partial = false } = options;
  const [channels, ...space] = x.shape as [number, ...number[]];
  const each = (value: number) => space.map(() => value);
  const padded = space.map((size) => size + 2 * pad);
  const partialHelps = partial && padded.some((size) => (size - kernel) % stride !== 0);
  const round = partialHelps ? Math.ceil : Math.floor;
  const shape = [channels, ...padded.map((size) => slide(name, size, kernel, stride, round))];
  return layer(net, 'MaxPool', name, [x.name], shape, {
    kernel_shape: each(kernel),
    strides: each(stride),
    pads: pad === 0 ? undefined : [...each(pad), ...each(pad)],
    ceil_mode: partialHelps ? 1 : undefined,
  });
}

/** Number of places that a window takes along an axis. */
function slide(name: string, size: number, kernel: number, stride: number, round = Math.floor): number {
  const places = round((size - kernel) / stride) + 1;
  if (places < 1) {
    throw new InputError(
      `the input shape is too small: layer "${name}" would see ${size} pixels, its window has ${kernel}`,
    );
  }
  return places;
}

/**
 * Batch normalisation in its inference form.
 * @param affine whether scale and shift are learned; if not they stay 1 and 0
 */
export function batchNorm(net: NetworkBuilder, name: string, x: Feature, affine = true): Feature {
  const channels = x.shape[0]!;
  const weights = [
    filled(net, `${name}.weight`, channels, 1),
    filled(net, `${name}.bias`, channels, 0),
    filled(net, `${name}.running_mean`, channels, 0),
    filled(net, `${name}.running_var`, channels, 1),
  ];
  if (!affine) freeze(net.g.graph, [`${name}.weight`, `${name}.bias`]);
  const attributes = { epsilon: float(1e-5), momentum: float(0.9) };
  return layer(net, 'BatchNormalization', name, [x.name, ...weights], x.shape, attributes);
}

/**
 * The network's activation function.
 * @param index set behind the function's name in the name of the node
 * @param block where it is set before it: `layer1.relu2`
 */
export function activate(net: NetworkBuilder, x: Feature, index: number | '', block?: string): Feature {
  const name = `${block === undefined ? '' : `${block}.`}${net.activation}${index}`;
  return layer(net, ACTIVATIONS[net.activation], name, [x.name], x.shape);
}

/** Drops values while training; in the model itself, which is in inference mode, it passes them on. */
export function dropout(net: NetworkBuilder, name: string, x: Feature, ratio: number): Feature {
  return layer(net, 'Dropout', name, [x.name, net.g.constant(float32([ratio], []))], x.shape);
}

/** Lays an example's values out in one row. */
export function flatten(net: NetworkBuilder, name: string, x: Feature): Feature {
  return layer(net, 'Flatten', name, [x.name], [elementCount(x.shape)], { axis: 1 });
}

/** The mean over all spatial axes, as one row per example. */
export function globalAverage(net: NetworkBuilder, name: string, x: Feature): Feature {
  const pooled = layer(net, 'GlobalAveragePool', name, [x.name], [x.shape[0]!, 1, 1]);
  return flatten(net, 'flatten', pooled);
}

/** A fully connected layer; its weight is `[units, inputs]`. */
export function dense(net: NetworkBuilder, name: string, x: Feature, units: number, bias = true): Feature {
  const width = x.shape[0]!;
  const weight = drawn(net, `${name}.weight`, [units, width], width);
  const inputs = [x.name, weight, ...(bias ? [drawnBias(net, `${name}.bias`, units, width)] : [])];
  return layer(net, 'Gemm', name, inputs, [units], { transB: 1 });
}

/** A fully connected layer along the last axis of `[rows, inputs]`, as exporters write it: its weight is `[inputs, units]`. */
export function linear(net: NetworkBuilder, name: string, x: Feature, units: number): Feature {
  const [rows, width] = x.shape as [number, number];
  const weight = drawn(net, `${name}.weight`, [width, units], width);
  const product = layer(net, 'MatMul', `${name}.product`, [x.name, weight], [rows, units]);
  return layer(net, 'Add', name, [product.name, drawnBias(net, `${name}.bias`, units, width)], product.shape);
}

/** Standardises along the last axis, with a scale and a shift that are learned. */
export function layerNorm(net: NetworkBuilder, name: string, x: Feature): Feature {
  const width = x.shape.at(-1)!;
  const weights = [filled(net, `${name}.weight`, width, 1), filled(net, `${name}.bias`, width, 0)];
  return layer(net, 'LayerNormalization', name, [x.name, ...weights], x.shape, { axis: -1, epsilon: float(1e-6) });
}

/** A learned tensor drawn from N(0, deviation²). */
export function drawnNormal(net: NetworkBuilder, name: string, dims: readonly number[], deviation: number): string {
  const values = Float32Array.from({ length: elementCount(dims) }, () => deviation * net.random.normal());
  return net.g.initializer(name, float32(values, dims));
}

/** The element-wise sum of two features of the same shape. */
export function add(net: NetworkBuilder, name: string, a: Feature, b: Feature): Feature {
  return layer(net, 'Add', name, [a.name, b.name], a.shape);
}

/** A constant tensor. */
export function constant(net: NetworkBuilder, tensor: Tensor): string {
  return net.g.constant(tensor);
}

/** A one-dimensional whole-number constant. */
export function wholeNumbers(net: NetworkBuilder, values: readonly number[]): string {
  return net.g.constant(int64(values));
}
