/** A model's gradient beside differences. */
import { InputError } from '../../../src/errors.js';
import { GraphBuilder } from '../../../src/graph/builder.js';
import { liftConstants } from '../../../src/graph/passes/lift-constants.js';
import { hasControlFlow, unroll } from '../../../src/graph/passes/unroll.js';
import { upgradeOpset } from '../../../src/graph/passes/upgrade-opset.js';
import { decomposeRecurrent, hasRecurrent } from '../../../src/graph/recurrent/decompose-recurrent.js';
import { inferValues } from '../../../src/graph/values.js';
import { cloneModel, encodeModel, makeModel } from '../../../src/onnx/codec.js';
import { graphOf, opsetOf, type Model } from '../../../src/onnx/model.js';
import { decodeTensor, encodeTensor } from '../../../src/onnx/tensor-proto.js';
import type { Tensor } from '../../../src/tensor.js';
import {
  as,
  COARSE_STEPS,
  compareWithDifferences,
  isFloat,
  numbers,
  randomSeeds,
  runtime,
  SMALL_STEPS,
  type Steps,
  type Differentiable,
} from '../gradients/differences.js';
import { gradients } from '../gradients/gradient-graphs.js';
import { randomNumbers } from '../random-tensors.js';
import type { NodeCase } from './archive.js';
import { inFloat64 } from '../gradients/float64.js';
import { forwardDifference } from './forward.js';

/** Operands that are floating-point numbers and yet say how large the output is. */
const SIZES = ['scales', 'roi'];

/** Operators whose float64 kernels compute in float32, which differences over 1e-5 would show. */
const ROUNDED = ['Shrink'];

const BOTH = ['float64', 'float32'] as const;
const ONLY_FLOAT32 = ['float32'] as const;

/** Compares the gradient with differences, in float64 where ONNX Runtime can. @returns what was compared */
export async function checkModelGradient(given: NodeCase, model: Model): Promise<string> {
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

/** Away from the whole numbers that examples like, where absolute values, steps and maxima have their kinks. */
function nudged(tensor: Tensor): Tensor<'float64'> {
  const next = randomNumbers(3);
  const data = Float64Array.from(numbers(tensor), (x) => x + 0.01 * (0.2 + next()));
  return { type: 'float64', dims: tensor.dims, data };
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
    const differentiable: Differentiable = { label, nodes: graph.node, values, feeds, outputNames, builder };
    const seeds = await randomSeeds(session, differentiable, steps);
    if (Object.keys(seeds).length === 0) return 'outputs only: no floating-point output';
    const analytic = await gradients(differentiable, seeds, floats);
    for (const name of floats)
      await compareWithDifferences(session, differentiable, seeds, name, analytic[name], steps);
    return Object.keys(analytic).length > 0 ? `gradient in ${precision}` : 'no gradient, and differences agree';
  } finally {
    await session.release();
  }
}
