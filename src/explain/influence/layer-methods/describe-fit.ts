/** What a result says of the layer that a method fitted. */
import type { Notice } from '../../../progress.js';
import type { InfluenceLayer } from '../../../results/influence.js';
import type { Runtime } from '../../../runtime/runtime.js';
import type { Fit } from '../../representer/fit/fit.js';
import { scoresAt } from '../../representer/fit/objective.js';
import type { LayerExamples } from '../../representer/layer-data.js';

/**
 * The fit, and on how many training examples it says the class that the model says.
 * @param how what it was fitted to, and λ
 */
export async function describedFit(
  { layer, train }: LayerExamples,
  { weights, status, gradientMaxNorm }: Pick<Fit, 'weights' | 'status' | 'gradientMaxNorm'>,
  how: { readonly targets: 'labels' | 'outputs'; readonly lambda: number },
  runtime: Runtime,
): Promise<InfluenceLayer> {
  const { outputs, name, columns } = layer;
  const ours = await scoresAt(train.features, weights, outputs, runtime);
  let same = 0;
  for (let i = 0; i < train.features.rows; i++) {
    if (classAt(ours, outputs, i) === classAt(train.scores, outputs, i)) same++;
  }
  const agreement = same / train.features.rows;
  return { name, features: columns, fit: { ...how, status, gradientMaxNorm, agreement } };
}

/** Tells of a fit that is not exact. */
export function warnOf({ status, gradientMaxNorm }: Fit, onNotice: Notice | undefined): void {
  if (status === 'converged') return;
  onNotice?.(
    `the fit of the last layer is not exact (${status}: ‖∇‖∞ is ${gradientMaxNorm.toExponential(1)}), and neither are its values`,
  );
}

function classAt(scores: Float32Array | Float64Array, outputs: number, row: number): number {
  if (outputs === 1) return scores[row]! > 0 ? 1 : 0;
  let best = 0;
  for (let j = 1; j < outputs; j++) if (scores[row * outputs + j]! > scores[row * outputs + best]!) best = j;
  return best;
}
