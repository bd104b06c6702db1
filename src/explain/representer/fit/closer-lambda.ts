/** Which λ would do, where the penalty is too strong for a fit that follows the model. */
import type { Runtime } from '../../../runtime/runtime.js';
import { float64 } from '../../../tensor.js';
import { fitLayer } from './fit.js';
import { targetsOf, type FitOptions, type CachedFit } from '../cached-fit.js';
import { evenRows, selectRows, widened } from '../features/features.js';
import { activated, scoresAt, type FlatWeights } from './objective.js';
import { pearson } from '../../../numeric/statistics.js';
import type { LayerData } from '../layer-data.js';

/** Pearson's correlation with the model's outputs from which a fit follows the model: the paper's figure is 0.99978. */
export const CLOSE = 0.9997;

/** A smaller λ with the correlation that it should give. */
export interface CloserLambda {
  readonly lambda: number;
  readonly pearson: number;
}

/** Training points, evenly spread, that the trial fits are made on. */
const SAMPLE = 2048;

/** Trial fits, each with about a third of the λ before; beyond them fits become costly. */
const TRIALS = 8;

/** Weights of a trial only have to be good for some digits of a correlation. */
const TRIAL = { solver: 'lbfgs', tolerance: 1e-6, maxIterations: 500 } as const;

/**
 * Tries smaller and smaller λ on a part of the training points. There a fit comes closer than on all of them; how much, is
 * measured at the λ of the fit that is there, and taken to be the same factor in 1 − Pearson for the others. The answer is
 * kept in the cache.
 * @param reached correlation of the fit that is there, on all training points
 * @returns the largest λ of …, 0.001, 0.003, 0.01, … below the given one that should do, or the last one tried
 */
export async function closerLambda(
  layerData: LayerData,
  { fit, points: { features } }: CachedFit,
  reached: number,
  { mode, lambda }: FitOptions,
  runtime: Runtime,
): Promise<CloserLambda> {
  const { layer, cache } = layerData;
  const { outputs, activation, bias } = layer;
  const key = { ...layerData.key, mode, lambda };
  const kept = (await cache.read('closer', key))?.tensors.closer;
  if (kept?.data.length === 2) return { lambda: Number(kept.data[0]), pearson: Number(kept.data[1]) };

  const chosen = evenRows(features, SAMPLE);
  const sample = widened(selectRows(features, chosen));
  const all = { rows: features.rows, columns: outputs, data: targetsOf(layerData, 'given') };
  const targets = selectRows(all, chosen).data as Float64Array;
  const missOf = async (weights: FlatWeights) =>
    1 - pearson(targets, activated(await scoresAt(sample, weights, outputs, runtime), outputs, activation));

  let weights: FlatWeights = fit.weights;
  const trial = async (tried: number) => {
    const problem = { features: sample, targets, outputs, bias, activation, lambda: tried };
    ({ weights } = await fitLayer(problem, weights, TRIAL, runtime));
    return missOf(weights);
  };
  const factor = (1 - reached) / Math.max(Number.EPSILON, await trial(lambda));
  let best: CloserLambda = { lambda, pearson: reached };
  for (let i = 0; i < TRIALS && best.pearson < CLOSE; i++) {
    const tried = nextBelow(best.lambda);
    best = { lambda: tried, pearson: Math.max(-1, 1 - factor * (await trial(tried))) };
  }
  await cache.write('closer', key, { tensors: { closer: float64([best.lambda, best.pearson]) }, facts: {} });
  return best;
}

/** The next smaller one of …, 0.001, 0.003, 0.01, 0.03, … */
function nextBelow(lambda: number): number {
  const power = Math.floor(Math.log10(lambda) + 1e-9);
  const lead = lambda / 10 ** power;
  return Number(lead > 3 + 1e-9 ? `3e${power}` : lead > 1 + 1e-9 ? `1e${power}` : `3e${power - 1}`);
}
