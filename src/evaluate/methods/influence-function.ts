import { noEffects } from '../../explain/influence/subject.js';
import { labelTargets } from '../../explain/representer/cached-fit.js';
import { rowOf, widened, type FeatureMatrix } from '../../explain/representer/features/features.js';
import { fitLayer } from '../../explain/representer/fit/fit.js';
import { openHessian } from '../../explain/representer/fit/hessian.js';
import { activated, scoresAt, weightCount } from '../../explain/representer/fit/objective.js';
import { exampleGradient, influenceOn } from '../../explain/representer/influence.js';
import { sigmoid, softmax } from '../../numeric/probabilities.js';
import { withLastLayer } from './last-layer.js';
import type { EvaluatedMethod } from './method.js';

/** λ, relative to the mean squared length of the features: a middle of what leave-one-out chooses. */
const DAMPING = 1e-3;

const SOLVE = { solver: 'lbfgs', tolerance: 1e-6, maxIterations: 500 } as const;

/**
 * Influence functions of the last layer ([Koh & Liang 2017]), fitted to the labels with a fixed damping: the strongest baseline
 * that needs no recorded training.
 */
export const influenceFunction: EvaluatedMethod = {
  name: 'influence-function',
  says: 'how much lower the measure would be without the example, were the last layer alone fitted to its features',
  cost: (queries) => 1 + 0.2 * queries,
  effects: (subject) =>
    withLastLayer(subject, async (last) => {
      const { queries, train, ofLoss, runtime } = subject;
      const { columns, outputs } = last;
      const features = widened(last.train.features);
      const activation = outputs > 1 ? 'softmax' : 'sigmoid';
      const targets = labelTargets(train.labels, outputs);
      const lambda = DAMPING * (1 + meanSquaredLength(features));
      const problem = { features, targets, outputs, bias: true, lambda, activation } as const;
      const { weights } = await fitLayer(problem, new Float64Array(weightCount(problem)), SOLVE, runtime);
      const given = activated(await scoresAt(features, weights, outputs, runtime), outputs, activation);
      const residuals = given.map((p, k) => p - targets[k]!);
      const hessian = await openHessian(problem, weights, runtime);
      const effects = noEffects(queries.length, train.length);
      try {
        for (const [q, query] of queries.entries()) {
          const gradient = new Float64Array(weights.length);
          for await (const { x, targets: asked } of query.batches()) {
            const data = Float64Array.from(await last.features(x));
            const matrix: FeatureMatrix = { rows: asked.length, columns, data };
            const scores = await scoresAt(matrix, weights, outputs, runtime);
            for (let row = 0; row < asked.length; row++) {
              const slope = slopeOf(rowOf(scores, outputs, row), asked[row]!, ofLoss);
              const one = exampleGradient(rowOf(data, columns, row), slope, outputs, true);
              one.forEach((value, k) => (gradient[k]! += query.scale * value));
            }
          }
          const found = await influenceOn(gradient, { features, residuals, outputs, bias: true }, hessian, runtime);
          // There: by how much it grows when the example is left out.
          effects.values.set(
            found.values.map((growth) => -growth),
            q * train.length,
          );
        }
      } finally {
        await hessian.release();
      }
      return effects;
    }),
};

/** The gradient of the margin, or of the loss, to the scores. */
function slopeOf(scores: Float64Array, target: number, ofLoss: boolean): Float64Array {
  if (scores.length === 1) {
    const p = sigmoid(scores[0]!);
    return Float64Array.of(ofLoss ? p - target : target === 1 ? 1 : -1);
  }
  if (ofLoss) return softmax(scores).map((p, j) => p - Number(j === target));
  const others = softmax(scores.map((score, j) => (j === target ? -Infinity : score)));
  return others.map((p, j) => Number(j === target) - p);
}

function meanSquaredLength({ rows, data }: FeatureMatrix): number {
  let squares = 0;
  for (let k = 0; k < data.length; k++) squares += data[k]! ** 2;
  return squares / rows;
}
