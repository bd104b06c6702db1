/** Batch norm in training as the paper has it, in float64, and the rule that is emitted for it on the same numbers. */
import { emitBackward, emitForward, registeredRule } from '../../src/autodiff/differentiate.js';
import { batchPlaces } from '../../src/graph/batch-place.js';
import { GraphBuilder, makeNode, type Dim } from '../../src/graph/builder.js';
import { BATCH, inferValues } from '../../src/graph/values.js';
import { float } from '../../src/onnx/attributes.js';
import { encodeModel } from '../../src/onnx/codec.js';
import type { Node } from '../../src/onnx/model.js';
import { elementCount, float32, int64, toNumbers, type Tensor } from '../../src/tensor.js';
import { emitRowWeights, ghostBatchNorm, type GhostStatistics } from '../../src/train/ghost-batch-norm.js';
import { randomNumbers } from './random-tensors.js';
import { runtime } from './training.js';

const EPSILON = 1e-3;
/** Of the running statistics, how much a step keeps. */
export const KEEP = 0.8;

/** What batch norm is computed of. */
export interface Operands {
  /** [rows, channels, …positions], examples before ghosts. */
  readonly x: Float64Array;
  readonly scale: Float64Array;
  readonly bias: Float64Array;
}

/** Sizes of a batch. */
export interface Case {
  readonly examples: number;
  readonly ghosts: number;
  /** Of one row: channels, then positions. */
  readonly shape: readonly number[];
  readonly statistics?: GhostStatistics;
}

/** Batch norm in float64, word for word: statistics of the batch, of the ghosts, and of the two pooled. */
export function reference({ x, scale, bias }: Operands, { examples, ghosts, shape, statistics = 'pooled' }: Case) {
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
/** The running variance before the step. */
export const RUNNING_VARIANCE = 1.5;

/** A model around a batch norm "bn" whose operands are x, scale, bias and the running statistics, and whose result is y. */
export interface Wiring {
  /** Dimensions of x, and of y. */
  readonly dims: readonly Dim[];
  readonly nodes: readonly Node[];
  readonly weights?: Readonly<Record<string, Tensor>>;
}

/** The node under test, from one value to another. */
export function batchNormNode(from: string, to: string): Node {
  const inputs = [from, 'scale', 'bias', 'running_mean', 'running_var'];
  return makeNode('BatchNormalization', inputs, [to], { epsilon: float(EPSILON), momentum: float(KEEP) });
}

/** The rule under test, on the same numbers in float32; x, y and their gradients as the model has them. */
export async function ours(
  { x, scale, bias }: Operands,
  dy: Float64Array,
  { examples, ghosts, shape, statistics = 'pooled' }: Case,
  { dims, nodes, weights = {} }: Wiring = { dims: [BATCH, ...shape], nodes: [batchNormNode('x', 'y')] },
): Promise<Record<string, number[]>> {
  const channels = shape[0]!;
  const vectors = ['scale', 'bias', 'running_mean', 'running_var'];
  const declare = (g: GraphBuilder) => {
    g.input('x', 'float32', dims);
    vectors.forEach((name) => g.input(name, 'float32', [channels]));
    for (const [name, tensor] of Object.entries(weights)) g.initializer(name, tensor);
    return g;
  };
  const forward = declare(new GraphBuilder());
  nodes.forEach((node) => forward.add(node));
  forward.output('y', 'float32');
  const values = await inferValues(forward.model(), runtime);

  const g = declare(new GraphBuilder());
  g.input('dy', 'float32', dims);
  g.input('examples', 'int64', [1]);
  const running = new Map<string, string>();
  const rule = ghostBatchNorm(emitRowWeights(g, 'examples', ghosts, statistics), {
    placeOf: batchPlaces(nodes, values),
    updated: (name, value) => running.set(name, value),
  });
  const wrt = ['x', 'scale', 'bias'];
  const ruleFor = (node: Node) => (node.opType === 'BatchNormalization' ? rule : registeredRule(node));
  const tape = emitForward(g, nodes, values, wrt, ruleFor);
  const gradients = emitBackward(g, tape, new Map([['y', 'dy']]), wrt);
  const outputs = new Map([...wrt.map((name) => [`d_${name}`, gradients.get(name)!] as const), ...running]);
  g.output('y', 'float32');
  for (const [name, value] of outputs) g.output(g.rename(value, `out_${name}`), 'float32');
  const session = await runtime.createSession(encodeModel(g.model()));
  const sizes = dims.map((dim) => (dim === BATCH ? examples + ghosts : Number(dim)));
  const results = await session.run({
    x: float32(x, sizes),
    dy: float32(dy, sizes),
    scale: float32(scale),
    bias: float32(bias),
    running_mean: float32(new Float32Array(channels).fill(RUNNING_MEAN)),
    running_var: float32(new Float32Array(channels).fill(RUNNING_VARIANCE)),
    examples: int64([examples]),
  });
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, toNumbers(tensor)]));
}

/** Random operands of a case. */
export function operands({ examples, ghosts, shape }: Case): Operands & { dy: Float64Array } {
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
export function numericGradient(at: Operands, dy: Float64Array, of: keyof Operands, given: Case): number[] {
  const step = 1e-5;
  const loss = (i: number, by: number) => {
    const moved = at[of].slice();
    moved[i]! += by;
    return reference({ ...at, [of]: moved }, given).y.reduce((sum, value, j) => sum + value * dy[j]!, 0);
  };
  return Array.from(at[of], (_, i) => (loss(i, step) - loss(i, -step)) / (2 * step));
}

/** The graph computes in float32 (6e-8 a rounding); sums here have at most 30 terms of size 1, and x̂ divides by σ ≈ 1. */
export const ROUNDING = { relative: 3e-6 };
