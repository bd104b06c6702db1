/**
 * Compares an operator's gradient with central differences of its forward pass, both run by ONNX Runtime.
 *
 * Loss: L = Σ_k ⟨s_k, y_k⟩ over the outputs, with a random s. For each differentiable input x and random direction v the
 * directional derivative ⟨∂L/∂x, v⟩ must equal (L(x + εv) − L(x − εv)) / 2ε. The gradient to one input must not depend on
 * whether the others' are asked for.
 *
 * In float64, ε = 1e-5: truncation is of order ε² = 1e-10 and rounding of order 1e-16/ε = 1e-11, so 1e-6 relative leaves
 * room for curvature. Where ONNX Runtime has no float64 kernel (Conv, average pooling) the operator is linear in each
 * input: on small whole numbers with ε = 1 the difference is exact in float32.
 */
import { emitBackward, emitForward } from '../../src/autodiff/differentiate.js';
import { GraphBuilder, makeNode, type Attributes } from '../../src/graph/builder.js';
import { BATCH, inferValues, type Values } from '../../src/graph/values.js';
import { encodeModel } from '../../src/onnx/codec.js';
import type { Node } from '../../src/onnx/model.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import type { Tensor } from '../../src/tensor.js';
import { awayFromZero, randomNumbers, wholeNumbers } from '../helpers/random-tensors.js';

export * from '../helpers/random-tensors.js';

export interface GradientCase {
  readonly op: string;
  /** Operands; undefined for an omitted optional one. */
  readonly inputs: readonly (Tensor | undefined)[];
  readonly attributes?: Attributes;
  /** Number of outputs, 1 by default. */
  readonly outputs?: number;
  /** Which inputs to check; by default every floating-point one. */
  readonly wrt?: readonly number[];
  /** Inputs that must be weights of the graph rather than fed (axes, shapes). */
  readonly constants?: readonly number[];
  /** Inputs whose first axis is a batch of a size that the graph does not know. */
  readonly stacked?: readonly number[];
  readonly opset?: number;
  /** ε = 1 and exact equality: for operators linear in each input, on whole numbers. */
  readonly exact?: boolean;
  /**
   * ε = 1 as for `exact`, but the operator divides (a mean, a fixed fraction): its float32 quotients are off by up to
   * 6e-8 relative each, and sums of some hundred of them by less than 1e-5.
   */
  readonly linear?: boolean;
}

/** One operator as a graph, with what is fed to it. */
interface Subject {
  readonly node: Node;
  readonly values: Values;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly outputNames: readonly string[];
  readonly builder: () => GraphBuilder;
}

/** ONNX Runtime fuses nodes whose results nothing else reads, which rounds differently in the last place. */
const ROUNDING = 1e-6;

const runtime = nodeRuntime({ threads: 1 });
const isFloat = (type: string | undefined) => type === 'float64' || type === 'float32';
const inputName = (index: number) => `x${index}`;

/** Fails the test when the gradient of the operator is not what differences of its forward pass say. */
export async function checkGradient(given: GradientCase): Promise<void> {
  const { op, inputs, constants = [], exact = false, linear = false } = given;
  const wholeSteps = exact || linear;
  const wrt = given.wrt ?? inputs.flatMap((tensor, i) => (isFloat(tensor?.type) && !constants.includes(i) ? [i] : []));
  if (wrt.length === 0) throw new Error(`${op}: nothing to differentiate`);
  const names = wrt.map(inputName);

  const { subject, forward } = await prepare(given);
  const { feeds } = subject;
  const session = await runtime.createSession(encodeModel(forward.model()));
  try {
    const seeds: Record<string, Tensor> = {};
    for (const [name, { type, dims }] of Object.entries(await session.run(feeds))) {
      if (isFloat(type)) seeds[name] = wholeSteps ? wholeNumbers(dims, 99) : awayFromZero(dims, 99);
    }
    const analytic = await gradients(subject, seeds, names);
    if (names.length > 1) {
      for (const name of names) {
        const alone = await gradients(subject, seeds, [name]);
        assertClose(numbers(alone[name]!), numbers(analytic[name]!), exact ? 0 : ROUNDING, `${op}: d${name} alone`);
      }
    }
    const loss = async (changed: Record<string, Tensor>) => {
      const outputs = await session.run({ ...feeds, ...changed });
      return Object.entries(seeds).reduce((sum, [name, seed]) => sum + dot(outputs[name]!, seed), 0);
    };
    for (const name of names) {
      const x = feeds[name]! as Tensor<'float64'>;
      const gradient = analytic[name]!;
      if (gradient.dims.join() !== x.dims.join()) {
        throw new Error(`${op}: gradient to ${name} has shape [${gradient.dims.join()}], it has [${x.dims.join()}]`);
      }
      for (let trial = 0; trial < 4; trial++) {
        const direction = wholeSteps ? wholeNumbers(x.dims, 7 + trial) : awayFromZero(x.dims, 7 + trial);
        const epsilon = wholeSteps ? 1 : 1e-5;
        const at = async (sign: number) => loss({ [name]: moved(x, direction, sign * epsilon) });
        const numeric = ((await at(1)) - (await at(-1))) / (2 * epsilon);
        const slope = dot(gradient, direction);
        const scale = Math.max(1, dot(absolute(gradient), absolute(direction)));
        const tolerance = exact ? 0 : linear ? 1e-5 * scale : 1e-6 * scale;
        if (!(Math.abs(slope - numeric) <= tolerance)) {
          throw new Error(`${op}: gradient to ${name} along a direction is ${slope}, differences say ${numeric}`);
        }
      }
    }
  } finally {
    await session.release();
  }
}

/**
 * Compares an operator that ONNX Runtime knows in float32 only, and its gradient, with a slow implementation in float64,
 * whose central differences are exact to about 1e-9.
 * @param f one output of the operator, from the elements of its floating-point operands
 * @param tolerance allowed error relative to the largest value, 2e-6 by default: a few float32 roundings of 6e-8 each and
 * ONNX Runtime's polynomials for erf, tanh and exp, which are good to about 1e-6
 */
export async function checkReference(
  given: GradientCase,
  f: (...operands: Float64Array[]) => Float64Array,
  tolerance = 2e-6,
): Promise<void> {
  const { op, inputs, constants = [] } = given;
  const wrt = given.wrt ?? inputs.flatMap((tensor, i) => (isFloat(tensor?.type) && !constants.includes(i) ? [i] : []));
  const names = wrt.map(inputName);
  const { subject, forward } = await prepare(given);
  const operands = wrt.map((i) => Float64Array.from(numbers(inputs[i]!)));
  const session = await runtime.createSession(encodeModel(forward.model()));
  let seed: Tensor;
  try {
    const { y0 } = await session.run(subject.feeds, ['y0']);
    assertClose(numbers(y0!), f(...operands), tolerance, `${op} itself`);
    seed = { type: y0!.type, dims: y0!.dims, data: Float32Array.from(numbers(y0!), (_, i) => 1 + (i % 3)) };
  } finally {
    await session.release();
  }
  const analytic = await gradients(subject, { y0: seed }, names);
  const loss = (changed: Float64Array[]) => f(...changed).reduce((sum, y, i) => sum + y * numbers(seed)[i]!, 0);
  names.forEach((name, k) => {
    const epsilon = 1e-6;
    const expected = operands[k]!.map((_, i) => {
      const at = (sign: number) => loss(operands.map((x, j) => (j === k ? nudged(x, i, sign * epsilon) : x)));
      return (at(1) - at(-1)) / (2 * epsilon);
    });
    assertClose(numbers(analytic[name]!), expected, tolerance, `${op}: gradient to ${name}`);
  });
}

/** Compares an elementwise operator and its gradient with a function of one number. See `checkReference`. */
export async function checkFunction(
  given: Pick<GradientCase, 'op' | 'attributes' | 'opset'>,
  f: (x: number) => number,
  at: readonly number[],
): Promise<void> {
  const x: Tensor = { type: 'float32', dims: [at.length], data: Float32Array.from(at) };
  await checkReference({ ...given, inputs: [x] }, (values) => values.map(f));
}

function nudged(x: Float64Array, index: number, step: number): Float64Array {
  const moved = x.slice();
  moved[index]! += step;
  return moved;
}

function assertClose(actual: Float64Array, expected: Float64Array, tolerance: number, what: string): void {
  const limit = tolerance * expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  expected.forEach((value, i) => {
    if (!(Math.abs(actual[i]! - value) <= limit)) {
      throw new Error(`${what} is ${actual[i]} at ${i}, the reference says ${value}`);
    }
  });
}

/** Numbers from −range to range, `count` of them, none a whole number. */
export function grid(range: number, count = 41): number[] {
  const next = randomNumbers(5);
  return Array.from({ length: count }, (_, i) => ((2 * (i + 0.1 + 0.8 * next())) / count - 1) * range);
}

async function prepare(given: GradientCase): Promise<{ subject: Subject; forward: GraphBuilder }> {
  const { op, inputs, attributes = {}, constants = [], stacked = [] } = given;
  const inputNames = inputs.map((tensor, i) => (tensor === undefined ? '' : inputName(i)));
  const outputNames = Array.from({ length: given.outputs ?? 1 }, (_, i) => `y${i}`);
  const node = makeNode(op, inputNames, outputNames, attributes);
  const feeds: Record<string, Tensor> = {};
  inputs.forEach((tensor, i) => {
    if (tensor && !constants.includes(i)) feeds[inputName(i)] = tensor;
  });
  const builder = () => {
    const g = new GraphBuilder(given.opset === undefined ? {} : { opset: given.opset });
    inputs.forEach((tensor, i) => {
      if (!tensor) return;
      const dims = stacked.includes(i) ? [BATCH, ...tensor.dims.slice(1)] : tensor.dims;
      if (constants.includes(i)) g.initializer(inputName(i), tensor);
      else g.input(inputName(i), tensor.type, dims);
    });
    return g;
  };
  const forward = builder();
  forward.add(node);
  const values = await inferValues(forward.model(), runtime);
  for (const name of outputNames) forward.output(name, values.of(name).type);
  return { subject: { node, values, feeds, outputNames, builder }, forward };
}

/** The gradients to `names`, by the rule under test. */
async function gradients(
  { node, values, feeds, outputNames, builder }: Subject,
  seeds: Readonly<Record<string, Tensor>>,
  names: readonly string[],
): Promise<Record<string, Tensor>> {
  const g = builder();
  outputNames.forEach((name) => g.reserve(name));
  const tape = emitForward(g, [node], values, names);
  const seedNames = new Map<string, string>();
  const seedFeeds: Record<string, Tensor> = {};
  for (const [name, seed] of Object.entries(seeds)) {
    seedNames.set(name, g.input(`seed_${name}`, seed.type, values.of(name).dims));
    seedFeeds[`seed_${name}`] = seed;
  }
  const emitted = emitBackward(g, tape, seedNames, names);
  for (const name of names) {
    const gradient = emitted.get(name);
    if (gradient === undefined) throw new Error(`${node.opType}: no gradient to ${name}`);
    g.output(g.rename(gradient, `d_${name}`), feeds[name]!.type);
  }
  const session = await runtime.createSession(encodeModel(g.model()));
  try {
    const results = await session.run({ ...feeds, ...seedFeeds });
    return Object.fromEntries(names.map((name) => [name, results[`d_${name}`]!]));
  } finally {
    await session.release();
  }
}

const numbers = (tensor: Tensor) => tensor.data as Float64Array;

function dot(a: Tensor, b: Tensor): number {
  return numbers(a).reduce((sum, value, i) => sum + value * numbers(b)[i]!, 0);
}

function absolute(tensor: Tensor): Tensor {
  return { ...tensor, data: Float64Array.from(numbers(tensor), Math.abs) };
}

function moved(x: Tensor<'float64'>, direction: Tensor, step: number): Tensor {
  return { ...x, data: x.data.map((value, i) => value + step * numbers(direction)[i]!) };
}
