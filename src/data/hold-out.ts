/** A test split for data sets that come without one. */
import type { Split } from './dataset.js';
import { InputError } from '../errors.js';
import { countText } from './printable.js';

const EVERY = 10;

/**
 * Which examples belong to a split when the data set has none of its own. All examples are sorted by class, stably, and
 * every tenth of that order (positions 9, 19, 29, …) is held out as test: the same ones each time, every class in proportion.
 * @param labels of the whole data set
 * @returns ascending indices into `labels`
 */
export function holdOut(labels: ArrayLike<number>, split: Split): number[] {
  const order = Array.from({ length: labels.length }, (_, i) => i).sort((a, b) => labels[a]! - labels[b]!);
  return order.filter((_, position) => (position % EVERY === EVERY - 1) === (split === 'test')).sort((a, b) => a - b);
}

/**
 * As `holdOut`, and tells the user so.
 * @param shown the data set, for the message
 * @throws InputError when the data set is too small for the split to hold anything
 */
export function announcedHoldOut(
  labels: ArrayLike<number>,
  split: Split,
  shown: string,
  notice: (line: string) => void,
): number[] {
  const indices = holdOut(labels, split);
  if (indices.length === 0) {
    throw new InputError(
      `${shown}: has no ${split} split, and ${countText(labels.length)} examples are too few to hold out every ${EVERY}th; ` +
        'add a split of its own',
    );
  }
  const what = `${countText(indices.length)} of ${countText(labels.length)} examples`;
  notice(`${shown} has no test split of its own: every ${EVERY}th example is held out as test (${split}: ${what})`);
  return indices;
}
