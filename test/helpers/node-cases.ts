/**
 * The ONNX project's own node tests as tests of reading, writing, upgrading and differentiating: each model must give the
 * expected outputs after a round trip through our codec, and its gradient must be what differences say.
 */
import { readFileSync } from 'node:fs';
import { strFromU8, unzipSync } from 'fflate';
import { InputError } from '../../src/errors.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { decomposeRecurrent, hasRecurrent } from '../../src/graph/recurrent/decompose-recurrent.js';
import { liftConstants } from '../../src/graph/passes/lift-constants.js';
import { hasControlFlow, unroll } from '../../src/graph/passes/unroll.js';
import { upgradeOpset } from '../../src/graph/passes/upgrade-opset.js';
import { inferValues } from '../../src/graph/values.js';
import { makeAttribute } from '../../src/onnx/attributes.js';
import { cloneModel, decodeModel, encodeModel, makeModel } from '../../src/onnx/codec.js';
import { elementTypeCode } from '../../src/onnx/element-type.js';
import { graphOf, onnx, opsetOf, type Model } from '../../src/onnx/model.js';
import { decodeTensor, encodeTensor } from '../../src/onnx/tensor-proto.js';
import { validateModel } from '../../src/onnx/validate.js';
import type { Tensor } from '../../src/tensor.js';
import {
  as,
  COARSE_STEPS,
  compareWithDifferences,
  gradients,
  isFloat,
  numbers,
  randomSeeds,
  runtime,
  SMALL_STEPS,
  type Steps,
  type Subject,
} from '../helpers/differences.js';
import { randomNumbers } from '../helpers/random-tensors.js';

/** One node test. */
export interface NodeCase {
  readonly name: string;
  /** The model as ONNX made it. */
  readonly bytes: Uint8Array;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Allowed error, as ONNX states it: absolute + relative · |expected|. */
  readonly relative: number;
  readonly absolute: number;
}

/** All of them, and why others were left out. */
export interface NodeCases {
  readonly onnxVersion: string;
  readonly cases: readonly NodeCase[];
  /** How many, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
}

/** What became of a case. */
export interface Outcome {
  readonly name: string;
  readonly status: 'passed' | 'skipped' | 'failed';
  /** What was found, or why not. */
  readonly detail: string;
}

interface Index {
  readonly versions: { readonly onnx: string };
  readonly leftOut: Readonly<Record<string, number>>;
  readonly cases: readonly {
    readonly name: string;
    readonly rtol: number;
    readonly atol: number;
    readonly model: number;
    readonly inputs: readonly number[];
    readonly outputs: readonly number[];
  }[];
}

/** Reads the archive that scripts/fixtures/onnx-node-cases.py writes. */
export function readNodeCases(path: string): NodeCases {
  const files = unzipSync(readFileSync(path));
  const index = JSON.parse(strFromU8(files['index.json']!)) as Index;
  let place = 0;
  const take = (length: number) => files['data.bin']!.subarray(place, (place += length));
  const takeTensor = (length: number) => decodeTensor(onnx.TensorProto.decode(take(length)));
  const cases = index.cases.map(({ name, rtol, atol, model, inputs, outputs }) => ({
    name,
    relative: rtol,
    absolute: atol,
    bytes: take(model),
    inputs: inputs.map(takeTensor),
    outputs: outputs.map(takeTensor),
  }));
  return { onnxVersion: index.versions.onnx, leftOut: index.leftOut, cases };
}

/** Cases whose gradient cannot be compared with differences. */
const NOT_COMPARED: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /^test_(training_dropout|bernoulli)/, reason: 'random: every run differs' },
  { pattern: /^test_batchnorm_.*training_mode/, reason: 'batch norm in training mode: the training graph replaces it' },
  {
    pattern: /^test_attention.*(fullymasked|nan_robustness|structural_empty|local_window_gqa)/,
    reason: 'a softmax of nothing but −∞, hidden by Where: its gradient is NaN, as in PyTorch',
  },
  { pattern: /^test_(acosh_example|atanh)$/, reason: 'next to a pole, where float32 differences are no measure' },
  { pattern: /^test_(de)?quantizelinear/, reason: 'a staircase: straight through by design, tested by its formula' },
];

const REFUSED = 'ONNX Runtime refuses it';

/** Runs a case. */
export async function runNodeCase(given: NodeCase): Promise<Outcome> {
  const outcome = (status: Outcome['status'], detail: string): Outcome => ({ name: given.name, status, detail });
  try {
    const model = decodeModel(given.bytes, given.name);
    validateModel(model, given.name);
    const difference = await forwardDifference(given, encodeModel(model));
    if (difference) {
      const own = await forwardDifference(given, given.bytes);
      if (!own) return outcome('failed', difference);
      return outcome(
        'skipped',
        own === REFUSED ? 'ONNX Runtime has no kernel for it' : 'ONNX Runtime computes otherwise',
      );
    }
    const reason = NOT_COMPARED.find(({ pattern }) => pattern.test(given.name))?.reason;
    if (reason) return outcome('skipped', reason);
    return outcome('passed', await checkModelGradient(given, model));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isRefusal = error instanceof InputError && !message.startsWith('ONNX Runtime');
    return outcome(isRefusal ? 'skipped' : 'failed', isRefusal ? refusal(message) : message);
  }
}

/** A message without what names the single case. */
function refusal(message: string): string {
  return `refused: ${message.replace(/^node [^:]*: /, '')}`;
}

/** How the outputs differ from the expected ones; undefined when they do not. */
async function forwardDifference(given: NodeCase, bytes: Uint8Array): Promise<string | undefined> {
  const session = await runtime.createSession(bytes).catch(() => undefined);
  if (!session) return REFUSED;
  try {
    const feeds = Object.fromEntries(session.inputs.map(({ name }, i) => [name, given.inputs[i]!]));
    const results = await session.run(feeds).catch(() => undefined);
    if (!results) return REFUSED;
    for (const [i, { name }] of session.outputs.entries()) {
      const [actual, expected] = [results[name]!, given.outputs[i]!];
      if (!agree(actual, expected, given)) return `output "${name}" is not what ONNX expects`;
    }
    return undefined;
  } finally {
    await session.release();
  }
}

function agree(actual: Tensor, expected: Tensor, { relative, absolute }: NodeCase): boolean {
  if (actual.dims.join() !== expected.dims.join() || actual.type !== expected.type) return false;
  return Array.from(expected.data as ArrayLike<unknown>).every((value, i) => {
    const found = (actual.data as ArrayLike<unknown>)[i];
    if (Object.is(found, value) || found === value) return true;
    return typeof value === 'number' && Math.abs(Number(found) - value) <= absolute + relative * Math.abs(value);
  });
}

/** Operands that are floating-point numbers and yet say how large the output is. */
const SIZES = ['scales', 'roi'];

/** Away from the whole numbers that examples like, where absolute values, steps and maxima have their kinks. */
function nudged(tensor: Tensor): Tensor<'float64'> {
  const next = randomNumbers(3);
  const data = Float64Array.from(numbers(tensor), (x) => x + 0.01 * (0.2 + next()));
  return { type: 'float64', dims: tensor.dims, data };
}

/** Operators whose float64 kernels compute in float32, which differences over 1e-5 would show. */
const ROUNDED = ['Shrink'];
const BOTH = ['float64', 'float32'] as const;
const ONLY_FLOAT32 = ['float32'] as const;

/** Compares the gradient with differences, in float64 where ONNX Runtime can. @returns what was compared */
async function checkModelGradient(given: NodeCase, model: Model): Promise<string> {
  const standard = liftConstants(upgradeOpset(model));
  const inputs = new Map(graphOf(standard).input.map(({ name }, i) => [name, given.inputs[i]!]));
  const upgraded = await writtenOut(standard, given, inputs);
  const names = [...inputs.keys()];
  const floats = names.filter((name) => isFloat(inputs.get(name)!.type) && !SIZES.includes(name));
  if (floats.length === 0) return 'outputs only: no floating-point input';
  const precisions = graphOf(upgraded).node.some(({ opType }) => ROUNDED.includes(opType)) ? ONLY_FLOAT32 : BOTH;
  for (const precision of precisions) {
    const steps = precision === 'float64' ? SMALL_STEPS : COARSE_STEPS;
    const compared = await compareIn(precision, given.name, upgraded, inputs, floats, steps);
    if (compared) return compared;
  }
  throw new Error('ONNX Runtime refuses the model with its inputs as constants');
}

/**
 * The model as it is, or, of one with recurrent layers, branches or loops, what these are written out to: all inputs but
 * the first floating-point one become weights, and the outputs must still be those that ONNX expects.
 * @param inputs those that became weights are taken out
 */
async function writtenOut(model: Model, given: NodeCase, inputs: Map<string, Tensor>): Promise<Model> {
  if (!hasRecurrent(graphOf(model)) && !hasControlFlow(graphOf(model))) return model;
  const fed = [...inputs].find(([, { type }]) => isFloat(type));
  let written = cloneModel(model);
  const graph = graphOf(written);
  graph.input = graph.input.filter(({ name }) => name === fed?.[0]);
  for (const [name, tensor] of [...inputs]) {
    if (name === fed?.[0]) continue;
    graph.initializer.push(encodeTensor(name, tensor));
    inputs.delete(name);
  }
  if (hasControlFlow(graph)) written = unroll(written, await inferValues(written, runtime));
  if (hasRecurrent(graphOf(written))) written = decomposeRecurrent(written, await inferValues(written, runtime));
  if (hasControlFlow(graphOf(written))) throw new InputError('control flow that depends on the input');
  const difference = await forwardDifference({ ...given, inputs: fed ? [fed[1]] : [] }, encodeModel(written));
  if (difference) throw new Error(`written out: ${difference}`);
  return written;
}

/** @returns undefined where ONNX Runtime has no kernels of the precision */
async function compareIn(
  precision: 'float32' | 'float64',
  label: string,
  original: Model,
  inputs: ReadonlyMap<string, Tensor>,
  floats: readonly string[],
  steps: Steps,
): Promise<string | undefined> {
  const model = precision === 'float64' ? inFloat64(original) : original;
  const graph = graphOf(model);
  const convert = (tensor: Tensor) => (isFloat(tensor.type) ? as(precision, tensor) : tensor);
  const builder = () => {
    const g = new GraphBuilder({ opset: opsetOf(model) });
    for (const stored of graph.initializer) g.initializer(stored.name, decodeTensor(stored));
    for (const [name, tensor] of inputs) {
      if (floats.includes(name)) g.input(name, precision, tensor.dims);
      else g.initializer(name, convert(tensor));
    }
    return g;
  };
  const forward = builder();
  for (const node of graph.node) forward.add(node);
  const outputNames = graph.output.map(({ name }) => name);
  let values;
  try {
    values = await inferValues(makeModel(forward.graph, opsetOf(model)), runtime);
  } catch {
    return undefined;
  }
  for (const name of outputNames) forward.output(name, values.of(name).type);
  const session = await runtime.createSession(encodeModel(forward.model()));
  try {
    const feeds = Object.fromEntries(floats.map((name) => [name, as(precision, nudged(inputs.get(name)!))]));
    const subject: Subject = { label, nodes: graph.node, values, feeds, outputNames, builder };
    const seeds = await randomSeeds(session, subject, steps);
    if (Object.keys(seeds).length === 0) return 'outputs only: no floating-point output';
    const analytic = await gradients(subject, seeds, floats);
    for (const name of floats) await compareWithDifferences(session, subject, seeds, name, analytic[name], steps);
    return Object.keys(analytic).length > 0 ? `gradient in ${precision}` : 'no gradient, and differences agree';
  } finally {
    await session.release();
  }
}

/** Operators that compute in float32 by default, and the operator set from which on they can be told. */
const STASHING: Readonly<Record<string, number>> = {
  GroupNormalization: 21,
  LayerNormalization: 17,
  RMSNormalization: 23,
};

/** The model with every float32 in it a float64. */
function inFloat64(model: Model): Model {
  const doubled = cloneModel(model);
  const graph = graphOf(doubled);
  const [single, double] = [elementTypeCode('float32'), elementTypeCode('float64')];
  graph.initializer = graph.initializer.map((stored) =>
    stored.dataType === single ? encodeTensor(stored.name, as('float64', decodeTensor(stored))) : stored,
  );
  graph.valueInfo = [];
  for (const node of graph.node) {
    const computesIn = STASHING[node.opType];
    const isGiven = node.attribute.some(({ name }) => name === 'stash_type');
    if (computesIn !== undefined && opsetOf(model) >= computesIn && !isGiven) {
      node.attribute.push(makeAttribute('stash_type', double));
    }
    for (const attribute of node.attribute) {
      if (attribute.t?.dataType === single) {
        attribute.t = encodeTensor('', as('float64', decodeTensor(attribute.t)));
      }
      const namesType = ['to', 'dtype', 'stash_type', 'output_dtype'].includes(attribute.name);
      if (namesType && Number(attribute.i) === single) attribute.i = double;
    }
  }
  return doubled;
}

/** The fixture, from the repository's root. */
export const NODE_CASES = 'test/fixtures/onnx-node-cases.zip';

/** Heading of the part of OPS.md that tells of the node tests. */
export const SECTION = "## ONNX's own node tests\n";

/** The part of OPS.md that tells of the node tests. */
export function describeOutcomes({ onnxVersion, leftOut }: NodeCases, outcomes: readonly Outcome[]): string {
  const counted = (status: Outcome['status']) => {
    const details = outcomes.flatMap((outcome) => (outcome.status === status ? [outcome.detail] : []));
    const counts = new Map<string, number>();
    for (const detail of details) counts.set(detail, (counts.get(detail) ?? 0) + 1);
    const lines = [...counts]
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      .map(([text, n]) => `  - ${n} ${text}`);
    return [`- **${details.length} ${status}**`, ...lines];
  };
  const others = Object.entries(leftOut).sort(([, m], [, n]) => n - m);
  return `${SECTION}
Of the node tests of onnx ${onnxVersion}, the ${outcomes.length} that hold nothing but operators that are known here, one of
them with a gradient, run through our reader, writer and operator set upgrade, and must give the outputs that ONNX expects;
recurrent layers, branches and loops also after they are written out. The gradient to every floating-point input is compared with central differences, in float64 where ONNX Runtime has the kernels and in float32 elsewhere.

${[...counted('passed'), ...counted('skipped'), ...counted('failed')].join('\n')}

Not among them: ${others.map(([reason, n]) => `${n} with ${reason}`).join(', ')}.
`;
}
