/** Graphs of gradients, by the rules under test, and graphs of their gradients. */
import {
  differentiableRule,
  emitBackward,
  emitForward,
  lowerClosed,
  registeredRule,
  type RuleFor,
} from '../../../src/autodiff/differentiate.js';
import { GraphBuilder, type Dim } from '../../../src/graph/builder.js';
import { nodesLeadingTo } from '../../../src/graph/reachable.js';
import { BATCH, inferValues } from '../../../src/graph/values.js';
import { encodeModel } from '../../../src/onnx/codec.js';
import { graphOf, opsetOf, type Model } from '../../../src/onnx/model.js';
import type { Tensor } from '../../../src/tensor.js';
import {
  as,
  compareWithDifferences,
  numbers,
  randomSeeds,
  runtime,
  type Differentiable,
  type Steps,
} from './differences.js';

/** A model, as what can be differentiated. It may hold operators that `lowerClosed` lowers. */
export async function differentiableModel(
  label: string,
  model: Model,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Differentiable> {
  const graph = graphOf(model);
  const builder = () => {
    const g = new GraphBuilder({ opset: opsetOf(model), prefix: 'gradient/' });
    for (const stored of graph.initializer) g.store(stored);
    g.graph.input.push(...graph.input);
    for (const { name } of graph.input) g.reserve(name);
    return g;
  };
  const values = await inferValues(lowerClosed(model), runtime);
  return { label, nodes: graph.node, values, feeds, outputNames: graph.output.map(({ name }) => name), builder };
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
  const { model, feeds, reached } = gradientGraph(given, seeds, names, differentiableRule);
  const graph = graphOf(model);
  graph.node = nodesLeadingTo(
    graph.node,
    graph.output.map(({ name }) => name),
  );
  const differentiable = await differentiableModel(`gradient of ${given.label}`, model, feeds);
  return { ...differentiable, model: lowerClosed(model), reached: [...reached.keys()] };
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
