/**
 * Probabilities of every class for every training example, by a last layer that was fitted without the example: what a
 * label is compared with must not have been learnt from it.
 */
import { seededRandom } from '../../../numeric/random.js';
import type { Runtime } from '../../../runtime/runtime.js';
import { labelTargets } from '../../representer/cached-fit.js';
import { selectRows, type FeatureMatrix } from '../../representer/features/features.js';
import { fitLayer, type SolveOptions } from '../../representer/fit/fit.js';
import { activated, scoresAt, weightCount, type FitProblem } from '../../representer/fit/objective.js';
import { openPreconditioner } from '../../representer/fit/preconditioner.js';

/** Parts that the examples are cut into; each is judged by a layer that was fitted to the others. */
export const FOLDS = 5;

/**
 * λ of the penalty, on features of mean squared length 1. It is strong on purpose: a layer that follows every label of a
 * network that has memorised them finds no wrong one. Measured from 1e-5 to 1e-2 on features of many epochs.
 */
export const FOLD_LAMBDA = 1e-3;

/** Probabilities are compared, not proved stationary. */
const SOLVE: SolveOptions = { solver: 'lbfgs', tolerance: 1e-5, maxIterations: 200 };

/** Bytes up to which features are held in float64. */
const LARGEST_DOUBLE = 2 ** 29;

/** Examples by features and labels. */
export interface LabelledRows {
  readonly features: FeatureMatrix;
  /** The class of each row. */
  readonly labels: Int32Array;
  readonly classes: number;
}

/**
 * Fits a softmax layer to all folds but one, in turn.
 * @returns [rows, classes], each row summing to 1
 */
export async function outOfFold(
  { features, labels, classes }: LabelledRows,
  seed: number,
  runtime: Runtime,
): Promise<Float64Array> {
  const rows = standardised(features);
  const folds = foldsOf(labels, seed);
  const problemOf = (chosen: FeatureMatrix, own: Int32Array): FitProblem => ({
    features: chosen,
    targets: labelTargets(own, classes),
    outputs: classes,
    bias: true,
    lambda: FOLD_LAMBDA,
    activation: 'softmax',
  });
  const whole = problemOf(rows, labels);
  // Folds differ little from the whole: its solution is where they start, and what is known of its curvature serves all.
  const { weights: start } = await fitLayer(whole, new Float64Array(weightCount(whole)), SOLVE, runtime);
  const preconditioner = await openPreconditioner(whole, start, runtime);
  try {
    const result = new Float64Array(labels.length * classes);
    for (let fold = 0; fold < FOLDS; fold++) {
      const inside = indicesWhere(folds, (value) => value !== fold);
      const outside = indicesWhere(folds, (value) => value === fold);
      if (inside.length === 0 || outside.length === 0) continue;
      const own = Int32Array.from(inside, (i) => labels[i]!);
      const { weights } = await fitLayer(problemOf(selectRows(rows, inside), own), start, SOLVE, runtime, {
        preconditioner,
      });
      const scores = await scoresAt(selectRows(rows, outside), weights, classes, runtime);
      const probabilities = activated(scores, classes, 'softmax');
      outside.forEach((i, k) => result.set(probabilities.subarray(k * classes, (k + 1) * classes), i * classes));
    }
    return result;
  } finally {
    await preconditioner?.release();
  }
}

/** The fold of every example: each class is spread evenly over all folds. */
export function foldsOf(labels: Int32Array, seed: number): Int32Array {
  const folds = new Int32Array(labels.length);
  const next = new Map<number, number>();
  for (const i of seededRandom(seed, 1).shuffle(Int32Array.from(labels.keys()))) {
    // Classes begin at different folds, so that small ones do not all lie in the first.
    const place = next.get(labels[i]!) ?? labels[i]!;
    folds[i] = place % FOLDS;
    next.set(labels[i]!, place + 1);
  }
  return folds;
}

/** Features about their mean, scaled to a mean squared length of 1; in float64 where they are small enough. */
export function standardised({ rows, columns, data }: FeatureMatrix): FeatureMatrix {
  const means = new Float64Array(columns);
  for (let i = 0; i < rows; i++) for (let k = 0; k < columns; k++) means[k]! += data[i * columns + k]! / rows;
  const result = data.length * 8 > LARGEST_DOUBLE ? new Float32Array(data.length) : new Float64Array(data.length);
  let squares = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = data[i]! - means[i % columns]!;
    squares += result[i]! ** 2;
  }
  const scale = squares > 0 ? Math.sqrt(rows / squares) : 1;
  for (let i = 0; i < result.length; i++) result[i]! *= scale;
  return { rows, columns, data: result };
}

function indicesWhere(values: Int32Array, holds: (value: number) => boolean): Int32Array {
  return Int32Array.from(values.keys()).filter((i) => holds(values[i]!));
}
