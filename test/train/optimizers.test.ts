/** The optimizers against slow loops in float64, written from the pseudo-code of PyTorch's documentation. */
import { describe, expect, test } from '@jest/globals';
import { GraphBuilder } from '../../src/graph/builder.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { float32, float64, type Tensor } from '../../src/tensor.js';
import { OPTIMIZER_DEFAULTS, type OptimizerSettings } from '../../src/train/optimizers/optimizer.js';
import { OPTIMIZERS, type OptimizerName } from '../../src/train/optimizers/registry.js';
import { randomNumbers } from '../helpers/random-tensors.js';
import { runtime } from '../helpers/training.js';

interface Step {
  readonly gradient: readonly number[];
  readonly rate: number;
}

type Loop = (start: readonly number[], steps: readonly Step[], settings: OptimizerSettings) => number[];

/** torch.optim.SGD with dampening 0: b_1 = g_1; b_t = μ b_{t−1} + g_t; nesterov: g_t + μ b_t. */
const sgd =
  (mu: (settings: OptimizerSettings) => number, nesterov: boolean): Loop =>
  (start, steps, settings) => {
    const theta = [...start];
    let b: number[] | undefined;
    for (const { gradient, rate } of steps) {
      const before = b;
      b = gradient.map((g, i) => (before ? mu(settings) * before[i]! + g : g));
      gradient.forEach((g, i) => (theta[i]! -= rate * (nesterov ? g + mu(settings) * b![i]! : b![i]!)));
    }
    return theta;
  };

/** torch.optim.Adam without amsgrad. */
const adam: Loop = (start, steps, { beta1, beta2, epsilon }) => {
  const theta = [...start];
  const m = theta.map(() => 0);
  const v = theta.map(() => 0);
  steps.forEach(({ gradient, rate }, index) => {
    const t = index + 1;
    gradient.forEach((g, i) => {
      m[i] = beta1 * m[i]! + (1 - beta1) * g;
      v[i] = beta2 * v[i]! + (1 - beta2) * g ** 2;
      const meanHat = m[i] / (1 - beta1 ** t);
      const squareHat = v[i] / (1 - beta2 ** t);
      theta[i]! -= (rate * meanHat) / (Math.sqrt(squareHat) + epsilon);
    });
  });
  return theta;
};

const LOOPS: Readonly<Record<OptimizerName, Loop>> = {
  sgd: sgd(() => 0, false),
  momentum: sgd(({ momentum }) => momentum, false),
  nesterov: sgd(({ momentum }) => momentum, true),
  adam,
};

/** Runs the emitted update, one call a step, on a matrix of two rows. */
async function ours(
  name: OptimizerName,
  start: readonly number[],
  steps: readonly Step[],
  settings: OptimizerSettings,
): Promise<number[]> {
  const optimizer = OPTIMIZERS[name];
  const dims = [2, start.length / 2];
  const g = new GraphBuilder();
  for (const input of ['parameter', 'gradient', ...optimizer.state]) g.input(input, 'float32', dims);
  g.input('rate', 'float32', []);
  g.input('step', 'float64', []);
  const update = optimizer.emit(
    g,
    { parameter: 'parameter', gradient: 'gradient', state: optimizer.state, learningRate: 'rate', step: 'step' },
    settings,
  );
  expect(update.state).toHaveLength(optimizer.state.length);
  const results = [update.parameter, ...update.state].map((value, i) => g.rename(value, `next_${i}`));
  results.forEach((result) => g.output(result, 'float32', dims));
  const session = await runtime.createSession(encodeModel(g.model()));
  const zeros = () => float32(new Float32Array(start.length), dims);
  let carried: Tensor[] = [float32(start, dims), ...optimizer.state.map(zeros)];
  for (const [i, { gradient, rate }] of steps.entries()) {
    const names = ['parameter', ...optimizer.state];
    const outputs = await session.run({
      ...Object.fromEntries(names.map((input, k) => [input, carried[k]!])),
      gradient: float32(gradient, dims),
      rate: float32([rate], []),
      step: float64([i + 1], []),
    });
    carried = results.map((result) => outputs[result]!);
  }
  await session.release();
  return [...(carried[0]!.data as Float32Array)];
}

function randomSteps(count: number, size: number, scale = 1): Step[] {
  const next = randomNumbers(count);
  return Array.from({ length: count }, (_, i) => ({
    gradient: Array.from({ length: size }, () => Math.fround(scale * (2 * next() - 1))),
    // The rate falls on the way.
    rate: Math.fround(i < count / 2 ? 0.1 : 0.01),
  }));
}

const START = [1, -2, 0.5, 3, -0.25, 0];

describe.each(Object.keys(OPTIMIZERS) as OptimizerName[])('%s', (name) => {
  // Float32: 6e-8 a rounding, a few of them a step.
  const ROUNDING = { relative: 1e-6 };

  test('follows the loop of the documentation', async () => {
    const steps = randomSteps(12, START.length);
    const expected = LOOPS[name](START, steps, OPTIMIZER_DEFAULTS);
    expect(await ours(name, START, steps, OPTIMIZER_DEFAULTS)).toBeAllClose(expected, ROUNDING);
  });

  test('with other settings', async () => {
    const settings = { momentum: 0.5, beta1: 0.8, beta2: 0.95, epsilon: 1e-3 };
    const steps = randomSteps(9, START.length);
    const expected = LOOPS[name](START, steps, settings);
    expect(await ours(name, START, steps, settings)).toBeAllClose(expected, ROUNDING);
  });

  test('with gradients that are almost nothing', async () => {
    // Adam divides by their root mean square, which ε then outweighs: θ moves by less than the rate.
    const steps = randomSteps(6, START.length, 1e-9);
    const start = START.map(() => 0);
    const expected = LOOPS[name](start, steps, OPTIMIZER_DEFAULTS);
    expect(await ours(name, start, steps, OPTIMIZER_DEFAULTS)).toBeAllClose(expected, ROUNDING);
  });

  test('leaves a parameter alone whose gradient has always been zero', async () => {
    const steps = randomSteps(3, START.length, 0);
    expect(await ours(name, START, steps, OPTIMIZER_DEFAULTS)).toEqual(START);
  });
});
