/** How far what is said of a training can be believed. */
import { formatCount, formatNumber, formatPercent } from '../../../plot/format.js';
import type { TrendsResult } from '../../../results/trends.js';
import type { Fact, Trust } from '../kind-view.js';
import { accuracyFact, nothingLearned } from '../parts/accuracy.js';

/** Weights that are further away from those of the training are others. */
const FAR = 1e-3;

/** How near the weights are to those of the training, and whether it learned anything. */
export function trustOf(result: TrendsResult): Trust {
  const { weights, fit } = result;
  const { error, measureError, checkpoints } = weights;
  const facts: Fact[] = [
    ...accuracyFact(result),
    ['weights', weightsText(weights)],
    ...(measureError > 0
      ? [['measures off by at most', `${formatPercent(measureError)} of how far they move`] as const]
      : []),
  ];
  const nothing = nothingLearned(result);
  if (nothing) return { ...nothing, facts };
  if (fit.label === 'not learned') {
    return { level: 'bad', says: `The network did not learn, so that its maps explain nothing. ${fit.because}`, facts };
  }
  if (checkpoints.length === 0) {
    return {
      level: 'limited',
      says: 'The weights of the steps were compared with no checkpoint of the training.',
      facts,
    };
  }
  if (error > FAR || measureError > FAR) {
    return { level: 'limited', says: 'The log is not exact: small changes of the measures may be its loss.', facts };
  }
  return { level: 'good', says: 'The weights of each step are those of the training, as its checkpoints show.', facts };
}

/** From where weights came, and how near they are. */
export function weightsText({ source, error, checkpoints }: TrendsResult['weights']): string {
  const from = source === 'log' ? 'summed up from the log' : 'from training again';
  if (checkpoints.length === 0) return `${from}, compared with no checkpoint`;
  const apart = error === 0 ? 'to the bit as' : `within ${formatNumber(error, 2)} of the largest change of`;
  return `${from}, ${apart} ${checkpoints.length === 1 ? 'the checkpoint' : `${formatCount(checkpoints.length)} checkpoints`}`;
}
