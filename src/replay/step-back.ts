/**
 * A step of training, differentiated: cotangents of what it hands on come in, gradients to what it was given and to a
 * weight a row come out. Walking back over all steps with it is the exact derivative of a training's outcome.
 *
 * Forward pass, loss, gradients and optimizer of the step are one graph, so one more walk back over it differentiates all
 * of them: no optimizer, clipping or batch norm has a formula of its own here. The step is computed once; a Scan inside of
 * the graph applies its vector–Jacobian product to each of as many cotangents as are given. Groups of weights that are taken
 * apart by rows have nothing to do with one another, and may have Scans of their own.
 */
import {
  differentiableRule,
  emitBackward,
  emitForward,
  lowerClosed,
  nodesWithoutRule,
  registeredRule,
  type RuleFor,
  type Tape,
} from '../autodiff/differentiate.js';
import { operandsOf } from '../autodiff/gradient.js';
import type { Classifier } from '../classifier/classifier.js';
import { InputError } from '../errors.js';
import { GraphBuilder } from '../graph/builder.js';
import { nodesLeadingTo } from '../graph/reachable.js';
import { makeScan } from '../graph/scan.js';
import { inferValues, type Values } from '../graph/values.js';
import { makeModel } from '../onnx/codec.js';
import { describeNodes } from '../onnx/describe-nodes.js';
import { onnx, opsetOf, type Model } from '../onnx/model.js';
import { encodeTensor } from '../onnx/tensor-proto.js';
import type { Runtime } from '../runtime/runtime.js';
import { elementCount, float32 } from '../tensor.js';
import { emitRowWeights } from '../train/ghost-batch-norm.js';
import { carriedBy, emitStep, type EmittedStep, type StepTensor } from '../train/step.js';
import type { TrainingGraphOptions } from '../train/training-graph.js';
import { emitBatch, TRAINING_INPUTS } from '../train/training-inputs.js';
import { byRows, type WeightRows } from './weight-rows.js';

/** Names of the inputs and outputs of the graph, beside `pool` and `labels` of training. */
export const STEP_BACK = {
  /** int64 [rows]: the examples of the batch, as places in the pool. */
  examples: 'replay/examples',
  /** int64 [ghosts]: its ghosts; only where there are any. */
  ghosts: 'replay/ghosts',
  /** float32 [rows]: what the loss of each example is multiplied by. */
  weights: 'replay/weights',
  /** float32 []. */
  learningRate: 'replay/learning_rate',
  /** int32 []: of dropout; only where there is any. */
  seed: 'replay/seed',
  /** float64 []: number of the step, from 1. */
  step: 'replay/step',
  /** Output, float32 [queries, rows]: gradients to `weights`. Absent where weights are taken apart by rows. */
  rows: 'replay/rows',
  /**
   * Outputs, float32 [queries, rows, ghosts and 1]: the parts of a group of weights that is taken apart by rows, and last what
   * is the same for all rows.
   */
  parts: (group: number) => `replay/parts_${group}`,
} as const;

/** A carried tensor with the names under which it, its cotangents and its gradients pass the graph. */
export interface TensorBack extends StepTensor {
  /** Input, of the tensor's own shape: what it was before the step. */
  readonly before: string;
  /** Which of the products it is part of, by number: each has queries of its own. */
  readonly product: number;
  /** Input [queries, …]: cotangents of what it was after the step; undefined where these are zero. */
  readonly cotangent: string | undefined;
  /** Output [queries, …]: gradients to what it was before the step; undefined where nobody wants them. */
  readonly gradient: string | undefined;
}

/** The graph of a step's derivative. */
export interface StepBack {
  readonly model: Model;
  /** In the order of the training graph's. */
  readonly tensors: readonly TensorBack[];
}

/** Which derivatives are taken, beside those to the weights of the rows. */
export interface Derivatives {
  /** Whether the outcome depends on a tensor that the step hands on. */
  readonly of: (tensor: StepTensor) => boolean;
  /** Whether the gradient to a tensor that the step is given is wanted. */
  readonly to: (tensor: StepTensor) => boolean;
  /**
   * Whether what only scales updates is a constant (the factor of clipping, Adam's second moment). An update is then linear
   * in the gradients that made it, and what rows have of it adds up.
   */
  readonly holdsScales?: boolean;
  /** Weights whose gradients are taken apart by rows, in the place of the derivatives to the weights of the rows. */
  readonly partsOf?: readonly WeightRows[];
  /**
   * The product that each of these groups is part of, by number: the groups of one have as many queries. All are part of one by
   * default, which costs least.
   */
  readonly products?: readonly number[];
  /**
   * How gradients depend on the weights. By default as they do; `gauss-newton` takes each example's scores to be linear in
   * them around the step's own: JᵀH_ℓJ in place of the Hessian.
   */
  readonly curvature?: 'exact' | 'gauss-newton' | undefined;
}

/** Everything to everything: what walking back over steps takes. */
export const ALL_DERIVATIVES: Derivatives = { of: () => true, to: () => true };

/**
 * Builds the graph that differentiates a step.
 * @throws InputError listing every operator of the step that cannot be differentiated once more
 */
export async function buildStepBack(
  classifier: Classifier,
  options: TrainingGraphOptions,
  runtime: Runtime,
  derivatives: Derivatives = ALL_DERIVATIVES,
): Promise<StepBack> {
  const { partsOf = [], products = [], holdsScales = false, curvature } = derivatives;
  const step = buildStep(classifier, options, partsOf);
  const values = await valuesOfStep(step, runtime);
  const { graph, opset } = step;

  const g = new GraphBuilder({ opset, name: 'step_back', prefix: 'back/' });
  g.graph.input = [...graph.input];
  for (const { name } of graph.input) g.reserve(name);
  for (const stored of graph.initializer) g.store(stored);
  const tensors = step.tensors.map((tensor, i): TensorBack => ({
    ...tensor,
    product: products[partsOf.findIndex(({ weights }) => weights.has(tensor.owner))] ?? 0,
    before: tensor.name,
    cotangent: derivatives.of(tensor) ? `replay/cotangent_${i}` : undefined,
    gradient: derivatives.to(tensor) ? `replay/gradient_${i}` : undefined,
  }));
  const results = [
    ...(derivatives.partsOf
      ? partsOf.map((_, i) => ({ output: STEP_BACK.parts(i), of: onesName(i), product: products[i] ?? 0 }))
      : [{ output: STEP_BACK.rows, of: STEP_BACK.weights, product: 0 }]),
    ...tensors.flatMap(({ name, gradient, product }) =>
      gradient === undefined ? [] : [{ output: gradient, of: name, product }],
    ),
  ];
  const wrt = results.map(({ of }) => of);
  const held = holdsScales ? step.scales : [];
  const ruleFor = curvature === 'gauss-newton' ? linearised(step.backward) : registeredRule;
  const missing = nodesWithoutRule(graph.node, values, wrt, ruleFor, held);
  if (missing.length > 0) {
    throw new InputError(
      `its training cannot be differentiated: operators without a second gradient: ${describeNodes(missing)}`,
    );
  }
  const tape = emitForward(g, graph.node, values, wrt, ruleFor, held);
  for (const product of new Set(results.map((result) => result.product))) {
    const isOf = (each: { readonly product: number }) => each.product === product;
    const given = tensors.flatMap(({ cotangent, dims }, i) =>
      cotangent !== undefined && isOf(tensors[i]!) ? [{ cotangent, dims, next: nextName(i) }] : [],
    );
    emitProduct(g, tape, { queries: `queries_${product}`, given, results: results.filter(isOf) }, values);
  }
  g.graph.node = nodesLeadingTo(g.graph.node, g.graph.output.map(({ name }) => name)); // prettier-ignore
  return { model: g.model(), tensors };
}

/**
 * The registry's rules, but on their way back through a step's backward pass gradients go on to the loss's gradient only, as
 * if the weights and values that the pass reads were constants.
 */
function linearised({ nodes, seed }: EmittedStep['backward']): RuleFor {
  const passed = new Set([seed, ...[...nodes].flatMap(({ output }) => output)]);
  return (node) => {
    const rule = registeredRule(node);
    if (!rule || !nodes.has(node)) return rule;
    const operands = operandsOf(node);
    const isPassed = (index: number) => passed.has(operands[index] ?? '');
    return {
      ...rule,
      backward: (context) =>
        rule
          .backward({
            ...context,
            dy: context.outputGradients[0]!,
            needs: (index) => isPassed(index) && context.needs(index),
          })
          .map((gradient, index) => (isPassed(index) ? gradient : undefined)),
    };
  };
}

/** A vector–Jacobian product of the step. */
interface Product {
  /** What the number of its queries is called. */
  readonly queries: string;
  /** Cotangents, and of what. */
  readonly given: readonly { readonly cotangent: string; readonly dims: readonly number[]; readonly next: string }[];
  readonly results: readonly { readonly output: string; readonly of: string }[];
}

/** A Scan over the cotangents of the queries. */
function emitProduct(g: GraphBuilder, tape: Tape, { queries, given, results }: Product, values: Values): void {
  const b = new GraphBuilder({ opset: g.opset, name: 'product', prefix: `${g.fresh('product')}/` });
  const seeds = new Map<string, string>();
  for (const { dims, next } of given) seeds.set(next, b.input(b.fresh('cotangent'), 'float32', dims));
  const gradients = emitBackward(b, tape, seeds, results.map(({ of }) => of)); // prettier-ignore
  for (const { of } of results) {
    const { dims } = values.of(of);
    const gradient = gradients.get(of) ?? b.op('Sub', [of, of]);
    b.output(b.op('Identity', [gradient]), 'float32', dims);
  }
  b.graph.node = nodesLeadingTo(b.graph.node, b.graph.output.map(({ name }) => name)); // prettier-ignore
  for (const { cotangent, dims } of given) g.input(cotangent, 'float32', [queries, ...dims]);
  g.add(
    makeScan({
      body: b.graph,
      initial: [],
      sequences: given.map(({ cotangent }) => ({ value: cotangent, axis: 0, reversed: false })),
      last: [],
      results: results.map(({ output }) => ({ value: output, axis: 0, reversed: false })),
    }),
  );
  for (const { output, of } of results) g.output(output, 'float32', [queries, ...values.of(of).dims]);
}

/** One step, whose parameters, state and weights of rows are inputs. */
interface Step {
  readonly graph: onnx.IGraphProto & Pick<onnx.GraphProto, 'node' | 'input' | 'output' | 'initializer'>;
  readonly opset: number;
  readonly tensors: readonly StepTensor[];
  /** What updates are only scaled by. */
  readonly scales: readonly string[];
  readonly backward: EmittedStep['backward'];
}

const nextName = (tensor: number) => `replay/next_${tensor}`;
const onesName = (group: number) => `replay/ones_${group}`;

function buildStep(classifier: Classifier, options: TrainingGraphOptions, partsOf: readonly WeightRows[] = []): Step {
  const { values, input, model } = classifier;
  const { ghostSize, ghostStatistics } = options;
  const g = new GraphBuilder({ opset: opsetOf(model), name: 'step', prefix: 'step/' });
  const T = TRAINING_INPUTS;
  const N = STEP_BACK;
  g.input(T.pool, options.storedType, ['examples', ...values.of(input.name).dims.slice(1)]);
  g.input(T.labels, 'int64', ['examples']);
  g.input(N.examples, 'int64', ['rows']);
  g.input(N.weights, 'float32', ['rows']);
  if (ghostSize > 0) g.input(N.ghosts, 'int64', [ghostSize]);
  g.input(N.learningRate, 'float32', []);
  g.input(N.step, 'float64', []);
  const tensors = carriedBy(classifier, options);
  for (const { name, dims } of tensors) g.input(name, 'float32', dims);

  const count = g.op('Shape', [N.examples]);
  const chosen = ghostSize > 0 ? g.op('Concat', [N.examples, N.ghosts], { axis: 0 }) : N.examples;
  const shares = g.op('Div', [N.weights, g.op('Cast', [count], { to: onnx.TensorProto.DataType.FLOAT })]);
  const none = () => g.constant(float32(new Float32Array(ghostSize)));
  const ofRows = ghostSize > 0 ? g.op('Concat', [shares, none()], { axis: 0 }) : shares;
  emitBatch(g, chosen, input.name, values, options);
  const one = () => g.op('Expand', [g.scalar(1), g.op('Add', [g.op('Shape', [chosen]), g.ints([1])])]);
  const ones = partsOf.map((_, i) => g.rename(one(), onesName(i)));
  const { next, scales, backward } = emitStep(
    g,
    classifier,
    options,
    {
      labels: g.op('Gather', [T.labels, chosen]),
      weights: g.op('Unsqueeze', [ofRows, g.ints([1])]),
      rowWeights: emitRowWeights(g, count, ghostSize, ghostStatistics),
      learningRate: N.learningRate,
      seed: () => g.input(N.seed, 'int32', []),
      step: N.step,
    },
    byRows(g, differentiableRule, partsOf, ones, classifier),
  );
  tensors.forEach(({ name, dims }, i) => g.output(g.rename(next.get(name)!, nextName(i)), 'float32', dims));
  return { graph: g.graph, opset: g.opset, tensors, scales, backward };
}

/** What is known of a step's values. Its weights are stored, for a model may take as much as its weights are worth. */
async function valuesOfStep({ graph, opset, tensors }: Step, runtime: Runtime): Promise<Values> {
  const carried = new Set(tensors.map(({ name }) => name));
  const zeros = tensors.map(({ name, dims }) =>
    encodeTensor(name, float32(new Float32Array(elementCount(dims)), dims)),
  );
  const stored = new onnx.GraphProto({
    ...graph,
    input: graph.input.filter(({ name }) => !carried.has(name)),
    initializer: [...graph.initializer, ...zeros],
  });
  const values = await inferValues(lowerClosed(makeModel(stored, opset)), runtime);
  return { ...values, constant: (name) => (carried.has(name) ? undefined : values.constant(name)) };
}
