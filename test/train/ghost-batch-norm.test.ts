import { describe, expect, test } from '@jest/globals';
import { emitBackward, emitForward } from '../../src/autodiff/differentiate.js';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { BATCH, inferValues } from '../../src/graph/values.js';
import { float } from '../../src/onnx/attributes.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { elementCount, float32, int64, toNumbers } from '../../src/tensor.js';
import { emitRowWeights, ghostBatchNorm, type GhostStatistics } from '../../src/train/ghost-batch-norm.js';
import { randomNumbers } from '../helpers/random-tensors.js';
import { runtime } from '../helpers/training.js';

const EPSILON = 1e-3;
const KEEP = 0.8;

interface Operands {
  /** [rows, channels, …positions], examples before ghosts. */
  readonly x: Float64Array;
  readonly scale: Float64Array;
  readonly bias: Float64Array;
}

interface Case {
  readonly examples: number;
  readonly ghosts: number;
  /** Of one row: channels, then positions. */
  readonly shape: readonly number[];
  readonly statistics?: GhostStatistics;
}

/** Batch norm in float64, word for word: statistics of the batch, of the ghosts, and of the two pooled. */
function reference({ x, scale, bias }: Operands, { examples, ghosts, shape, statistics = 'pooled' }: Case) {
  const channels = shape[0]!;
  const positions = elementCount(shape.slice(1));
  const y = new Float64Array(x.length);
  const means: number[] = [];
  const variances: number[] = [];
  for (let c = 0; c < channels; c++) {
    const at = (row: number, p: number) => (row * channels + c) * positions + p;
    const values = (from: number, to: number) =>
      Array.from(
        { length: (to - from) * positions },
        (_, i) => x[at(from + Math.floor(i / positions), i % positions)]!,
      );
    const mean = (numbers: number[]) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
    const variance = (numbers: number[]) => mean(numbers.map((value) => (value - mean(numbers)) ** 2));
    const batch = values(0, examples);
    const ghost = values(examples, examples + ghosts);
    const unbiased = ({ length }: number[]) => (length > 1 ? length / (length - 1) : 1);
    let mu, sigma2, running;
    if (ghosts === 0) {
      [mu, sigma2] = [mean(batch), variance(batch)];
      running = sigma2 * unbiased(batch);
    } else if (statistics === 'ghost-only') {
      [mu, sigma2] = [mean(ghost), variance(ghost)];
      running = sigma2 * unbiased(ghost);
    } else {
      const g = ghosts;
      const d = mean(batch) - mean(ghost);
      mu = mean(ghost) + d / (1 + g);
      sigma2 = (g * variance(ghost) + variance(batch)) / (1 + g) + (g * d ** 2) / (1 + g) ** 2;
      running = sigma2;
    }
    for (let row = 0; row < examples + ghosts; row++) {
      for (let p = 0; p < positions; p++) {
        y[at(row, p)] = ((x[at(row, p)]! - mu) / Math.sqrt(sigma2 + EPSILON)) * scale[c]! + bias[c]!;
      }
    }
    means.push(KEEP * RUNNING_MEAN + (1 - KEEP) * mu);
    variances.push(KEEP * RUNNING_VARIANCE + (1 - KEEP) * running);
  }
  return { y, means, variances };
}

const RUNNING_MEAN = 0.25;
const RUNNING_VARIANCE = 1.5;

/** The rule under test, on the same numbers in float32. */
async function ours({ x, scale, bias }: Operands, dy: Float64Array, given: Case) {
  const { examples, ghosts, shape, statistics = 'pooled' } = given;
  const channels = shape[0]!;
  const inputs = ['x', 'scale', 'bias', 'running_mean', 'running_var'];
  const node = makeNode('BatchNormalization', inputs, ['y'], { epsilon: float(EPSILON), momentum: float(KEEP) });
  const declare = (g: GraphBuilder) => {
    g.input('x', 'float32', [BATCH, ...shape]);
    inputs.slice(1).forEach((name) => g.input(name, 'float32', [channels]));
    return g;
  };
  const forward = declare(new GraphBuilder());
  forward.add(node);
  forward.output('y', 'float32');
  const values = await inferValues(forward.model(), runtime);

  const g = declare(new GraphBuilder());
  g.input('dy', 'float32', [BATCH, ...shape]);
  g.input('examples', 'int64', [1]);
  const running = new Map<string, string>();
  const rule = ghostBatchNorm(emitRowWeights(g, 'examples', ghosts, statistics), (name, value) =>
    running.set(name, value),
  );
  const tape = emitForward(g, [node], values, ['x', 'scale', 'bias'], () => rule);
  const wrt = ['x', 'scale', 'bias'];
  const gradients = emitBackward(g, tape, new Map([['y', 'dy']]), wrt);
  const outputs = new Map([...wrt.map((name) => [`d_${name}`, gradients.get(name)!] as const), ...running]);
  g.output('y', 'float32');
  for (const [name, value] of outputs) g.output(g.rename(value, `out_${name}`), 'float32');
  const session = await runtime.createSession(encodeModel(g.model()));
  const dims = [examples + ghosts, ...shape];
  const results = await session.run({
    x: float32(x, dims),
    dy: float32(dy, dims),
    scale: float32(scale),
    bias: float32(bias),
    running_mean: float32(new Float32Array(channels).fill(RUNNING_MEAN)),
    running_var: float32(new Float32Array(channels).fill(RUNNING_VARIANCE)),
    examples: int64([examples]),
  });
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, toNumbers(tensor)]));
}

function operands({ examples, ghosts, shape }: Case): Operands & { dy: Float64Array } {
  const next = randomNumbers(examples + 31 * ghosts + 7 * shape.length);
  const numbers = (length: number, from: number, to: number) =>
    // What float32 holds, so that both sides see the same numbers.
    Float64Array.from({ length }, () => Math.fround(from + (to - from) * next()));
  const size = elementCount(shape);
  const x = numbers((examples + ghosts) * size, -1, 2);
  // The batch is of one class, and so unlike the ghosts.
  for (let i = 0; i < examples * size; i++) x[i] = Math.fround(x[i]! + 1);
  return { x, scale: numbers(shape[0]!, 0.5, 2), bias: numbers(shape[0]!, -1, 1), dy: numbers(x.length, -1, 1) };
}

/** ∂⟨dy, y⟩ to every element of one operand, by central differences of the reference. */
function numericGradient(at: Operands, dy: Float64Array, of: keyof Operands, given: Case): number[] {
  const step = 1e-5;
  const loss = (i: number, by: number) => {
    const moved = at[of].slice();
    moved[i]! += by;
    return reference({ ...at, [of]: moved }, given).y.reduce((sum, value, j) => sum + value * dy[j]!, 0);
  };
  return Array.from(at[of], (_, i) => (loss(i, step) - loss(i, -step)) / (2 * step));
}

const CASES: readonly (Case & { name: string })[] = [
  { name: 'a vector, without ghosts', examples: 5, ghosts: 0, shape: [3] },
  { name: 'a vector, with ghosts', examples: 5, ghosts: 4, shape: [3] },
  { name: 'a vector, ghosts only', examples: 5, ghosts: 4, shape: [3], statistics: 'ghost-only' },
  { name: 'an image, without ghosts', examples: 3, ghosts: 0, shape: [2, 2, 3] },
  { name: 'an image, with ghosts', examples: 3, ghosts: 4, shape: [2, 2, 3] },
  { name: 'an image, ghosts only', examples: 3, ghosts: 4, shape: [2, 2, 3], statistics: 'ghost-only' },
  { name: 'a sequence, with ghosts', examples: 3, ghosts: 2, shape: [2, 5] },
  { name: 'a single example, with ghosts', examples: 1, ghosts: 6, shape: [3] },
  { name: 'a single ghost', examples: 4, ghosts: 1, shape: [2, 2, 2] },
  { name: 'a single image, without ghosts', examples: 1, ghosts: 0, shape: [2, 2, 2] },
];

// The graph computes in float32 (6e-8 a rounding); sums here have at most 30 terms of size 1, and x̂ divides by σ ≈ 1.
const ROUNDING = { relative: 3e-6 };

describe('batch norm of', () => {
  test.each(CASES)('$name is that of the paper', async (given) => {
    const { dy, ...at } = operands(given);
    const expected = reference(at, given);
    const { y, out_running_mean, out_running_var } = await ours(at, dy, given);
    expect(y).toBeAllClose(expected.y, ROUNDING);
    expect(out_running_mean).toBeAllClose(expected.means, ROUNDING);
    expect(out_running_var).toBeAllClose(expected.variances, ROUNDING);
  });

  test.each(CASES)('$name has the gradient that differences say', async (given) => {
    const { dy, ...at } = operands(given);
    const { out_d_x, out_d_scale, out_d_bias } = await ours(at, dy, given);
    expect(out_d_x).toBeAllClose(numericGradient(at, dy, 'x', given), ROUNDING);
    expect(out_d_scale).toBeAllClose(numericGradient(at, dy, 'scale', given), ROUNDING);
    expect(out_d_bias).toBeAllClose(numericGradient(at, dy, 'bias', given), ROUNDING);
  });
});

test('equal rows have no variance: the running one shrinks, and nothing is divided by zero', async () => {
  const given = { examples: 1, ghosts: 0, shape: [2] };
  const at = { x: Float64Array.of(3, -4), scale: Float64Array.of(1, 2), bias: Float64Array.of(0.5, 1) };
  const { y, out_d_x, out_running_var } = await ours(at, Float64Array.of(1, 1), given);
  expect(y).toEqual([0.5, 1]);
  expect(out_d_x).toEqual([0, 0]);
  expect(out_running_var).toBeAllClose([KEEP * RUNNING_VARIANCE, KEEP * RUNNING_VARIANCE], ROUNDING);
});
