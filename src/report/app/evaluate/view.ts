/** How a result of `evaluate` is shown. */
import { formatNumber, formatPercent } from '../../../plot/format.js';
import type { EvaluateResult } from '../../../results/evaluate.js';
import type { Fact, KindView, Trust } from '../kind-view.js';
import { counted, sentence } from '../parts/text.js';
import { bestOf, sayBest } from './best.js';
import { MethodsTab } from './methods-tab.js';

/** The views of a result of `evaluate`. */
export const evaluateView: KindView<EvaluateResult> = {
  title: 'Which explanations are true?',
  headline,
  trust: trustOf,
  decisions: () => [],
  links: () => [],
  unit: () => '',
  tabs: [{ id: 'methods', title: 'Methods', view: MethodsTab }],
  terms: ({ methods }) => [
    [
      'kept',
      'Trained again on a random part of the data with the same batches in the same order; what is left out weighs 0. Scores are Spearman’s rank correlation over the parts, by decision, and their mean: 1 foretells the order of all outcomes.',
    ],
    [
      '± and interval',
      'The standard error over the queries, and a 95 % interval; where parts of the data were drawn, these are resampled too.',
    ],
    ['chance', 'What random effects get. A figure whose interval holds it is marked, and proves nothing.'],
    ...methods.map(({ name, says }) => [name, sentence(says)] as const),
  ],
};

function headline(result: EvaluateResult): string {
  const best = bestOf(result);
  if (best) return sayBest(best);
  return `${counted(result.methods.length, 'method')} by ${counted(result.protocols.length, 'protocol')}.`;
}

/** Fewer queries say little. */
const FEW = 20;

function trustOf(result: EvaluateResult): Trust {
  const { drift, queries, accuracy } = result;
  const best = bestOf(result);
  const facts: Fact[] = [
    ['queries', String(queries.length)],
    ['of them decided as labelled', formatPercent(accuracy)],
    ['replay differs from the recorded training by', formatNumber(drift)],
  ];
  if (drift > 0) {
    return {
      level: 'limited',
      says: 'The replay is not the recorded training; what is said is true of the replay.',
      facts,
    };
  }
  if (best?.toldFromChance === false) {
    return { level: 'limited', says: 'Even the best method cannot be told from chance here.', facts };
  }
  if (queries.length < FEW) {
    return {
      level: 'limited',
      says: `${counted(queries.length, 'query', 'queries')} are few to rank methods by.`,
      facts,
    };
  }
  return {
    level: 'good',
    says: 'The recorded training was replayed to the bit, and methods were judged by training again. It is true of this run, not of methods in general.',
    facts,
  };
}
