/** Checks of one operator's gradient. */
import { GraphBuilder, makeNode, type Attributes } from '../../../src/graph/builder.js';
import { BATCH, inferValues } from '../../../src/graph/values.js';
import { encodeModel } from '../../../src/onnx/codec.js';
import type { Tensor } from '../../../src/tensor.js';
import {
  assertClose,
  as,
  compareWithDifferences,
  isFloat,
  numbers,
  randomSeeds,
  runtime,
  SMALL_STEPS,
  WHOLE_STEPS,
  WHOLE_STEPS_OF_QUOTIENTS,
  type Differentiable,
} from './differences.js';
import { compareSecondWithDifferences, gradientOf, gradients } from './gradient-graphs.js';
import { awayFromZero, randomNumbers } from '../random-tensors.js';

export * from '../random-tensors.js';

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
  /** ε = 1 as for `exact`, but the operator divides, which float32 rounds. */
  readonly linear?: boolean;
  /** Why the gradient has no gradient in its turn that differences could tell, where it has none. */
  readonly once?: string;
}

/** ONNX Runtime fuses nodes whose results nothing else reads, which rounds differently in the last place. */
const ROUNDING = 1e-6;

const inputName = (index: number) => `x${index}`;

/**
 * Fails the test when the gradient of the operator is not what differences of its forward pass say, when the gradient to
 * one input depends on whether the others' are asked for, or when the gradient of the gradients, to inputs and to the
 * gradients that arrive, is not what differences of them say.
 */
export async function checkGradient(given: GradientCase): Promise<void> {
  const { op, exact = false, linear = false } = given;
  const steps = exact ? WHOLE_STEPS : linear ? WHOLE_STEPS_OF_QUOTIENTS : SMALL_STEPS;
  const names = differentiated(given);
  const { differentiable, forward } = await prepare(given);
  const session = await runtime.createSession(encodeModel(forward.model()));
  try {
    const seeds = await randomSeeds(session, differentiable, steps);
    const together = await gradients(differentiable, seeds, names);
    for (const name of names) {
      const gradient = together[name];
      if (gradient === undefined) throw new Error(`${op}: no gradient to ${name}`);
      await compareWithDifferences(session, differentiable, seeds, name, gradient, steps);
      if (names.length === 1) continue;
      const alone = await gradients(differentiable, seeds, [name]);
      assertClose(numbers(alone[name]!), numbers(gradient), exact ? 0 : ROUNDING, `${op}: d${name} alone`);
    }
    if (given.once === undefined) await compareSecondWithDifferences(differentiable, seeds, names, steps);
  } finally {
    await session.release();
  }
}

/** Names of the inputs to check. */
function differentiated({ op, inputs, wrt, constants = [] }: GradientCase): string[] {
  const all = wrt ?? inputs.flatMap((tensor, i) => (isFloat(tensor?.type) && !constants.includes(i) ? [i] : []));
  if (all.length === 0) throw new Error(`${op}: nothing to differentiate`);
  return all.map(inputName);
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
  const { op } = given;
  const names = differentiated(given);
  const { differentiable, forward } = await prepare(given);
  const operands = names.map((name) => Float64Array.from(numbers(differentiable.feeds[name]!)));
  const session = await runtime.createSession(encodeModel(forward.model()));
  let seed: Tensor;
  try {
    const { y0 } = await session.run(differentiable.feeds, ['y0']);
    assertClose(numbers(y0!), f(...operands), tolerance, `${op} itself`);
    seed = { type: y0!.type, dims: y0!.dims, data: Float32Array.from(numbers(y0!), (_, i) => 1 + (i % 3)) };
  } finally {
    await session.release();
  }
  const analytic = await gradients(differentiable, { y0: seed }, names);
  const loss = (changed: readonly Float64Array[]) => dot(f(...changed), numbers(seed));
  names.forEach((name, k) => {
    const epsilon = 1e-6;
    const expected = operands[k]!.map((_, i) => {
      const at = (sign: number) => loss(operands.map((x, j) => (j === k ? nudged(x, i, sign * epsilon) : x)));
      return (at(1) - at(-1)) / (2 * epsilon);
    });
    assertClose(numbers(analytic[name]!), expected, tolerance, `${op}: gradient to ${name}`);
  });
  if (given.once === undefined) await checkSecondReference(differentiable, seed, names, f, 5 * tolerance);
}

/**
 * Compares the gradient of ⟨u, gradients⟩, u random, with differences of the float64 implementation: to the seed it is
 * the slope of f along u, and along v to the operands it is the curvature of the loss along u and v.
 */
async function checkSecondReference(
  differentiable: Differentiable,
  seed: Tensor,
  names: readonly string[],
  f: (...operands: Float64Array[]) => Float64Array,
  tolerance: number,
): Promise<void> {
  const first = await gradientOf(differentiable, { y0: seed }, names);
  const operands = names.map((name) => Float64Array.from(numbers(differentiable.feeds[name]!)));
  const u = names.map((name, k) => as('float32', awayFromZero(differentiable.feeds[name]!.dims, 50 + k)));
  const seeds = Object.fromEntries(
    first.reached.flatMap((name, k) => [[first.outputNames[k]!, u[names.indexOf(name)]!]]),
  );
  const found = await gradients(first, seeds, [...names, 'seed_y0']);
  const along = (from: readonly Float64Array[], directions: readonly Tensor[], step: number) =>
    from.map((x, k) => x.map((value, i) => value + step * numbers(directions[k]!)[i]!));

  const small = 1e-6;
  const [above, below] = [f(...along(operands, u, small)), f(...along(operands, u, -small))];
  const slope = above.map((y, i) => (y - below[i]!) / (2 * small));
  assertClose(numbers(found.seed_y0!), slope, tolerance, `${first.label}: gradient to the seed`);

  // Rounding is of order 1e-16·|L|/ε² = 1e-8·|L| and truncation of order ε² = 1e-8.
  const epsilon = 1e-4;
  const loss = (changed: readonly Float64Array[]) => dot(f(...changed), numbers(seed));
  names.forEach((name, k) => {
    for (let trial = 0; trial < 4; trial++) {
      const v = operands.map((x, j) => awayFromZero([x.length], 70 + trial + 10 * j));
      v.forEach(({ data }, j) => j === k || data.fill(0));
      const at = (signU: number, signV: number) => loss(along(along(operands, u, signU * epsilon), v, signV * epsilon));
      const curvature = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * epsilon ** 2);
      const gradient = found[name] ? numbers(found[name]) : new Float64Array(operands[k]!.length);
      const direction = v[k]!.data;
      const scale = Math.max(1, dot(gradient.map(Math.abs), direction.map(Math.abs)));
      const actual = dot(gradient, direction);
      if (!(Math.abs(actual - curvature) <= tolerance * scale)) {
        throw new Error(
          `${first.label}: gradient to ${name} along a direction is ${actual}, the reference says ${curvature}`,
        );
      }
    }
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
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

/** Numbers from −range to range, `count` of them, none a whole number. */
export function grid(range: number, count = 41): number[] {
  const next = randomNumbers(5);
  return Array.from({ length: count }, (_, i) => ((2 * (i + 0.1 + 0.8 * next())) / count - 1) * range);
}

async function prepare(given: GradientCase): Promise<{ differentiable: Differentiable; forward: GraphBuilder }> {
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
  return { differentiable: { label: op, nodes: [node], values, feeds, outputNames, builder }, forward };
}
