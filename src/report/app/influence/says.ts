/** An influenced decision in a few sentences. */
import { formatNumber, formatSigned } from '../../../plot/format.js';
import type { InfluenceEffect, InfluenceQuery, InfluenceResult } from '../../../results/influence.js';
import { isLoss } from '../../../results/losses.js';
import { className, whereOf } from '../parts/text.js';

/** The point of a query. */
export function says({ classNames }: InfluenceResult, query: InfluenceQuery): string {
  const { examples, opponents, measure, verification, predicted, truth } = query;
  const [up] = examples;
  const [down] = opponents;
  const lost =
    predicted && truth && predicted.class !== truth.class
      ? `It lost to ${predicted.label}; the true class is ${truth.label}. `
      : '';
  if (!up && !down) return `${lost}No training example has any effect.`;
  const loss = isLoss(measure.name);
  const named = (effect: InfluenceEffect | undefined, word: string) =>
    effect &&
    `${word} by ${className(classNames, effect.label)} ${whereOf(effect) || `example ${effect.index}`} (${formatSigned(effect.effect)})`;
  const sides = [
    named(up, loss ? 'raised most' : 'supported most'),
    named(down, loss ? 'lowered most' : 'opposed most'),
  ].filter((side) => side !== undefined);
  const checked = verification
    ? ` Trained again without ${strongest(verification.examples, measure.name)}, the ${measure.name} is ${formatNumber(verification.after)} instead of ${formatNumber(verification.before)}.`
    : '';
  return `${lost}The ${measure.name} is ${sides.join(', and ')}.${checked}`;
}

/** Those that are left out, in words. */
export function strongest(count: number, measure: string): string {
  if (isLoss(measure)) return count === 1 ? 'the one that raises it most' : `the ${count} that raise it most`;
  return count === 1 ? 'its strongest supporter' : `its ${count} strongest supporters`;
}
