/**
 * How well a linear model of a layer's activations gives the network's output: the first criterion of an influential
 * layer.
 */
import { GraphBuilder } from '../../../graph/builder.js';
import { encodeModel } from '../../../onnx/codec.js';
import { cholesky, solveLower } from '../../../numeric/cholesky.js';
import { seededRandom } from '../../../numeric/random.js';
import type { Runtime } from '../../../runtime/runtime.js';
import { float32 } from '../../../tensor.js';

/** Wider layers are hashed to so many features: their inner products are kept to about 1.5 %. */
export const PROBE_FEATURES = 4096;

/** Ridge penalty, relative to the mean square of an example's centred features. */
const PENALTY = 1e-3;

/** Folds the activations of a layer into at most PROBE_FEATURES numbers. */
export type CountSketch = (activations: Float32Array, at: number, target: Float32Array, to: number) => void;

/** How many features a layer of so many units is probed with. */
export function probeFeatures(units: number): number {
  return Math.min(units, PROBE_FEATURES);
}

/**
 * A count sketch ([Weinberger et al. 2009]): each unit is added, with a random sign, to a random feature. Narrow layers
 * are taken as they are.
 */
export function sketchOf(units: number, seed: number): CountSketch {
  if (units <= PROBE_FEATURES) {
    return (activations, at, target, to) => target.set(activations.subarray(at, at + units), to);
  }
  const random = seededRandom(seed, units);
  const feature = Int32Array.from({ length: units }, () => random.below(PROBE_FEATURES));
  const sign = Int8Array.from({ length: units }, () => (random.below(2) === 0 ? -1 : 1));
  return (activations, at, target, to) => {
    for (let i = 0; i < units; i++) target[to + feature[i]!]! += sign[i]! * activations[at + i]!;
  };
}

/**
 * Share of the variance of the outputs that ridge regression explains on examples it has not seen: every second one. At
 * most 1; below 0 where it is worse than the mean.
 * @param features row-major [rows, …]; centred in place
 * @param outputs row-major [rows, …]
 */
export async function probeFidelity(
  runtime: Runtime,
  features: Float32Array,
  outputs: Float32Array,
  rows: number,
): Promise<number> {
  const width = outputs.length / rows;
  const isTrain = (row: number) => row % 2 === 0;
  const train = Array.from({ length: rows }, (_, row) => row).filter(isTrain);
  const test = Array.from({ length: rows }, (_, row) => row).filter((row) => !isTrain(row));
  centre(features, rows, train);
  const targets = Float32Array.from(outputs);
  centre(targets, rows, train);

  const products = await gram(runtime, features, rows);
  const kernel = (a: number, b: number) => products[a * rows + b]!;
  const scale = train.reduce((sum, row) => sum + kernel(row, row), 0) / train.length;
  if (scale === 0) return 0;
  const matrix = new Float64Array(train.length ** 2);
  train.forEach((row, i) => {
    train.forEach((other, j) => (matrix[i * train.length + j] = kernel(row, other)));
    matrix[i * train.length + i]! += PENALTY * scale;
  });
  // Rounding of float32 products can outweigh the penalty only where rows are equal.
  const lower = cholesky(matrix, train.length, PENALTY * scale);
  if (!lower) return NaN;
  let [missed, total] = [0, 0];
  for (let output = 0; output < width; output++) {
    const target = (row: number) => targets[row * width + output]!;
    const dual = solveLower(lower, Float64Array.from(train, target));
    for (const row of test) {
      const found = train.reduce((sum, other, i) => sum + dual[i]! * kernel(row, other), 0);
      missed += (found - target(row)) ** 2;
      total += target(row) ** 2;
    }
  }
  return total > 0 ? 1 - missed / total : 1;
}

/** Takes the mean of the training rows off all rows. */
function centre(values: Float32Array, rows: number, train: readonly number[]): void {
  const width = values.length / rows;
  const mean = new Float64Array(width);
  for (const row of train) for (let i = 0; i < width; i++) mean[i]! += values[row * width + i]! / train.length;
  for (let i = 0; i < values.length; i++) values[i]! -= mean[i % width]!;
}

/** Inner products of all rows, row-major [rows, rows]. */
async function gram(runtime: Runtime, features: Float32Array, rows: number): Promise<Float32Array> {
  const g = new GraphBuilder({ name: 'gram' });
  const x = g.input('x', 'float32', [rows, features.length / rows]);
  g.output(g.rename(g.op('Gemm', [x, x], { transB: 1 }), 'products'), 'float32', [rows, rows]);
  const session = await runtime.createSession(encodeModel(g.model()));
  try {
    const { products } = await session.run({ x: float32(features, [rows, features.length / rows]) });
    return products!.data as Float32Array;
  } finally {
    await session.release();
  }
}
