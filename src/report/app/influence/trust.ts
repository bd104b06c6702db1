/** How far effects can be believed. */
import { formatNumber } from '../../../plot/format.js';
import type { InfluenceResult } from '../../../results/influence.js';
import { correlationText } from '../../influence/terms.js';
import type { Trust } from '../kind-view.js';
import { accuracyFact, nothingLearned } from '../parts/accuracy.js';
import { counted } from '../parts/text.js';

/** A correlation below this says little of single examples. */
const CLEAR = 0.5;

/** How well effects are known to hold. */
export function trustOf(result: InfluenceResult): Trust {
  const { method, replay, verified, layer } = result;
  const facts = [
    ...accuracyFact(result),
    ['method', method.name] as const,
    ...(replay ? [['replay differs from the recorded training by', formatNumber(replay.drift)] as const] : []),
    ...(verified?.pearson === undefined ? [] : [['predicted against actual', correlationText(verified)] as const]),
    ...(layer?.fit
      ? [['the fitted layer agrees with the model on', `${(layer.fit.agreement * 100).toFixed(1)} %`] as const]
      : []),
  ];
  const nothing = nothingLearned(result);
  if (nothing) return { ...nothing, facts };
  if (method.predicts === false) {
    return {
      level: 'limited',
      says: 'These values rank training examples; they do not say what would be without one.',
      facts,
    };
  }
  if (replay && replay.drift > 0) {
    return {
      level: 'limited',
      says: 'The replay is not the recorded training; what is said is true of the replay.',
      facts,
    };
  }
  const [least, most] = verified?.interval ?? [];
  if (least !== undefined && most !== undefined && least < CLEAR) {
    return {
      level: 'limited',
      says: `Training again agrees with the prediction by ${formatNumber(verified!.pearson ?? 0)}, but over ${counted(verified!.queries, 'input')} that may be anything from ${formatNumber(least)} to ${formatNumber(most)}.`,
      facts,
    };
  }
  if (layer) {
    return {
      level: 'limited',
      says: 'Only the last layer was asked; what the others would have learned without an example is not in it.',
      facts,
    };
  }
  if (verified?.pearson !== undefined) {
    return { level: 'good', says: 'Training again without the strongest examples did what was predicted.', facts };
  }
  return {
    level: 'good',
    says: 'The recorded training was replayed to the bit, and differentiated through every layer. --verify tries it by training again.',
    facts,
  };
}
