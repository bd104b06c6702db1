/** How far a sum over training points can be believed. */
import { formatNumber } from '../../../plot/format.js';
import type { RepresenterResult } from '../../../results/representer.js';
import { closerText } from '../../representer/closer-text.js';
import type { Trust } from '../kind-view.js';
import { accuracyFact, nothingLearned } from '../parts/accuracy.js';

/** Below this correlation the sum over training points is not what the model computes. */
const FOLLOWS = 0.99;
/** Below this one it has little to do with it. */
const LOST = 0.9;

/** The badge of the fit. */
export function trustOf(result: RepresenterResult): Trust {
  const { fit } = result;
  const { status, pearson, lambda, gradientMaxNorm, sumError, mode, closer } = fit;
  const facts = [
    ...accuracyFact(result),
    ['follows the model’s outputs (Pearson)', formatNumber(pearson, 4)] as const,
    ['λ', formatNumber(lambda)] as const,
    ['fit', status] as const,
    ['values miss the scores by', `${formatNumber(sumError)} at most`] as const,
  ];
  const nothing = nothingLearned(result);
  if (nothing) return { ...nothing, facts };
  const isOff = mode === 'given' && pearson < FOLLOWS;
  if (mode === 'given' && pearson < LOST) {
    return {
      level: 'bad',
      says: `The sum over training points does not follow the model${closer ? `: ${closerText(fit, closer)}` : ''}.`,
      facts,
    };
  }
  const doubts = [
    status === 'inexact' &&
      `λ is very small for these features, so that the values miss the scores by up to ${formatNumber(sumError)}`,
    status !== 'inexact' &&
      status !== 'converged' &&
      `the fit did not converge (its gradient is still ${formatNumber(gradientMaxNorm)})`,
    isOff &&
      `the sum over training points follows the model only roughly${closer ? `: ${closerText(fit, closer)}` : ''}`,
    mode === 'train' && 'the layer was fitted to the labels, not to what the model says',
  ].filter((doubt) => doubt !== false);
  if (doubts.length > 0) return { level: 'limited', says: `With care: ${doubts.join('; ')}.`, facts };
  return { level: 'good', says: 'The values of all training points sum to what the model computes.', facts };
}
