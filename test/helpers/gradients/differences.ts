/**
 * Compares the gradient of a graph with central differences of its forward pass, both run by ONNX Runtime.
 *
 * Loss: L = Σ_k ⟨s_k, y_k⟩ over the outputs, with a random s. For an input x and random directions v the directional
 * derivative ⟨∂L/∂x, v⟩ must equal (L(x + εv) − L(x − εv)) / 2ε.
 */
import type { GraphBuilder } from '../../../src/graph/builder.js';
import type { Values } from '../../../src/graph/values.js';
import type { Node } from '../../../src/onnx/model.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import type { Session } from '../../../src/runtime/runtime.js';
import type { ElementType, Tensor } from '../../../src/tensor.js';
import { awayFromZero, wholeNumbers } from '../random-tensors.js';

/** A graph, with what is fed to it. */
export interface Differentiable {
  /** What messages call it. */
  readonly label: string;
  readonly nodes: readonly Node[];
  readonly values: Values;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly outputNames: readonly string[];
  /** A builder that has its inputs and weights. */
  readonly builder: () => GraphBuilder;
}

/** How far to step, and how exact the differences then are. */
export interface Steps {
  readonly epsilon: number;
  /** Whether seeds and directions are whole numbers. */
  readonly whole: boolean;
  /** Allowed error relative to Σ|∂L/∂x·v|, or to 1 where that is less. */
  readonly tolerance: number;
}

/**
 * For float64: truncation is of order ε² = 1e-10 and rounding of order 1e-16/ε = 1e-11, so 1e-6 leaves room for curvature.
 */
export const SMALL_STEPS: Steps = { epsilon: 1e-5, whole: false, tolerance: 1e-6 };

/** For operators linear in each input, on whole numbers: exact also in float32. */
export const WHOLE_STEPS: Steps = { epsilon: 1, whole: true, tolerance: 0 };

/**
 * The same where the operator divides (a mean, a fixed fraction): its float32 quotients are off by up to 6e-8 relative
 * each, and sums of some hundred of them by less than 1e-5.
 */
export const WHOLE_STEPS_OF_QUOTIENTS: Steps = { epsilon: 1, whole: true, tolerance: 1e-5 };

/**
 * For whatever has no float64 kernel: rounding is of order 6e-8·|L|/ε = 3e-5·|L| and truncation of order ε² = 4e-6, with
 * |L| some ten times the slope. Coarse, but a wrong formula is further off.
 */
export const COARSE_STEPS: Steps = { epsilon: 2 ** -9, whole: false, tolerance: 5e-3 };

export const runtime = nodeRuntime({ threads: 1 });

export function isFloat(type: ElementType | undefined): boolean {
  return type === 'float64' || type === 'float32';
}

/** Random gradients to every floating-point output of a run. */
export async function randomSeeds(
  session: Session,
  { feeds }: Differentiable,
  steps: Steps,
): Promise<Record<string, Tensor>> {
  const seeds: Record<string, Tensor> = {};
  for (const [name, output] of Object.entries(await session.run(feeds))) {
    if (!isFloat(output.type)) continue;
    const seed = as(output.type, (steps.whole ? wholeNumbers : awayFromZero)(output.dims, 99));
    // What is infinite has no slope.
    numbers(output).forEach((y, i) => Number.isFinite(y) || (numbers(seed)[i] = 0));
    seeds[name] = seed;
  }
  return seeds;
}

/**
 * Throws when a gradient is not what differences say.
 * @param session runs the forward pass
 * @param gradient of the loss to the input `name`; undefined for none, which differences must agree with
 */
export async function compareWithDifferences(
  session: Session,
  { label, feeds }: Differentiable,
  seeds: Readonly<Record<string, Tensor>>,
  name: string,
  gradient: Tensor | undefined,
  { epsilon, whole, tolerance }: Steps,
): Promise<void> {
  const x = feeds[name]! as Tensor<'float64'>;
  if (gradient && gradient.dims.join() !== x.dims.join()) {
    throw new Error(`${label}: gradient to ${name} has shape [${gradient.dims.join()}], it has [${x.dims.join()}]`);
  }
  const lossAt = async (direction: Tensor, step: number) => {
    const outputs = await session.run({ ...feeds, [name]: moved(x, direction, step) }, Object.keys(seeds));
    return Object.entries(seeds).reduce((sum, [output, seed]) => sum + dot(outputs[output]!, seed), 0);
  };
  for (let trial = 0; trial < 4; trial++) {
    const direction = whole ? wholeNumbers(x.dims, 7 + trial) : awayFromZero(x.dims, 7 + trial);
    const difference = (await lossAt(direction, epsilon)) - (await lossAt(direction, -epsilon));
    const numeric = difference / (2 * epsilon);
    const slope = gradient ? dot(gradient, direction) : 0;
    const scale = gradient ? Math.max(1, dot(absolute(gradient), absolute(direction))) : 1;
    if (!(Math.abs(slope - numeric) <= tolerance * scale)) {
      throw new Error(`${label}: gradient to ${name} along a direction is ${slope}, differences say ${numeric}`);
    }
  }
}

/** The elements of a floating-point tensor. */
export function numbers(tensor: Tensor): Float64Array {
  return tensor.data as Float64Array;
}

/** A tensor in float32 or float64. */
export function as(type: ElementType, tensor: Tensor): Tensor {
  if (tensor.type === type) return tensor;
  return { type, dims: tensor.dims, data: (type === 'float32' ? Float32Array : Float64Array).from(numbers(tensor)) };
}

/** Throws when an element is off by more than a fraction of the largest expected one. */
export function assertClose(actual: Float64Array, expected: Float64Array, tolerance: number, what: string): void {
  const limit = tolerance * expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  expected.forEach((value, i) => {
    if (!(Math.abs(actual[i]! - value) <= limit)) {
      throw new Error(`${what} is ${actual[i]} at ${i}, the reference says ${value}`);
    }
  });
}

function dot(a: Tensor, b: Tensor): number {
  return numbers(a).reduce((sum, value, i) => (numbers(b)[i] === 0 ? sum : sum + value * numbers(b)[i]!), 0);
}

function absolute(tensor: Tensor): Tensor {
  return { ...tensor, data: Float64Array.from(numbers(tensor), Math.abs) };
}

function moved(x: Tensor<'float64'>, direction: Tensor, step: number): Tensor {
  return { ...x, data: x.data.map((value, i) => value + step * numbers(direction)[i]!) };
}
