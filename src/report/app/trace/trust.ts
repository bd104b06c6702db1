/** How far a traced decision can be believed. */
import { formatNumber, formatPercent, formatSignedPercent } from '../../../plot/format.js';
import type { TraceResult } from '../../../results/trace.js';
import { shareOf } from '../../trace/figures.js';
import { mixesClasses } from '../../trace/words.js';
import type { Fact, Trust } from '../kind-view.js';
import { accuracyFact, nothingLearned } from '../parts/accuracy.js';
import { lastEvidence } from './says.js';

/** Above this completeness error the updates do not explain a layer. */
export const COMPLETE = 0.01;
/** Above this one they explain little of it. */
const INCOMPLETE = 0.2;
/** A larger share of a layer's output than this is most of it. */
const MOST = 0.5;

/** The badge of one decision. */
export function trustIn(result: TraceResult, input: number): Trust {
  const query = result.queries[input]!;
  const last = query.layers.at(-1);
  if (query.undecided !== undefined || !last) {
    return { level: 'bad', says: query.undecided ?? 'No layer was traced.', facts: accuracyFact(result) };
  }
  const worst = Math.max(...query.layers.map(({ completenessError }) => completenessError));
  const initial = last.initial ? shareOf(last, last.initial.gamma) : 0;
  const facts: Fact[] = [
    ...accuracyFact(result),
    ['completeness error', formatNumber(worst)],
    ['initial weights in the last layer', formatSignedPercent(initial)],
    ['bias in the last layer', formatSignedPercent(last.biasShare)],
    [
      'layers whose lists are evidence',
      `${query.layers.filter(({ evidence }) => evidence !== false).length} of ${query.layers.length}`,
    ],
  ];
  const nothing = nothingLearned(result);
  if (nothing) return { ...nothing, facts };
  if (worst > INCOMPLETE) {
    return {
      level: 'bad',
      says: `The traced updates miss ${formatPercent(Math.min(1, worst))} of a layer: what is said is not the whole training.`,
      facts,
    };
  }
  const doubts = [
    worst > COMPLETE && `the traced updates miss ${formatPercent(worst)} of a layer`,
    initial > MOST &&
      `${formatPercent(Math.min(1, initial))} of the last layer's output is what its weights were before training`,
    Math.abs(last.biasShare) > MOST && 'most of the last layer is its bias, the same for every input',
    mixesClasses(query) && 'the batches mix classes, so that no class can be named',
    !lastEvidence(query) && 'no list of examples is specific to this input',
  ].filter((doubt) => doubt !== false);
  if (doubts.length > 0) return { level: 'limited', says: `With care: ${doubts.join('; ')}.`, facts };
  return {
    level: 'good',
    says: 'All updates add up to the layers’ outputs, and the last lists are specific to this input.',
    facts,
  };
}
