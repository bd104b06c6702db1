/**
 * Which damping makes influence functions of the last layer true? For each λ: how far the layer that is fitted with it is from
 * the model's own outputs, and the linear datamodelling score of its influence functions (20 test examples, 30 parts).
 *
 *   npm run build && npx tsx scripts/truth/damping.ts <run>…
 */
import type { Bench } from '../../dist/evaluate/bench.js';
import { drawSubsets, predictedSums, rankAgreement } from '../../dist/evaluate/linear-datamodelling.js';
import { openLastLayer, type LastLayer } from '../../dist/evaluate/methods/last-layer.js';
import { measureRow } from '../../dist/explain/influence/row-measures.js';
import { cachedFit, FIT_DEFAULTS } from '../../dist/explain/representer/cached-fit.js';
import { rowOf, widened, type FeatureMatrix } from '../../dist/explain/representer/features/features.js';
import { openHessian } from '../../dist/explain/representer/fit/hessian.js';
import { scoresAt } from '../../dist/explain/representer/fit/objective.js';
import { exampleGradient, influenceOn } from '../../dist/explain/representer/influence.js';
import { softmax } from '../../dist/numeric/probabilities.js';
import { mean } from '../../dist/numeric/statistics.js';
import { dot } from '../../dist/numeric/vectors.js';
import { nodeRuntime } from '../../dist/runtime/node.js';
import { withBench } from './run-bench.js';

/** λ, relative to the mean squared length of the features. */
const SHARES = [1e-1, 1e-2, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 1e-6];
const [QUERIES, PARTS, KEEP] = [20, 30, [0.5, 0.9]];
const runtime = nodeRuntime({ threads: 1 });

async function judge(bench: Bench, runDirectory: string): Promise<void> {
  const { replay, classifier, train, queries } = bench;
  const parts = KEEP.map((keep) => drawSubsets(PARTS, keep, train.length, 0));
  const trained: Float64Array[][] = [];
  for (const subsets of parts) {
    const margins: Float64Array[] = [];
    for (const kept of subsets) margins.push(await bench.retrained(Float32Array.from(kept)));
    trained.push(margins);
  }
  const last = await openLastLayer({ replay, classifier, train, runtime });
  const asked = await last.features(queries.x);
  const { data, rows } = last.train.features;
  const lengths = 1 + dot(data, data) / rows;
  for (const share of SHARES) {
    const lambda = Number((share * lengths).toPrecision(1));
    const { effects, divergence } = await influenceFunctions(last, lambda, asked, bench.predicted);
    const scores = parts.map((subsets, k) => {
      const predicted = effects.map((ofQuery) => predictedSums(ofQuery, subsets));
      const actual = effects.map((_, q) => Float64Array.from(trained[k]!, (margins) => margins[q]!));
      return `${KEEP[k]} kept ${mean(rankAgreement(predicted, actual, 0).correlations).toFixed(3)}`;
    });
    console.log(
      `${runDirectory}: λ ${lambda} (${share}), divergence ${divergence.toPrecision(2)}, ${scores.join(', ')}`,
    );
  }
  await last.release();
}

/** Effects on the margins of queries, and the mean divergence of the fitted layer's outputs from the model's. */
async function influenceFunctions(last: LastLayer, lambda: number, asked: FeatureMatrix, targets: Int32Array) {
  const { outputs, bias, activation, columns } = last.layer;
  const { fit, points } = await cachedFit(last, { ...FIT_DEFAULTS, mode: 'train', lambda }, runtime);
  const features = widened(points.features);
  const residuals = fit.alpha.map((value) => -2 * lambda * features.rows * value);
  const ours = await scoresAt(features, fit.weights, outputs, runtime);
  let divergence = 0;
  for (let i = 0; i < features.rows; i++) {
    const given = softmax(Float64Array.from(rowOf(last.train.scores, outputs, i)));
    const fitted = softmax(rowOf(ours, outputs, i));
    given.forEach((p, j) => p > 0 && (divergence += (p * Math.log(p / fitted[j]!)) / features.rows));
  }
  const hessian = await openHessian({ features, outputs, bias, lambda, activation }, fit.weights, runtime);
  const scores = await scoresAt(asked, fit.weights, outputs, runtime);
  const effects: Float64Array[] = [];
  for (const [q, target] of targets.entries()) {
    const { gradient } = measureRow('margin', rowOf(scores, outputs, q), { target, loss: 'cross-entropy' });
    const along = exampleGradient(rowOf(asked.data, columns, q), gradient, outputs, bias);
    const { values } = await influenceOn(along, { features, residuals, outputs, bias }, hessian, runtime);
    effects.push(values.map((growth) => -growth));
  }
  await hessian.release();
  return { effects, divergence };
}

async function main(): Promise<void> {
  for (const runDirectory of process.argv.slice(2)) {
    await withBench(runDirectory, QUERIES, runtime, (bench) => judge(bench, runDirectory));
  }
}

void main();
