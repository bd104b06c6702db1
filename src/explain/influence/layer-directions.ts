/**
 * What γ of a layer multiplies updates with: G = Σ_p r_p f_pᵀ for the weight and Σ_p r_p for the bias, r = W f + b being the
 * layer's output for an input and p its positions. It is the gradient of ½‖W f + b‖² for a given f, so that autodiff knows
 * it for every kind of layer.
 */
import { emitBackward, emitForward } from '../../autodiff/differentiate.js';
import type { Classifier } from '../../classifier/classifier.js';
import { feedTensor } from '../../classifier/feeds.js';
import { GraphBuilder } from '../../graph/builder.js';
import { traceableLayers, type TraceableLayer } from '../../graph/layers.js';
import { nodesLeadingTo } from '../../graph/reachable.js';
import { encodeModel } from '../../onnx/codec.js';
import { graphOf, onnx, opsetOf, type Node } from '../../onnx/model.js';
import type { Runtime } from '../../runtime/runtime.js';
import { float32, toNumbers, type Tensor } from '../../tensor.js';
import type { CarriedTensors } from '../../train/carried-state.js';
import type { Carried } from '../../train/training-graph.js';

/** The direction of one layer. */
export interface LayerDirection {
  readonly layer: string;
  /** ‖r‖² */
  readonly squares: number;
  /** G for each carried tensor, by its place; undefined for those that are not of the layer. */
  readonly gradients: readonly (Float32Array | undefined)[];
}

/** Directions of the layers for inputs. */
export interface LayerDirections {
  /** Names of the layers, in the order of the graph. */
  readonly layers: readonly string[];
  /**
   * @param x one input
   * @param seed what takes the place of r at the seeded layer
   */
  at(state: CarriedTensors, x: Float32Array, seed?: Float32Array): Promise<LayerDirection[]>;
  release(): Promise<void>;
}

const weightInput = (place: number) => `direction/weight_${place}`;
const SEED = 'direction/seed';
const result = (what: string, layer: number, place = 0) => `direction/${what}_${layer}_${place}`;

/**
 * @param carried what training carries, in the order of the training graph's
 * @param r.initial weights whose output is taken away from r, for the same f: the rest is what training made of it
 * @param r.seeded a layer whose r is given with each input: one unit, and G is what multiplies updates to that output
 */
export async function openLayerDirections(
  { model, values, scores, input }: Classifier,
  carried: readonly Carried[],
  runtime: Runtime,
  { initial, seeded }: { readonly initial?: CarriedTensors | undefined; readonly seeded?: string | undefined } = {},
): Promise<LayerDirections> {
  const graph = graphOf(model);
  const g = new GraphBuilder({ opset: opsetOf(model), name: 'directions', prefix: 'direction/' });
  const { type, dims } = values.of(input.name);
  g.input(input.name, type, dims);
  const places = new Map(carried.flatMap(({ weight }, i) => (weight === undefined ? [] : [[weight, i] as const])));
  for (const stored of graph.initializer) if (!places.has(stored.name)) g.store(stored);
  for (const [name, i] of places) {
    const weight = values.of(name);
    g.rename(g.input(weightInput(i), weight.type, weight.dims), name);
  }
  const names = [...places.keys()];
  const nodes = nodesLeadingTo(graph.node, [scores]);
  const tape = emitForward(g, nodes, values, names);
  const layers = traceableLayers(graph).filter(
    ({ weight, nodes: own }) => places.has(weight) && own.every((node) => nodes.includes(node)),
  );
  const initialOutputs = initial && withOtherWeights(g, nodes, layers, storeInitial(g, places, carried, initial));
  const tensors = layers.map(({ name, weight, bias, preActivation, nodes: own }, l) => {
    const wanted = [weight, ...(bias !== undefined && places.has(bias) ? [bias] : [])];
    // The layer alone, with its input held: nothing passes further back. A weight may come to it transposed.
    const inside = new Set([...own, ...nodesFrom(nodes, new Set(wanted))]);
    const entries = tape.entries.filter(({ context }) => inside.has(context.node));
    const active = new Set([...wanted, ...[...inside].flatMap(({ output }) => output)]);
    const before = initialOutputs?.get(preActivation);
    const output = before === undefined ? preActivation : g.op('Sub', [preActivation, before]);
    const seed = name === seeded ? g.input(SEED, 'float32', ['units']) : undefined;
    const r = seed === undefined ? output : g.op('Reshape', [seed, g.op('Shape', [output])]);
    const gradients = emitBackward(g, { entries, active }, new Map([[preActivation, r]]), wanted);
    const squares = g.op('ReduceSumSquare', [r], { keepdims: 0 });
    g.output(g.rename(squares, result('squares', l)), 'float32', []);
    return [...gradients].map(([of, gradient]) => {
      const place = places.get(of)!;
      g.output(g.rename(gradient, result('gradient', l, place)), 'float32', values.of(of).dims);
      return place;
    });
  });
  const session = await runtime.createSession(encodeModel(g.model()));
  return {
    layers: layers.map(({ name }) => name),
    at: async (state, x, seed) => {
      const feeds: Record<string, Tensor> = { [input.name]: feedTensor(input, x, 1) };
      if (seed) feeds[SEED] = float32(seed, [seed.length]);
      carried.forEach(({ input: from, weight }, i) => {
        if (weight !== undefined) feeds[weightInput(i)] = state[from]!;
      });
      const outputs = await session.run(feeds);
      return layers.map(({ name }, l) => ({
        layer: name,
        squares: toNumbers(outputs[result('squares', l)]!)[0]!,
        gradients: carried.map((_, i) =>
          tensors[l]!.includes(i) ? (outputs[result('gradient', l, i)]!.data as Float32Array) : undefined,
        ),
      }));
    },
    release: () => session.release(),
  };
}

/** Nodes that see nothing but these values, and what such nodes make of them. */
function nodesFrom(nodes: readonly Node[], values: ReadonlySet<string>): Node[] {
  const seen = new Set(values);
  return nodes.filter((node) => {
    if (node.input.length === 0 || !node.input.every((name) => seen.has(name))) return false;
    for (const output of node.output) seen.add(output);
    return true;
  });
}

/** Weights under second names, for each its first. */
function storeInitial(
  g: GraphBuilder,
  places: ReadonlyMap<string, number>,
  carried: readonly Carried[],
  initial: CarriedTensors,
): Map<string, string> {
  return new Map(
    [...places].map(([name, i]) => [name, g.initializer(`direction/initial_${i}`, initial[carried[i]!.input]!)]),
  );
}

/**
 * Emits layers once more, with the inputs that they have and other weights.
 * @param weights the names of these, by those of the layers'
 * @returns for each value that depends on them, the name of what it becomes
 */
function withOtherWeights(
  g: GraphBuilder,
  nodes: readonly Node[],
  layers: readonly TraceableLayer[],
  weights: ReadonlyMap<string, string>,
): Map<string, string> {
  const other = new Map(weights);
  const inputs = new Map(layers.flatMap(({ input, nodes: own }) => own.map((node) => [node, input] as const)));
  const ofWeights = new Set(nodesFrom(nodes, new Set(weights.keys())));
  for (const node of nodes) {
    const own = inputs.get(node);
    if (own === undefined && !ofWeights.has(node)) continue;
    const output = node.output.map((name) => g.fresh(name));
    const input = node.input.map((name) => (name === own ? name : (other.get(name) ?? name)));
    g.add(new onnx.NodeProto({ ...node, name: output[0], input, output }));
    node.output.forEach((name, i) => other.set(name, output[i]!));
  }
  return other;
}
