/**
 * Training as a graph: forward, loss, gradients and optimizer in one ONNX graph of standard operators.
 *
 * The graph is a Loop over steps. Its carried values are the parameters, the optimizer's state and the batch-norm
 * statistics, so that nothing of the model's size crosses into JavaScript between steps; the examples are gathered inside
 * from the data set, which is an input. Losses and the logged updates come out stacked, one row per step.
 */
import { convGeometry } from '../autodiff/conv/geometry.js';
import { trainingRule } from '../autodiff/differentiate.js';
import type { Classifier } from '../classifier/classifier.js';
import { GraphBuilder, makeNode, type Attributes } from '../graph/builder.js';
import { makeModel } from '../onnx/codec.js';
import { elementTypeCode } from '../onnx/element-type.js';
import { opsetOf, type Model, type Node } from '../onnx/model.js';
import { marked } from '../onnx/node-mark.js';
import { layerLayout, type LayerLayout } from '../log/format/layer.js';
import type { Tensor } from '../tensor.js';
import { emitRowWeights, type GhostStatistics } from './ghost-batch-norm.js';
import type { MatrixWeight } from './columns.js';
import { emitLowRankUpdates, initialSubspace, subspaceDims, type FactoredWeight } from './low-rank/update.js';
import { carriedBy, emitStep, type StepInputs, type StepOptions, type StepTensor } from './step.js';
import { declareInputs, emitBatch, TRAINING_INPUTS, type StoredExamples } from './training-inputs.js';

/** Weights whose updates come out together: of a layer, its weight, and its bias if it has one. */
export interface TracedTensors {
  readonly name: string;
  readonly tensors: readonly string[];
  /** The updates of the first come out as so many outer products, and those of the others exactly; dense by default. */
  readonly rank?: number | undefined;
  /** Version of the codec that says which. */
  readonly version?: number | undefined;
  /** How the first meets its input, if it is a layer's weight. */
  readonly matrix?: MatrixWeight | undefined;
}

/** What a training graph is made for. */
export interface TrainingGraphOptions extends StepOptions, StoredExamples {
  /** Rows at the end of each batch that only take part in batch-norm statistics. */
  readonly ghostSize: number;
  readonly ghostStatistics: GhostStatistics;
  /** Layers, and other weights, whose updates come out. */
  readonly layers: readonly TracedTensors[];
  /** Generation of the lowerings of convolutions; the newest by default. */
  readonly lowerings?: number | undefined;
}

/** A tensor that is carried from step to step, with the inputs and outputs of the graph that it passes. */
export interface Carried extends StepTensor {
  /** Input of the graph that takes it. */
  readonly input: string;
  /** Output of the graph that returns it. */
  readonly output: string;
}

/** What the factors of a layer's updates are warm-started from: carried like the optimizer's state, but no part of the training. */
export interface CarriedSubspace extends Carried {
  readonly initial: () => Tensor;
  /** Whether the training starts from what its trial left of it. */
  readonly keepsTrial: boolean;
}

/** Outputs with a layer's updates as outer products, step after step. */
export interface FactoredOutputs {
  readonly layer: string;
  readonly layout: LayerLayout;
  readonly rank: number;
  /** int8 [steps, rank, rows] */
  readonly left: string;
  /** int8 [steps, rank, columns] */
  readonly right: string;
  /** float32 [steps, 2 · rank + 1 + others]: scales of the left and the right, the share lost, updates of the other tensors. */
  readonly numbers: string;
}

/** A training graph and how to run it. */
export interface TrainingGraph {
  readonly model: Model;
  readonly carried: readonly Carried[];
  /** Outputs with the updates of the traced layers, [steps, elements], by layer. */
  readonly deltas: readonly { readonly layer: string; readonly output: string }[];
  /** Outputs of the layers whose updates are factored. */
  readonly factors: readonly FactoredOutputs[];
  /** What their factors start from. */
  readonly subspaces: readonly CarriedSubspace[];
}

/**
 * Builds the training graph of a classifier.
 * @throws InputError when an operator has no gradient, or the class scores do not depend on a parameter
 */
export function buildTrainingGraph(classifier: Classifier, options: TrainingGraphOptions): TrainingGraph {
  const outer = new GraphBuilder({ opset: opsetOf(classifier.model), name: 'training', prefix: 'training/' });
  const body = new GraphBuilder({ opset: outer.opset, name: 'step', prefix: 'step/' });
  const { values, input } = classifier;
  const T = TRAINING_INPUTS;

  declareInputs(outer, values.of(input.name).dims, options);
  const iteration = body.input('step/iteration', 'int64', []);
  const goOn = body.input('step/condition', 'bool', []);
  const carried = carriedBy(classifier, options).map((tensor, i): Carried => {
    const passes = { input: `training/carried_${i}`, output: `training/next_${i}` };
    outer.input(passes.input, 'float32', tensor.dims);
    body.input(tensor.name, 'float32', tensor.dims);
    return { ...tensor, ...passes };
  });
  // The batch.
  const ofStep = (name: string) => body.op('Gather', [name, iteration]);
  const inputs = marked(body.graph, { part: 'data', layer: '' }, (): StepInputs => {
    const count = body.op('Unsqueeze', [ofStep(T.counts), body.ints([0])]);
    const rows = body.op('Add', [count, body.ints([options.ghostSize])]);
    const chosen = body.op('Slice', [ofStep(T.indices), body.ints([0]), rows]);
    emitBatch(body, chosen, input.name, values, options);
    const before = body.op('Add', [body.op('Add', [T.stepsBefore, iteration]), body.ints([1])]);
    return {
      labels: body.op('Gather', [T.labels, chosen]),
      weights: emitLossWeights(body, count, rows, chosen),
      rowWeights: emitRowWeights(body, count, options.ghostSize, options.ghostStatistics),
      learningRate: ofStep(T.learningRates),
      seed: () => ofStep(T.seeds),
      step: body.op('Cast', [body.op('Squeeze', [before, body.ints([0])])], { to: elementTypeCode('float64') }),
    };
  });
  const { loss, next } = emitStep(body, classifier, options, inputs, trainingRule(options.lowerings));
  const factored = options.layers.flatMap((layer) => (layer.rank === undefined ? [] : { ...layer, rank: layer.rank }));
  const weights = factored.map((layer) => factoredWeight(body, layer, classifier, next));
  const subspaces = weights.map((weight, i): CarriedSubspace => {
    const dims = subspaceDims(weight);
    const passes = { input: `training/subspace_${i}`, output: `training/next_subspace_${i}` };
    const name = `step/subspace_${i}`;
    outer.input(passes.input, 'float32', dims);
    body.input(name, 'float32', dims);
    const initial = () => initialSubspace(i, ...dims);
    const keepsTrial = weight.version > 1;
    return { ...passes, name, dims, weight: undefined, owner: weight.weight, scaling: false, initial, keepsTrial };
  });

  // What leaves each step.
  const dense = options.layers.filter(({ rank }) => rank === undefined);
  const deltas = dense.map(({ name, tensors: ofLayer }, i) => {
    const value = marked(body.graph, { part: 'log', layer: name }, () => emitDelta(body, ofLayer, next));
    return { layer: name, output: `training/delta_${i}`, value, elements: layoutOf(ofLayer, classifier).size };
  });
  const emitted = marked(body.graph, { part: 'log', layer: '' }, () =>
    emitLowRankUpdates(
      body,
      weights.map((weight, i) => ({ ...weight, subspace: subspaces[i]!.name })),
    ),
  );
  const factors = factored.map(({ name, tensors, rank }, i) => {
    const layout = layoutOf(tensors, classifier);
    const [left, right, numbers] = ['left', 'right', 'numbers'].map((part) => `training/${part}_${i}`);
    return { layer: name, layout, rank, left: left!, right: right!, numbers: numbers! };
  });
  const stacked = [
    { output: T.losses, value: loss, type: 'float32' as const, dims: [] },
    ...deltas.map(({ output, value, elements }) => ({ output, value, type: 'float32' as const, dims: [elements] })),
    ...factors.flatMap(({ layer, layout: { size, matrix }, rank, left, right, numbers }, i) => {
      const { rows, columns } = matrix!;
      const others = factored[i]!.tensors.slice(1);
      const found = emitted[i]!.numbers;
      const withOthers = () => body.op('Concat', [found, emitDelta(body, others, next)], { axis: 0 });
      const all = others.length === 0 ? found : marked(body.graph, { part: 'log', layer }, withOthers);
      return [
        { output: left, value: emitted[i]!.left, type: 'int8' as const, dims: [rank, rows] },
        { output: right, value: emitted[i]!.right, type: 'int8' as const, dims: [rank, columns] },
        { output: numbers, value: all, type: 'float32' as const, dims: [2 * rank + 1 + size - rows * columns] },
      ];
    }),
  ];
  const passing = [...carried, ...subspaces];
  body.output(body.op('Identity', [goOn]), 'bool', []);
  for (const { name, dims } of carried) {
    const handedOn = () => body.op('Identity', [next.get(name)!]);
    body.output(marked(body.graph, { part: 'optimizer', layer: '' }, handedOn), 'float32', dims);
  }
  subspaces.forEach(({ dims }, i) => body.output(emitted[i]!.subspace, 'float32', dims));
  for (const { value, type, dims } of stacked) body.output(value, type, dims);

  const loopOutputs = [...passing, ...stacked].map(({ output }) => output);
  const always = outer.constant({ type: 'bool', dims: [], data: Uint8Array.of(1) });
  const attributes: Attributes = { body: body.graph };
  outer.add(makeNode('Loop', [T.steps, always, ...passing.map((tensor) => tensor.input)], loopOutputs, attributes));
  for (const { output, dims: size } of passing) outer.output(output, 'float32', size);
  for (const { output, type, dims } of stacked) outer.output(output, type, ['steps', ...dims]);
  const weightsAfter = carried.flatMap(({ weight, output }) => (weight === undefined ? [] : [output]));
  const sums = weightsAfter.map((output) => outer.op('ReduceSum', [output], { keepdims: 0 }));
  outer.output(outer.rename(outer.op('Sum', sums), T.sum), 'float32', []);
  return { model: makeModel(outer.graph, outer.opset), carried, deltas, factors, subspaces };
}

function layoutOf(tensors: readonly string[], { values }: Classifier): LayerLayout {
  return layerLayout({ name: '', tensors: tensors.map((name) => ({ name, dims: values.of(name).dims as number[] })) });
}

/** A weight whose updates are factored, with what is known of the inputs that it is applied to. */
function factoredWeight(
  body: GraphBuilder,
  { name: layer, tensors, rank, version = 1, matrix }: TracedTensors & { readonly rank: number },
  classifier: Classifier,
  next: ReadonlyMap<string, string>,
): Omit<FactoredWeight, 'subspace'> {
  const { rows, columns } = layoutOf(tensors, classifier).matrix!;
  const weight = { layer, weight: tensors[0]!, next: next.get(tensors[0]!)!, rank, version, rows, columns };
  // A layer inside of a loop has no input out here.
  const isKnown = (value: string) =>
    value === classifier.input.name || body.graph.node.some(({ output }) => output.includes(value));
  if (!matrix || !isKnown(matrix.input)) return weight;
  const { transposed, convolution } = matrix;
  const { dims } = classifier.values.of(matrix.input);
  const axis = matrix.axis < 0 ? matrix.axis + dims.length : matrix.axis;
  const features = classifier.values.of(tensors[0]!).dims[transposed ? 0 : 1] as number;
  const windows = version > 1 && convolution ? windowsOf(convolution, classifier) : undefined;
  return { ...weight, input: { value: matrix.input, dims: dims.length, axis, features, transposed, windows } };
}

function windowsOf(node: Node, { values }: Classifier) {
  return convGeometry({
    node,
    input: (index) => node.input[index] ?? '',
    output: (index) => node.output[index] ?? '',
    dims: (value) => values.of(value).dims,
  });
}

/** Weights of the rows in the loss: [rows, 1], w/n for the n examples, w being an example's own weight; 0 for ghosts. */
function emitLossWeights(g: GraphBuilder, count: string, rows: string, chosen: string): string {
  const [zero, one] = [g.ints([0]), g.ints([1])];
  const row = g.op('Range', [
    g.op('Squeeze', [zero, zero]),
    g.op('Squeeze', [rows, zero]),
    g.op('Squeeze', [one, zero]),
  ]);
  const isExample = g.op('Cast', [g.op('Less', [row, count])], { to: elementTypeCode('float32') });
  const share = g.op('Div', [isExample, g.op('Cast', [count], { to: elementTypeCode('float32') })]);
  const weighted = g.op('Mul', [share, g.op('Gather', [TRAINING_INPUTS.weights, chosen])]);
  return g.op('Unsqueeze', [weighted, one]);
}

/**
 * The update of a column as it happened, θ' − θ, not as it was meant (−η·d): what rounding took away never reached the
 * weights, and the sum of the log is to be the weights.
 */
function emitDelta(g: GraphBuilder, tensors: readonly string[], updated: ReadonlyMap<string, string>): string {
  const parts = tensors.map((tensor) => {
    const next = updated.get(tensor);
    if (next === undefined) throw new Error(`internal: ${tensor} is logged but not trained`);
    return g.op('Reshape', [g.op('Sub', [next, tensor]), g.ints([-1])]);
  });
  return parts.length === 1 ? parts[0]! : g.op('Concat', parts, { axis: 0 });
}
