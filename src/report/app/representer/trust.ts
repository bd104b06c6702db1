/** How far a sum over training points can be believed. */
import { formatNumber, formatPercent } from '../../../plot/format.js';
import type { RepresenterQuery, RepresenterResult } from '../../../results/representer.js';
import { closerText } from '../../representer/closer-text.js';
import type { Trust } from '../kind-view.js';
import { accuracyFact, nothingLearned } from '../parts/accuracy.js';
import { SAME_PROBABILITY } from './says.js';

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
  return { level: 'good', says: 'The sums over all training points follow the model’s outputs.', facts };
}

/** The badge of one decision: a fit that follows the model on the whole may miss it there. */
export function trustIn(result: RepresenterResult, query: RepresenterQuery): Trust {
  const all = trustOf(result);
  const { output, reconstructedOutput, undecided } = query;
  // Behind a ReLU the output is the score, and no probability.
  if (undecided !== undefined || result.fit.activation === 'relu') return all;
  const [model, sum] = [formatPercent(output), formatPercent(reconstructedOutput)];
  const facts = [...all.facts, ['probability, by the model', model] as const, ['by the sum', sum] as const];
  if (all.level === 'bad' || Math.abs(output - reconstructedOutput) <= SAME_PROBABILITY) return { ...all, facts };
  const missed = `by the sum over training points, the probability would be ${sum}; by the model it is ${model}`;
  const says = all.level === 'good' ? `With care: ${missed}.` : `${all.says.replace(/\.$/, '')}; ${missed}.`;
  return { level: 'limited', says, facts };
}
