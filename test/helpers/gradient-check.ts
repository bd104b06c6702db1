/**
 * Compares an operator's gradient with central differences of its forward pass, both run by ONNX Runtime.
 *
 * Loss: L = Σ_k ⟨s_k, y_k⟩ over the outputs, with a random s. For each differentiable input x and random direction v the
 * directional derivative ⟨∂L/∂x, v⟩ must equal (L(x + εv) − L(x − εv)) / 2ε.
 *
 * In float64, ε = 1e-5: truncation is of order ε² = 1e-10 and rounding of order 1e-16/ε = 1e-11, so 1e-6 relative leaves
 * room for curvature. Where ONNX Runtime has no float64 kernel (Conv, average pooling) the operator is linear in each
 * input: on small whole numbers with ε = 1 the difference is exact in float32.
 */
import { expect } from '@jest/globals';
import { emitBackward, emitForward } from '../../src/autodiff/differentiate.js';
import { GraphBuilder, makeNode, type Attributes } from '../../src/graph/builder.js';
import { inferValues } from '../../src/graph/values.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { elementCount, type Tensor } from '../../src/tensor.js';

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
  readonly opset?: number;
  /** ε = 1 and exact equality: for operators linear in each input, on whole numbers. */
  readonly exact?: boolean;
}

/** A deterministic stream of numbers in [0, 1) (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Numbers in ±[0.2, 1.2]: away from 0, where ReLU, division and absolute values have their kinks. */
export function awayFromZero(dims: readonly number[], seed = 1): Tensor<'float64'> {
  const next = randomNumbers(seed);
  const data = Float64Array.from({ length: elementCount(dims) }, () => (0.2 + next()) * (next() < 0.5 ? -1 : 1));
  return { type: 'float64', dims, data };
}

/** Numbers in [0.2, 1.2]. */
export function positive(dims: readonly number[], seed = 1): Tensor<'float64'> {
  const { type, data } = awayFromZero(dims, seed);
  return { type, dims, data: data.map(Math.abs) };
}

/** All different, at least 0.01 apart: no ties for maxima. */
export function distinct(dims: readonly number[], seed = 1): Tensor<'float64'> {
  const next = randomNumbers(seed);
  const count = elementCount(dims);
  const order = Array.from({ length: count }, (_, i) => i).sort(() => next() - 0.5);
  return { type: 'float64', dims, data: Float64Array.from(order, (i) => (i - count / 2) * 0.01 + 0.003) };
}

/** Whole numbers from −3 to 3, as float32. */
export function wholeNumbers(dims: readonly number[], seed = 1): Tensor<'float32'> {
  const next = randomNumbers(seed);
  return {
    type: 'float32',
    dims,
    data: Float32Array.from({ length: elementCount(dims) }, () => Math.floor(next() * 7) - 3),
  };
}

const runtime = nodeRuntime({ threads: 1 });
const isFloat = (tensor: Tensor | undefined) => tensor?.type === 'float64' || tensor?.type === 'float32';

/** Fails the test when the gradient of the operator is not what differences of its forward pass say. */
export async function checkGradient(given: GradientCase): Promise<void> {
  const { op, inputs, attributes = {}, constants = [], exact = false } = given;
  const wrt = given.wrt ?? inputs.flatMap((tensor, i) => (isFloat(tensor) && !constants.includes(i) ? [i] : []));
  expect(wrt.length).toBeGreaterThan(0);
  const inputName = (i: number) => (inputs[i] === undefined ? '' : `x${i}`);
  const outputNames = Array.from({ length: given.outputs ?? 1 }, (_, i) => `y${i}`);
  const node = makeNode(
    op,
    inputs.map((_, i) => inputName(i)),
    outputNames,
    attributes,
  );

  const declare = (g: GraphBuilder) =>
    inputs.forEach((tensor, i) => {
      if (!tensor) return;
      if (constants.includes(i)) g.initializer(inputName(i), tensor);
      else g.input(inputName(i), tensor.type, tensor.dims);
    });
  const builder = () => new GraphBuilder(given.opset === undefined ? {} : { opset: given.opset });

  const forward = builder();
  declare(forward);
  forward.add(node);
  const valueOf = await inferValues(forward.model(), runtime);
  const outputTypes = outputNames.filter((name) => valueOf.has(name));
  for (const name of outputTypes) forward.output(name, valueOf.of(name).type);

  const backward = builder();
  declare(backward);
  outputNames.forEach((name) => backward.reserve(name));
  const names = wrt.map(inputName);
  const tape = emitForward(backward, [node], valueOf, names);
  const seeds = new Map<string, string>();
  const feeds: Record<string, Tensor> = {};
  inputs.forEach((tensor, i) => {
    if (tensor && !constants.includes(i)) feeds[inputName(i)] = tensor;
  });
  const seedFeeds: Record<string, Tensor> = {};
  for (const name of outputTypes) {
    const { type, dims } = valueOf.of(name);
    if (type !== 'float64' && type !== 'float32') continue;
    const sizes = dims as number[];
    seeds.set(name, backward.input(`seed_${name}`, type, sizes));
    seedFeeds[`seed_${name}`] = exact ? wholeNumbers(sizes, 99) : awayFromZero(sizes, 99);
  }
  const gradients = emitBackward(backward, tape, seeds, names);
  for (const name of names) {
    const gradient = gradients.get(name);
    if (gradient === undefined) throw new Error(`${op}: no gradient to ${name}`);
    backward.output(backward.rename(gradient, `d_${name}`), feeds[name]!.type);
  }

  const forwardSession = await runtime.createSession(encodeModel(forward.model()));
  const backwardSession = await runtime.createSession(encodeModel(backward.model()));
  try {
    const analytic = await backwardSession.run(
      { ...feeds, ...seedFeeds },
      names.map((name) => `d_${name}`),
    );
    const loss = async (changed: Record<string, Tensor>) => {
      const outputs = await forwardSession.run({ ...feeds, ...changed });
      let sum = 0;
      for (const name of seeds.keys()) {
        const y = outputs[name]!.data as Float64Array;
        const s = seedFeeds[`seed_${name}`]!.data as Float64Array;
        for (let i = 0; i < y.length; i++) sum += y[i]! * s[i]!;
      }
      return sum;
    };
    for (const name of names) {
      const x = feeds[name]! as Tensor<'float64'>;
      const gradient = analytic[`d_${name}`]!;
      expect([name, ...gradient.dims]).toEqual([name, ...x.dims]);
      const g = gradient.data as Float64Array;
      for (let trial = 0; trial < 4; trial++) {
        const direction = exact ? wholeNumbers(x.dims, 7 + trial) : awayFromZero(x.dims, 7 + trial);
        const v = direction.data as Float64Array;
        const epsilon = exact ? 1 : 1e-5;
        const moved = (sign: number): Tensor => ({
          type: x.type,
          dims: x.dims,
          data: x.data.map((value, i) => value + sign * epsilon * v[i]!),
        });
        const numeric = ((await loss({ [name]: moved(1) })) - (await loss({ [name]: moved(-1) }))) / (2 * epsilon);
        let slope = 0;
        let scale = 0;
        for (let i = 0; i < g.length; i++) {
          slope += g[i]! * v[i]!;
          scale += Math.abs(g[i]! * v[i]!);
        }
        const tolerance = exact ? 0 : 1e-6 * Math.max(1, scale);
        const error = Math.abs(slope - numeric);
        if (!(error <= tolerance)) {
          throw new Error(`${op}: gradient to ${name} along a direction is ${slope}, differences say ${numeric}`);
        }
      }
    }
  } finally {
    await forwardSession.release();
    await backwardSession.release();
  }
}
