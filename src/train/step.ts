/**
 * One step of training as nodes of a graph: forward pass, loss, gradients, optimizer. The training graph loops over it;
 * replaying a run differentiates it.
 */
import { emitBackward, emitForward, registeredRule, type RuleFor } from '../autodiff/differentiate.js';
import type { Classifier } from '../classifier/classifier.js';
import { InputError } from '../errors.js';
import { batchPlaces } from '../graph/batch-place.js';
import type { GraphBuilder } from '../graph/builder.js';
import { nodesLeadingTo } from '../graph/reachable.js';
import { graphOf, type Node } from '../onnx/model.js';
import { layerOf, marked } from '../onnx/node-mark.js';
import { ghostBatchNorm, runningStatistics, type RowWeights } from './ghost-batch-norm.js';
import { LOSSES, type LossName } from './losses/registry.js';
import type { Optimizer, OptimizerSettings } from './optimizers/optimizer.js';
import { OPTIMIZERS, type OptimizerName } from './optimizers/registry.js';
import { seededDropout } from './seeded-dropout.js';

/** What a step does. */
export interface StepOptions {
  readonly loss: LossName;
  readonly optimizer: OptimizerName;
  readonly optimizerSettings: OptimizerSettings;
  /** Added to the gradient as λθ, for every parameter (PyTorch's L2 penalty). */
  readonly weightDecay: number;
  /** Gradients are scaled down to this Euclidean norm over all parameters; undefined for no clipping. */
  readonly clipNorm?: number | undefined;
  /** Names of the weights to train. */
  readonly parameters: readonly string[];
}

/** A tensor that a step takes from the one before, and hands on. */
export interface StepTensor {
  /** Its name in the graph of the step: that of the weight, where it is one. */
  readonly name: string;
  readonly dims: readonly number[];
  /** The weight of the model that it starts from; undefined for optimizer state, which starts from zeros. */
  readonly weight: string | undefined;
  /** The weight that it is, or whose updates the optimizer keeps it for. */
  readonly owner: string;
  /** Whether it is a part of the optimizer's state that only scales updates. */
  readonly scaling: boolean;
}

/** Values that a step works on, by their names. The model's input must be defined under its own. */
export interface StepInputs {
  /** Class of each row: int64 [rows]. */
  readonly labels: string;
  /** Weight of each row in the loss: float32 [rows, 1]; 0 for ghosts. */
  readonly weights: string;
  /** Weight of each row in batch statistics. */
  readonly rowWeights: RowWeights;
  /** A float32 scalar. */
  readonly learningRate: string;
  /** Of dropout: an int32 scalar; asked for where there is any. */
  readonly seed: () => string;
  /** Number of the step, from 1: a float64 scalar. */
  readonly step: string;
}

/** The tensors that a step carries on: parameters, running statistics, then the optimizer's state of each parameter. */
export function carriedBy(
  { model, values, scores }: Pick<Classifier, 'model' | 'values' | 'scores'>,
  { parameters, optimizer }: Pick<StepOptions, 'parameters' | 'optimizer'>,
): StepTensor[] {
  const graph = graphOf(model);
  const statistics = runningStatistics(nodesLeadingTo(graph.node, [scores]), graph);
  const dimsOf = (name: string) => values.of(name).dims as number[];
  const { state, scaling }: Optimizer = OPTIMIZERS[optimizer];
  return [
    ...[...new Set([...parameters, ...statistics])].map((name) => ({
      name,
      dims: dimsOf(name),
      weight: name,
      owner: name,
      scaling: false,
    })),
    ...parameters.flatMap((parameter) =>
      state.map((slot) => ({
        name: stateName(slot, parameter),
        dims: dimsOf(parameter),
        weight: undefined,
        owner: parameter,
        scaling: scaling?.includes(slot) ?? false,
      })),
    ),
  ];
}

const stateName = (slot: string, parameter: string) => `step/${slot}:${parameter}`;

/** A step in a graph. */
export interface EmittedStep {
  /** The loss, a scalar. */
  readonly loss: string;
  /** The new value of each carried tensor, by its name. */
  readonly next: ReadonlyMap<string, string>;
  /** What updates are only scaled by. */
  readonly scales: readonly string[];
  /** The nodes that pull the loss's gradient to the scores back to the parameters, and that gradient's name. */
  readonly backward: { readonly nodes: ReadonlySet<Node>; readonly seed: string };
}

/**
 * Emits a step. What it carries must be defined under the names that `carriedBy` gives; the model's other weights are stored.
 * @param ruleFor gradients of the operators, where training has no rules of its own
 * @throws InputError when an operator has no gradient, or the class scores do not depend on a parameter
 */
export function emitStep(
  g: GraphBuilder,
  classifier: Classifier,
  options: StepOptions,
  inputs: StepInputs,
  ruleFor: RuleFor = registeredRule,
): EmittedStep {
  const { model, values, scores, outputs } = classifier;
  const graph = graphOf(model);
  const carried = carriedBy(classifier, options);
  const changing = new Set(carried.map(({ name }) => name));
  // Parameters keep their names, so the model's own nodes are emitted as they are.
  for (const stored of graph.initializer) if (!changing.has(stored.name)) g.store(stored);
  const nodes = nodesLeadingTo(graph.node, [scores]);

  const next = new Map<string, string>(carried.map(({ name }) => [name, name]));
  const rules = trainingRules(nodes, classifier, inputs, ruleFor, (name, value) => next.set(name, value));
  const tape = emitForward(g, nodes, values, new Set(options.parameters), rules);
  const { labels, weights } = inputs;
  const { loss, gradient } = marked(g.graph, { part: 'loss', layer: '' }, () =>
    LOSSES[options.loss].emit(g, { scores, outputs, labels, weights }),
  );

  const before = g.graph.node.length;
  const gradients = emitBackward(g, tape, new Map([[scores, gradient]]), options.parameters);
  const backward = { nodes: new Set(g.graph.node.slice(before)), seed: gradient };
  const unreached = options.parameters.filter((parameter) => !gradients.has(parameter));
  if (unreached.length > 0) throw new InputError(`the class scores do not depend on ${unreached.join(', ')}`);
  const scales: string[] = [];
  const descent = marked(g.graph, { part: 'optimizer', layer: '' }, () =>
    penaliseAndClip(g, options, gradients, scales),
  );
  const readers = new Map([...nodes].reverse().flatMap((node) => node.input.map((name) => [name, layerOf(node)])));
  const optimizer: Optimizer = OPTIMIZERS[options.optimizer];
  for (const parameter of options.parameters) {
    const state = optimizer.state.map((slot) => stateName(slot, parameter));
    const { learningRate, step } = inputs;
    const update = marked(g.graph, { part: 'optimizer', layer: readers.get(parameter) ?? parameter }, () =>
      optimizer.emit(
        g,
        { parameter, gradient: descent.get(parameter)!, state, learningRate, step },
        options.optimizerSettings,
      ),
    );
    next.set(parameter, update.parameter);
    state.forEach((name, i) => next.set(name, update.state[i]!));
    scales.push(...(update.scales ?? []));
  }
  return { loss, next, scales, backward };
}

/** The rules of the forward pass: training's own for batch norm and dropout. */
function trainingRules(
  nodes: readonly Node[],
  { values }: Pick<Classifier, 'values'>,
  { rowWeights, seed }: StepInputs,
  ruleFor: RuleFor,
  updated: (statistic: string, value: string) => void,
): RuleFor {
  const batchNorm = ghostBatchNorm(rowWeights, { placeOf: batchPlaces(nodes, values), updated });
  const dropouts = nodes.filter(({ opType }) => opType === 'Dropout');
  const seedOfStep = dropouts.length > 0 ? seed() : '';
  const outermost = new Set(nodes);
  return memoize((node) => {
    // The steps of a loop share their nodes, but not their masks and statistics.
    if (REPLACED.has(node.opType) && !outermost.has(node)) return undefined;
    if (node.opType === 'BatchNormalization') return batchNorm;
    if (node.opType === 'Dropout') return seededDropout(seedOfStep, dropouts.indexOf(node));
    return ruleFor(node);
  });
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

/** Gradients with weight decay, scaled down together where their norm exceeds the limit (decay is not part of the norm). */
function penaliseAndClip(
  g: GraphBuilder,
  { weightDecay, clipNorm }: StepOptions,
  gradients: ReadonlyMap<string, string>,
  scales: string[],
): Map<string, string> {
  let clipped = new Map(gradients);
  if (clipNorm !== undefined) {
    const squares = [...gradients.values()].map((gradient) => g.op('ReduceSumSquare', [gradient], { keepdims: 0 }));
    const norm = g.op('Sqrt', [g.op('Sum', squares)]);
    const ratio = g.op('Div', [g.scalar(clipNorm), g.op('Add', [norm, g.scalar(1e-6)])]);
    const factor = g.op('Min', [ratio, g.scalar(1)]);
    scales.push(factor);
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
