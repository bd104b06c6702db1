/**
 * Compares the gradient of a graph with central differences of its forward pass, both run by ONNX Runtime.
 *
 * Loss: L = Σ_k ⟨s_k, y_k⟩ over the outputs, with a random s. For an input x and random directions v the directional
 * derivative ⟨∂L/∂x, v⟩ must equal (L(x + εv) − L(x − εv)) / 2ε.
 */
import {
  differentiableRule,
  emitBackward,
  emitForward,
  lowerClosed,
  registeredRule,
  type RuleFor,
} from '../../src/autodiff/differentiate.js';
import { GraphBuilder, type Dim } from '../../src/graph/builder.js';
import { nodesLeadingTo } from '../../src/graph/reachable.js';
import { BATCH, inferValues, type Values } from '../../src/graph/values.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { graphOf, opsetOf, type Model, type Node } from '../../src/onnx/model.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import type { Session } from '../../src/runtime/runtime.js';
import type { ElementType, Tensor } from '../../src/tensor.js';
import { awayFromZero, wholeNumbers } from './random-tensors.js';

/** A graph, with what is fed to it. */
export interface Differentiable {
  /** What messages call it. */
  readonly label: string;
  readonly nodes: readonly Node[];
  readonly values: Values;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly outputNames: readonly string[];
  /** A builder that has its inputs and weights. */
  readonly builder: () => GraphBuilder;
}

/** How far to step, and how exact the differences then are. */
export interface Steps {
  readonly epsilon: number;
  /** Whether seeds and directions are whole numbers. */
  readonly whole: boolean;
  /** Allowed error relative to Σ|∂L/∂x·v|, or to 1 where that is less. */
  readonly tolerance: number;
}

/**
 * For float64: truncation is of order ε² = 1e-10 and rounding of order 1e-16/ε = 1e-11, so 1e-6 leaves room for curvature.
 */
export const SMALL_STEPS: Steps = { epsilon: 1e-5, whole: false, tolerance: 1e-6 };

/** For operators linear in each input, on whole numbers: exact also in float32. */
export const WHOLE_STEPS: Steps = { epsilon: 1, whole: true, tolerance: 0 };

/**
 * The same where the operator divides (a mean, a fixed fraction): its float32 quotients are off by up to 6e-8 relative
 * each, and sums of some hundred of them by less than 1e-5.
 */
export const WHOLE_STEPS_OF_QUOTIENTS: Steps = { epsilon: 1, whole: true, tolerance: 1e-5 };

/**
 * For whatever has no float64 kernel: rounding is of order 6e-8·|L|/ε = 3e-5·|L| and truncation of order ε² = 4e-6, with
 * |L| some ten times the slope. Coarse, but a wrong formula is further off.
 */
export const COARSE_STEPS: Steps = { epsilon: 2 ** -9, whole: false, tolerance: 5e-3 };

export const runtime = nodeRuntime({ threads: 1 });

export function isFloat(type: ElementType | undefined): boolean {
  return type === 'float64' || type === 'float32';
}

/** Random gradients to every floating-point output of a run. */
export async function randomSeeds(
  session: Session,
  { feeds }: Differentiable,
  steps: Steps,
): Promise<Record<string, Tensor>> {
  const seeds: Record<string, Tensor> = {};
  for (const [name, output] of Object.entries(await session.run(feeds))) {
    if (!isFloat(output.type)) continue;
    const seed = as(output.type, (steps.whole ? wholeNumbers : awayFromZero)(output.dims, 99));
    // What is infinite has no slope.
    numbers(output).forEach((y, i) => Number.isFinite(y) || (numbers(seed)[i] = 0));
    seeds[name] = seed;
  }
  return seeds;
}

/** The gradients to `names` by the rules under test; those that nothing flows to are missing. */
export async function gradients(
  given: Differentiable,
  seeds: Readonly<Record<string, Tensor>>,
  names: readonly string[],
): Promise<Partial<Record<string, Tensor>>> {
  const { model, feeds, reached } = gradientGraph(given, seeds, names);
  if (reached.size === 0) return {};
  const session = await runtime.createSession(encodeModel(model));
  try {
    const results = await session.run(feeds);
    return Object.fromEntries([...reached].map(([name, output]) => [name, results[output]!]));
  } finally {
    await session.release();
  }
}

/** A graph of gradients, by the rules under test, and what is fed to it. */
interface GradientGraph {
  /** It takes what the other graph does and, as `seed_…`, the gradients to its outputs. */
  readonly model: Model;
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** By each name to which there is a gradient, the output that it is. */
  readonly reached: ReadonlyMap<string, string>;
}

function gradientGraph(
  { nodes, values, feeds, outputNames, builder }: Differentiable,
  seeds: Readonly<Record<string, Tensor>>,
  names: readonly string[],
  ruleFor: RuleFor = registeredRule,
): GradientGraph {
  const g = builder();
  for (const name of [...outputNames, ...nodes.flatMap(({ output }) => output)]) g.reserve(name);
  const tape = emitForward(g, nodes, values, names, ruleFor);
  const seedNames = new Map<string, string>();
  const seedFeeds: Record<string, Tensor> = {};
  for (const [name, seed] of Object.entries(seeds)) {
    const { feed, value } = seedInput(g, name, seed, values.of(name).dims);
    seedNames.set(name, value);
    seedFeeds[`seed_${name}`] = feed;
  }
  const reached = new Map<string, string>();
  for (const [name, gradient] of emitBackward(g, tape, seedNames, names)) {
    reached.set(name, g.output(g.rename(gradient, g.fresh(`d_${name}`)), feeds[name]!.type));
  }
  return { model: g.model(), feeds: { ...feeds, ...seedFeeds }, reached };
}

/**
 * Declares the gradient to an output. Where its batch does not stand in front, as that of an input must, it comes flat,
 * with more elements than are needed, for `inferValues` to try other batch sizes.
 */
function seedInput(
  g: GraphBuilder,
  name: string,
  seed: Tensor,
  dims: readonly Dim[],
): { readonly feed: Tensor; readonly value: string } {
  const isPlain = dims.every((size, axis) => typeof size === 'number' || (axis === 0 && size === BATCH));
  if (isPlain) return { feed: seed, value: g.input(`seed_${name}`, seed.type, dims) };
  const length = 3 * numbers(seed).length + 8;
  const padded = new Float64Array(length);
  padded.set(numbers(seed));
  g.input(`seed_${name}`, seed.type, [length]);
  const used = g.op('Reshape', [g.op('Size', [name]), g.ints([1])]);
  const value = g.op('Reshape', [g.op('Slice', [`seed_${name}`, g.ints([0]), used]), g.op('Shape', [name])]);
  return { feed: as(seed.type, { type: 'float64', dims: [length], data: padded }), value };
}

/** Gradients, as what can be differentiated. */
export interface GradientDifferentiable extends Differentiable {
  /** In standard operators. */
  readonly model: Model;
  /** What each output is the gradient to. */
  readonly reached: readonly string[];
}

/** The gradients of a graph, to be differentiated in their turn: its feeds are the graph's and the seeds. */
export async function gradientOf(
  given: Differentiable,
  seeds: Readonly<Record<string, Tensor>>,
  names: readonly string[],
): Promise<GradientDifferentiable> {
  const { model: closed, feeds, reached } = gradientGraph(given, seeds, names, differentiableRule);
  const graph = graphOf(closed);
  const outputNames = graph.output.map(({ name }) => name);
  graph.node = nodesLeadingTo(graph.node, outputNames);
  const model = lowerClosed(closed);
  const builder = () => {
    const g = new GraphBuilder({ opset: opsetOf(model), prefix: 'second/' });
    for (const stored of graph.initializer) g.store(stored);
    g.graph.input.push(...graph.input);
    for (const { name } of graph.input) g.reserve(name);
    return g;
  };
  const values = await inferValues(model, runtime);
  return {
    label: `gradient of ${given.label}`,
    nodes: graph.node,
    values,
    feeds,
    outputNames,
    builder,
    model,
    reached: [...reached.keys()],
  };
}

/**
 * Throws when a gradient, as a function of the feeds and of the seeds, has itself another gradient than differences of it
 * say. Where nothing flows to a feed, differences must agree.
 * @param names the feeds to differentiate by, both times
 */
export async function compareSecondWithDifferences(
  given: Differentiable,
  seeds: Readonly<Record<string, Tensor>>,
  names: readonly string[],
  steps: Steps,
): Promise<void> {
  const first = await gradientOf(given, seeds, names);
  const session = await runtime.createSession(encodeModel(first.model));
  try {
    const secondSeeds = await randomSeeds(session, first, steps);
    const by = [...names, ...Object.keys(seeds).map((name) => `seed_${name}`)];
    const found = await gradients(first, secondSeeds, by);
    for (const name of by) await compareWithDifferences(session, first, secondSeeds, name, found[name], steps);
  } finally {
    await session.release();
  }
}

/**
 * Throws when a gradient is not what differences say.
 * @param session runs the forward pass
 * @param gradient of the loss to the input `name`; undefined for none, which differences must agree with
 */
export async function compareWithDifferences(
  session: Session,
  { label, feeds }: Differentiable,
  seeds: Readonly<Record<string, Tensor>>,
  name: string,
  gradient: Tensor | undefined,
  { epsilon, whole, tolerance }: Steps,
): Promise<void> {
  const x = feeds[name]! as Tensor<'float64'>;
  if (gradient && gradient.dims.join() !== x.dims.join()) {
    throw new Error(`${label}: gradient to ${name} has shape [${gradient.dims.join()}], it has [${x.dims.join()}]`);
  }
  const lossAt = async (direction: Tensor, step: number) => {
    const outputs = await session.run({ ...feeds, [name]: moved(x, direction, step) }, Object.keys(seeds));
    return Object.entries(seeds).reduce((sum, [output, seed]) => sum + dot(outputs[output]!, seed), 0);
  };
  for (let trial = 0; trial < 4; trial++) {
    const direction = whole ? wholeNumbers(x.dims, 7 + trial) : awayFromZero(x.dims, 7 + trial);
    const difference = (await lossAt(direction, epsilon)) - (await lossAt(direction, -epsilon));
    const numeric = difference / (2 * epsilon);
    const slope = gradient ? dot(gradient, direction) : 0;
    const scale = gradient ? Math.max(1, dot(absolute(gradient), absolute(direction))) : 1;
    if (!(Math.abs(slope - numeric) <= tolerance * scale)) {
      throw new Error(`${label}: gradient to ${name} along a direction is ${slope}, differences say ${numeric}`);
    }
  }
}

/** The elements of a floating-point tensor. */
export function numbers(tensor: Tensor): Float64Array {
  return tensor.data as Float64Array;
}

/** A tensor in float32 or float64. */
export function as(type: ElementType, tensor: Tensor): Tensor {
  if (tensor.type === type) return tensor;
  return { type, dims: tensor.dims, data: (type === 'float32' ? Float32Array : Float64Array).from(numbers(tensor)) };
}

/** Throws when an element is off by more than a fraction of the largest expected one. */
export function assertClose(actual: Float64Array, expected: Float64Array, tolerance: number, what: string): void {
  const limit = tolerance * expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  expected.forEach((value, i) => {
    if (!(Math.abs(actual[i]! - value) <= limit)) {
      throw new Error(`${what} is ${actual[i]} at ${i}, the reference says ${value}`);
    }
  });
}

function dot(a: Tensor, b: Tensor): number {
  return numbers(a).reduce((sum, value, i) => (numbers(b)[i] === 0 ? sum : sum + value * numbers(b)[i]!), 0);
}

function absolute(tensor: Tensor): Tensor {
  return { ...tensor, data: Float64Array.from(numbers(tensor), Math.abs) };
}

function moved(x: Tensor<'float64'>, direction: Tensor, step: number): Tensor {
  return { ...x, data: x.data.map((value, i) => value + step * numbers(direction)[i]!) };
}
