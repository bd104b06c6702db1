/** Models as exporters wrote them, with the gradients that their frameworks compute (scripts/fixtures/exporters/). */
import { describeClassifier } from '../../src/classifier/open.js';
import { emitBackward, emitForward, registeredRule, type RuleFor } from '../../src/autodiff/differentiate.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { prepareModel } from '../../src/graph/prepare.js';
import { nodesLeadingTo } from '../../src/graph/reachable.js';
import { batchPlaces } from '../../src/graph/batch-place.js';
import { inferValues } from '../../src/graph/values.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { feedsOf, graphOf, onnx, opsetOf, type Model } from '../../src/onnx/model.js';
import { decodeTensor } from '../../src/onnx/tensor-proto.js';
import type { Runtime } from '../../src/runtime/runtime.js';
import { toNumbers, type Tensor } from '../../src/tensor.js';
import { emitRowWeights, ghostBatchNorm } from '../../src/train/ghost-batch-norm.js';
import { LOSSES } from '../../src/train/losses/registry.js';
import { trainedParameters } from '../../src/train/setup.js';

/** What the framework says. */
export interface ExportReference {
  readonly input: Tensor;
  /** int64 [rows]. */
  readonly labels: Tensor;
  readonly loss: number;
  /** Gradients of the loss by the names of the model's weights. */
  readonly gradients: ReadonlyMap<string, Tensor>;
  /** Weights of recurrent layers in ONNX's order of gates, with their gradients: stored weights hold parts of them. */
  readonly recurrent: ReadonlyMap<string, { readonly value: Tensor; readonly gradient: Tensor }>;
  /** The same with batch normalisation by the statistics of the batch, for exports in training mode. */
  readonly batch?: ExportReference | undefined;
}

/** Loss and its gradients to all parameters. */
export interface LossGradients {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, Tensor>;
  /** The parameters themselves. */
  readonly weights: ReadonlyMap<string, Tensor>;
}

/** Decodes a `reference.onnx`. */
export function decodeReference(bytes: Uint8Array): ExportReference {
  const stored = onnx.ModelProto.decode(bytes).graph!.initializer;
  const tensors = new Map(stored.map((tensor) => [tensor.name, decodeTensor(tensor)]));
  const named = (prefix: string) =>
    [...tensors.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const get = (name: string) => tensors.get(name)!;
  const given = { input: get('input'), labels: get('labels') };
  const number = (name: string) => toNumbers(get(name))[0]!;
  const gradientsAt = (prefix: string) => new Map(named(prefix).map((name) => [name, get(`${prefix}${name}`)]));
  return {
    ...given,
    loss: number('loss'),
    gradients: gradientsAt('gradient:'),
    batch: tensors.has('batch-loss')
      ? { ...given, loss: number('batch-loss'), gradients: gradientsAt('batch:'), recurrent: new Map() }
      : undefined,
    recurrent: new Map(
      named('value:').map((name) => [name, { value: get(`value:${name}`), gradient: get(`part:${name}`) }]),
    ),
  };
}

/**
 * The mean cross entropy of a model's class scores and its gradients to all parameters, with nothing dropped, through the
 * same rewrites and rules as training.
 * @param batchStatistics whether batch normalisation takes its statistics from the batch, as in training
 * @throws InputError when the model cannot be prepared or differentiated
 */
export async function lossGradients(
  source: Model,
  { input, labels }: Pick<ExportReference, 'input' | 'labels'>,
  runtime: Runtime,
  batchStatistics = false,
): Promise<LossGradients> {
  const feed = feedsOf(graphOf(source))[0]!.name;
  const exampleDims = { [feed]: input.dims.slice(1) };
  const model = await prepareModel(source, runtime, exampleDims);
  const values = await inferValues(model, runtime, exampleDims);
  const graph = graphOf(model);
  const { scores, outputs } = await describeClassifier(model, values, { runtime });
  const parameters = trainedParameters(model, { model, scores });

  const g = new GraphBuilder({ opset: opsetOf(model), prefix: 'check/' });
  g.graph.initializer.push(...graph.initializer);
  g.input(feed, input.type, input.dims);
  g.input('check/labels', 'int64', labels.dims);
  const rows = labels.dims[0]!;
  const batchNorm = batchStatistics
    ? ghostBatchNorm(emitRowWeights(g, g.ints([rows]), 0, 'pooled'), {
        placeOf: batchPlaces(graph.node, values),
        updated: () => undefined,
      })
    : undefined;
  const ruleFor: RuleFor = (node) =>
    node.opType === 'BatchNormalization' && batchNorm ? batchNorm : registeredRule(node);
  const tape = emitForward(g, nodesLeadingTo(graph.node, [scores]), values, parameters, ruleFor);
  const weights = g.constant({ type: 'float32', dims: [rows, 1], data: new Float32Array(rows).fill(1 / rows) });
  const { loss, gradient } = LOSSES['cross-entropy'].emit(g, { scores, outputs, labels: 'check/labels', weights });
  const gradients = emitBackward(g, tape, new Map([[scores, gradient]]), parameters);
  g.output(g.rename(loss, 'check/loss'), 'float32', []);
  const wanted = [...gradients].map(([parameter, name]) => ({
    parameter,
    output: g.rename(name, `check/d:${parameter}`),
  }));
  for (const { parameter, output } of wanted) g.output(output, values.of(parameter).type);

  const session = await runtime.createSession(encodeModel(g.model()));
  try {
    const results = await session.run({ [feed]: input, 'check/labels': labels });
    return {
      loss: toNumbers(results['check/loss']!)[0]!,
      gradients: new Map(wanted.map(({ parameter, output }) => [parameter, results[output]!])),
      weights: new Map(parameters.map((parameter) => [parameter, values.constant(parameter)!])),
    };
  } finally {
    await session.release();
  }
}

/** How far gradients are from the reference. */
export interface Parity {
  /** |loss − loss*| / |loss*|. */
  readonly loss: number;
  /** ‖g − g*‖ / ‖g*‖ of the worst weight. */
  readonly worst: number;
  readonly worstWeight: string;
  /** Weights that were compared. */
  readonly compared: number;
  /** Of these, weights whose gradient is zero but for rounding (an attention's bias of the keys): ‖g*‖ ≤ 1e-7 of all. */
  readonly vanishing: number;
  /** Weights with a reference that have no gradient of ours, or only in part. */
  readonly missing: readonly string[];
}

type Numbers = ArrayLike<number>;

const squares = (values: Numbers, from: Numbers = []) => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - (from[i] ?? 0)) ** 2;
  return sum;
};

/** Compares with the reference. Gradients that vanish are measured against all of the gradient, others against themselves. */
export function compareGradients(ours: LossGradients, reference: ExportReference): Parity {
  const expected = new Map([...reference.gradients].map(([name, { data }]) => [name, data as Float32Array]));
  const actual = new Map([...ours.gradients].map(([name, { data }]) => [name, data as Float32Array]));
  for (const [name, { value, gradient }] of reference.recurrent) {
    expected.set(name, gradient.data as Float32Array);
    const assembled = assemble(value.data as Float32Array, ours, reference);
    if (assembled) actual.set(name, assembled);
  }
  const total = Math.sqrt([...expected.values()].reduce((sum, values) => sum + squares(values), 0));
  let worst = { error: 0, name: '' };
  let vanishing = 0;
  const missing: string[] = [];
  for (const [name, values] of expected) {
    const found = actual.get(name);
    if (found?.length !== values.length) {
      missing.push(name);
      continue;
    }
    const norm = Math.sqrt(squares(values));
    const vanishes = norm <= 1e-7 * total;
    if (vanishes) vanishing++;
    const error = Math.sqrt(squares(values, found)) / (vanishes ? total : norm);
    if (!(error <= worst.error)) worst = { error, name };
  }
  return {
    loss: Math.abs(ours.loss - reference.loss) / Math.abs(reference.loss),
    worst: worst.error,
    worstWeight: worst.name,
    compared: expected.size - missing.length,
    vanishing,
    missing,
  };
}

/** The gradient to a weight that is stored in parts: each part is known by its values. Undefined unless all is there. */
function assemble(whole: Float32Array, ours: LossGradients, reference: ExportReference): Float32Array | undefined {
  const gradient = new Float32Array(whole.length);
  let filled = 0;
  for (const [name, { data }] of ours.weights) {
    if (reference.gradients.has(name)) continue;
    const part = data as Float32Array;
    const at = whole.findIndex(
      (_, i) => i + part.length <= whole.length && part.every((value, j) => value === whole[i + j]),
    );
    const found = ours.gradients.get(name);
    if (at < 0 || !found) continue;
    gradient.set(found.data as Float32Array, at);
    filled += part.length;
  }
  return filled === whole.length ? gradient : undefined;
}
