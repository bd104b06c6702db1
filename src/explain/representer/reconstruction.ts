/** How well σ(Σ of representer values) gives what the model itself computes ([Yeh et al. 2018], Fig. 1). */
import { pearson } from '../../numeric/statistics.js';
import { GraphBuilder } from '../../graph/builder.js';
import { encodeModel } from '../../onnx/codec.js';
import { elementTypeCode } from '../../onnx/element-type.js';
import type { Runtime } from '../../runtime/runtime.js';
import { float64 } from '../../tensor.js';
import { rowBlocks, type FeatureMatrix } from './features/features.js';
import { activated, scoresAt, type FlatWeights } from './fit/objective.js';
import type { ActivationName } from './losses/registry.js';
import { createTop } from '../../numeric/top.js';
import type { PointSet } from './point-set.js';

/** The model's outputs beside the reconstructed ones. */
export interface ScoreReconstruction {
  /** Pearson's correlation over all examples and outputs; 0 where one side is constant. */
  readonly pearson: number;
  readonly maxAbsError: number;
  readonly meanAbsError: number;
  readonly examples: number;
  /** A sample of the outputs, for a plot. */
  readonly points: { readonly actual: readonly number[]; readonly reconstructed: readonly number[] };
}

/** Points of the plot: so many of all, and so many of the worst. */
const SAMPLE = 4000;
const WORST = 50;

/**
 * Σ_i α_i f_iᵀ: the weights that the training points spell out. A score computed with them is the sum of the
 * representer values; they equal Θ* as far as the gradient is zero.
 */
export async function spelledWeights(
  { features, alpha, outputs, bias }: PointSet,
  runtime: Runtime,
): Promise<FlatWeights> {
  const { columns, rows, data } = features;
  const g = new GraphBuilder({ name: 'spelled weights' });
  g.input('features', data instanceof Float64Array ? 'float64' : 'float32', ['rows', columns]);
  g.input('alpha', 'float64', ['rows', outputs]);
  const wide = g.op('Cast', ['features'], { to: elementTypeCode('float64') });
  g.output(g.rename(g.op('Gemm', ['alpha', wide], { transA: 1 }), 'weights'), 'float64');
  const session = await runtime.createSession(encodeModel(g.model()));
  try {
    const flat = new Float64Array(outputs * (columns + (bias ? 1 : 0)));
    for (const { start, rows: count, tensor } of rowBlocks(features)) {
      const part = float64(alpha.subarray(start * outputs, (start + count) * outputs), [count, outputs]);
      const { weights } = await session.run({ features: tensor, alpha: part });
      (weights!.data as Float64Array).forEach((value, i) => (flat[i]! += value));
    }
    if (bias) for (let i = 0; i < rows * outputs; i++) flat[outputs * columns + (i % outputs)]! += alpha[i]!;
    return flat;
  } finally {
    await session.release();
  }
}

/**
 * Compares σ of reconstructed scores with what the model computes.
 * @param weights Θ that reconstructs the scores
 * @param given scores of the model itself, [rows, outputs]
 */
export async function reconstructScores(
  features: FeatureMatrix,
  weights: FlatWeights,
  given: ArrayLike<number>,
  outputs: number,
  activation: ActivationName,
  runtime: Runtime,
): Promise<ScoreReconstruction> {
  const actual = activated(given, outputs, activation);
  const reconstructed = activated(await scoresAt(features, weights, outputs, runtime), outputs, activation);
  let maxAbsError = 0;
  let totalError = 0;
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i]! - reconstructed[i]!);
    maxAbsError = Math.max(maxAbsError, error);
    totalError += error;
  }
  return {
    pearson: pearson(actual, reconstructed),
    maxAbsError,
    meanAbsError: totalError / actual.length,
    examples: features.rows,
    points: sample(actual, reconstructed, outputs),
  };
}

/** Outputs of evenly spaced examples, each class in turn, and, so that no outlier is hidden, the worst ones. */
function sample(actual: Float64Array, reconstructed: Float64Array, outputs: number): ScoreReconstruction['points'] {
  const rows = actual.length / outputs;
  const size = Math.min(SAMPLE, actual.length);
  const chosen = new Set<number>();
  for (let i = 0; i < size; i++) chosen.add(Math.floor((i * rows) / size) * outputs + (i % outputs));
  const worst = createTop<number>(WORST);
  for (let i = 0; i < actual.length; i++) worst.offer(Math.abs(actual[i]! - reconstructed[i]!), i);
  for (const i of worst.items) chosen.add(i);
  const indices = [...chosen].sort((a, b) => a - b);
  const rounded = (values: Float64Array) => indices.map((i) => Math.round(values[i]! * 1e6) / 1e6);
  return { actual: rounded(actual), reconstructed: rounded(reconstructed) };
}
