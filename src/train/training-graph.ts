/**
 * Training as a graph: forward, loss, gradients and optimizer in one ONNX graph of standard operators.
 *
 * The graph is a Loop over steps. Its carried values are the parameters, the optimizer's state and the batch-norm
 * statistics, so that nothing of the model's size crosses into JavaScript between steps; the examples are gathered inside
 * from the data set, which is an input. Losses and the updates of logged layers come out stacked, one row per step.
 */
import type { Classifier } from '../classifier/classifier.js';
import { emitBackward, emitForward, registeredRule, type RuleFor } from '../autodiff/differentiate.js';
import { batchPlaces } from '../graph/batch-place.js';
import { GraphBuilder, makeNode, type Attributes } from '../graph/builder.js';
import { nodesLeadingTo } from '../graph/reachable.js';
import { InputError } from '../errors.js';
import { makeModel } from '../onnx/codec.js';
import { elementTypeCode } from '../onnx/element-type.js';
import { graphOf, opsetOf, type Model, type Node } from '../onnx/model.js';
import { elementCount } from '../tensor.js';
import { emitRowWeights, ghostBatchNorm, runningStatistics, type GhostStatistics } from './ghost-batch-norm.js';
import { LOSSES, type LossName } from './losses/registry.js';
import type { OptimizerSettings } from './optimizers/optimizer.js';
import { OPTIMIZERS, type OptimizerName } from './optimizers/registry.js';
import { seededDropout } from './seeded-dropout.js';
import { declareInputs, emitBatch, TRAINING_INPUTS, type StoredExamples } from './training-inputs.js';

/** A layer whose updates are logged: its weight, and its bias if it has one. */
export interface TracedTensors {
  readonly name: string;
  readonly tensors: readonly string[];
}

/** What a training graph is made for. */
export interface TrainingGraphOptions extends StoredExamples {
  readonly loss: LossName;
  readonly optimizer: OptimizerName;
  readonly optimizerSettings: OptimizerSettings;
  /** Added to the gradient as λθ, for every parameter (PyTorch's L2 penalty). */
  readonly weightDecay: number;
  /** Gradients are scaled down to this Euclidean norm over all parameters; undefined for no clipping. */
  readonly clipNorm?: number | undefined;
  /** Rows at the end of each batch that only take part in batch-norm statistics. */
  readonly ghostSize: number;
  readonly ghostStatistics: GhostStatistics;
  /** Names of the weights to train. */
  readonly parameters: readonly string[];
  /** Layers whose updates come out. */
  readonly layers: readonly TracedTensors[];
}

/** A tensor that is carried from step to step. */
export interface Carried {
  /** Input of the graph that takes it. */
  readonly input: string;
  /** Output of the graph that returns it. */
  readonly output: string;
  readonly dims: readonly number[];
  /** The weight of the model that it starts from; undefined for optimizer state, which starts from zeros. */
  readonly weight: string | undefined;
}

/** A training graph and how to run it. */
export interface TrainingGraph {
  readonly model: Model;
  readonly carried: readonly Carried[];
  /** Outputs with the updates of the traced layers, [steps, elements], by layer. */
  readonly deltas: readonly { readonly layer: string; readonly output: string }[];
}

/**
 * Builds the training graph of a classifier.
 * @throws InputError when an operator has no gradient, or the class scores do not depend on a parameter
 */
export function buildTrainingGraph(
  { model, values, scores, outputs, input: { name: input } }: Classifier,
  options: TrainingGraphOptions,
): TrainingGraph {
  const graph = graphOf(model);
  const optimizer = OPTIMIZERS[options.optimizer];
  const outer = new GraphBuilder({ opset: opsetOf(model), name: 'training', prefix: 'training/' });
  const body = new GraphBuilder({ opset: opsetOf(model), name: 'step', prefix: 'step/' });
  const T = TRAINING_INPUTS;

  declareInputs(outer, values.of(input).dims, options);
  const iteration = body.input('step/iteration', 'int64', []);
  const goOn = body.input('step/condition', 'bool', []);

  // Parameters keep their names inside the body, so the model's own nodes are emitted as they are.
  const nodes = nodesLeadingTo(graph.node, [scores]);
  const statistics = runningStatistics(nodes, graph);
  const trained = new Set(options.parameters);
  const carriedWeights = new Set([...options.parameters, ...statistics]);
  for (const stored of graph.initializer) if (!carriedWeights.has(stored.name)) body.store(stored);

  const carried: Carried[] = [];
  const results: string[] = [];
  const carry = (name: string, dimsOfValue: readonly number[], weight: string | undefined): string => {
    const input = `training/carried_${carried.length}`;
    carried.push({ input, output: `training/next_${carried.length}`, dims: dimsOfValue, weight });
    outer.input(input, 'float32', dimsOfValue);
    return body.input(name, 'float32', dimsOfValue);
  };
  for (const weight of carriedWeights) carry(weight, values.of(weight).dims as number[], weight);
  const stateNames = options.parameters.map((parameter) =>
    optimizer.state.map((slot) => carry(`step/${slot}:${parameter}`, values.of(parameter).dims as number[], undefined)),
  );

  // The batch.
  const ofStep = (name: string) => body.op('Gather', [name, iteration]);
  const count = body.op('Unsqueeze', [ofStep(T.counts), body.ints([0])]);
  const rows = body.op('Add', [count, body.ints([options.ghostSize])]);
  const chosen = body.op('Slice', [ofStep(T.indices), body.ints([0]), rows]);
  emitBatch(body, chosen, input, values, options);
  const labels = body.op('Gather', [T.labels, chosen]);
  const weights = emitLossWeights(body, count, rows);

  // Forward and loss.
  const rowWeights = emitRowWeights(body, count, options.ghostSize, options.ghostStatistics);
  const updatedStatistics = new Map<string, string>();
  const batchNorm = ghostBatchNorm(rowWeights, {
    placeOf: batchPlaces(nodes, values),
    updated: (name, value) => updatedStatistics.set(name, value),
  });
  const dropouts = nodes.filter(({ opType }) => opType === 'Dropout');
  const seed = dropouts.length > 0 ? ofStep(T.seeds) : '';
  const outermost = new Set(nodes);
  const ruleFor: RuleFor = (node) => {
    // The steps of a loop share their nodes, but not their masks and statistics.
    if (REPLACED.has(node.opType) && !outermost.has(node)) return undefined;
    if (node.opType === 'BatchNormalization') return batchNorm;
    if (node.opType === 'Dropout') return seededDropout(seed, dropouts.indexOf(node));
    return registeredRule(node);
  };
  const tape = emitForward(body, nodes, values, trained, memoize(ruleFor));
  const { loss, gradient } = LOSSES[options.loss].emit(body, { scores, outputs, labels, weights });

  // Backward and update.
  const gradients = emitBackward(body, tape, new Map([[scores, gradient]]), options.parameters);
  const unreached = options.parameters.filter((parameter) => !gradients.has(parameter));
  if (unreached.length > 0) throw new InputError(`the class scores do not depend on ${unreached.join(', ')}`);
  const descent = penaliseAndClip(body, options, gradients);
  const learningRate = ofStep(T.learningRates);
  const before = body.op('Add', [body.op('Add', [T.stepsBefore, iteration]), body.ints([1])]);
  const step = body.op('Cast', [body.op('Squeeze', [before, body.ints([0])])], { to: elementTypeCode('float64') });
  const updated = new Map<string, string>(updatedStatistics);
  const newState: string[] = [];
  options.parameters.forEach((parameter, i) => {
    const update = optimizer.emit(
      body,
      { parameter, gradient: descent.get(parameter)!, state: stateNames[i]!, learningRate, step },
      options.optimizerSettings,
    );
    updated.set(parameter, update.parameter);
    newState.push(...update.state);
  });
  for (const weight of carriedWeights) results.push(updated.get(weight) ?? weight);
  results.push(...newState);

  // What leaves each step.
  const deltas = options.layers.map(({ name, tensors }, i) => ({
    layer: name,
    output: `training/delta_${i}`,
    value: emitDelta(body, tensors, updated),
    elements: tensors.reduce((sum, tensor) => sum + elementCount(values.of(tensor).dims as number[]), 0),
  }));
  body.output(body.op('Identity', [goOn]), 'bool', []);
  results.forEach((name, i) => body.output(body.op('Identity', [name]), 'float32', carried[i]!.dims));
  body.output(loss, 'float32', []);
  for (const { value, elements } of deltas) body.output(value, 'float32', [elements]);

  const loopOutputs = [...carried.map(({ output }) => output), T.losses, ...deltas.map(({ output }) => output)];
  const always = outer.constant({ type: 'bool', dims: [], data: Uint8Array.of(1) });
  const attributes: Attributes = { body: body.graph };
  outer.add(makeNode('Loop', [T.steps, always, ...carried.map((tensor) => tensor.input)], loopOutputs, attributes));
  for (const { output, dims: size } of carried) outer.output(output, 'float32', size);
  outer.output(T.losses, 'float32', ['steps']);
  for (const { output, elements } of deltas) outer.output(output, 'float32', ['steps', elements]);
  const weightsAfter = carried.flatMap(({ weight, output }) => (weight === undefined ? [] : [output]));
  const sums = weightsAfter.map((output) => outer.op('ReduceSum', [output], { keepdims: 0 }));
  outer.output(outer.rename(outer.op('Sum', sums), T.sum), 'float32', []);
  return { model: makeModel(outer.graph, outer.opset), carried, deltas };
}

/** Operators for which training has rules of its own. */
const REPLACED = new Set(['BatchNormalization', 'Dropout']);

function memoize(ruleFor: RuleFor): RuleFor {
  const rules = new Map<Node, ReturnType<RuleFor>>();
  return (node) => {
    if (!rules.has(node)) rules.set(node, ruleFor(node));
    return rules.get(node);
  };
}

/** Weights of the rows in the loss: [rows, 1], 1/n for the n examples, 0 for ghosts. */
function emitLossWeights(g: GraphBuilder, count: string, rows: string): string {
  const [zero, one] = [g.ints([0]), g.ints([1])];
  const row = g.op('Range', [
    g.op('Squeeze', [zero, zero]),
    g.op('Squeeze', [rows, zero]),
    g.op('Squeeze', [one, zero]),
  ]);
  const isExample = g.op('Cast', [g.op('Less', [row, count])], { to: elementTypeCode('float32') });
  const share = g.op('Div', [isExample, g.op('Cast', [count], { to: elementTypeCode('float32') })]);
  return g.op('Unsqueeze', [share, one]);
}

/** Gradients with weight decay, scaled down together where their norm exceeds the limit (decay is not part of the norm). */
function penaliseAndClip(
  g: GraphBuilder,
  { weightDecay, clipNorm }: TrainingGraphOptions,
  gradients: ReadonlyMap<string, string>,
): Map<string, string> {
  let clipped = new Map(gradients);
  if (clipNorm !== undefined) {
    const squares = [...gradients.values()].map((gradient) => g.op('ReduceSumSquare', [gradient], { keepdims: 0 }));
    const norm = g.op('Sqrt', [g.op('Sum', squares)]);
    const ratio = g.op('Div', [g.scalar(clipNorm), g.op('Add', [norm, g.scalar(1e-6)])]);
    const factor = g.op('Min', [ratio, g.scalar(1)]);
    clipped = new Map([...gradients].map(([name, gradient]) => [name, g.op('Mul', [gradient, factor])]));
  }
  if (weightDecay === 0) return clipped;
  return new Map(
    [...clipped].map(([name, gradient]) => {
      const decay = g.op('Mul', [name, g.scalar(weightDecay)]);
      return [name, g.op('Add', [gradient, decay])];
    }),
  );
}

/**
 * The update of a layer as it happened, θ' − θ, not as it was meant (−η·d): what rounding took away never reached the
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
