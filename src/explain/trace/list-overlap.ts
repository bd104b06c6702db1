/**
 * Whether a layer's list of examples is about the input at all. In early layers, whose first updates are huge, the same
 * examples may lead for whatever is looked at: [Pfahler & Morik 2021] name it as an open problem. How much the lists of
 * reference inputs have in common tells.
 */
import type { ListOverlap } from '../../results/trace.js';

/** Examples of a list that are compared, whatever the number that is listed. */
const COMPARED = 10;
/** Lists of larger a part of the training examples share much by chance. */
const LARGEST_PART = 4;

/** How many of a list's first examples are compared. @param examples how many training examples there are */
export function comparedExamples(examples: number): number {
  return Math.max(1, Math.min(COMPARED, Math.floor(examples / LARGEST_PART)));
}

/**
 * How much the lists of inputs have in common: the mean over pairs of inputs that are decided differently, as lists know
 * the class and inputs of one class share part of theirs; over all pairs where all are decided alike.
 * @param lists of each input, its first examples
 * @param classes what each is decided as
 * @param of how many examples a list holds
 * @param examples how many training examples there are
 * @returns undefined when there are no two lists
 */
export function listOverlap(
  lists: readonly (readonly number[])[],
  classes: readonly number[],
  of: number,
  examples: number,
): ListOverlap | undefined {
  if (lists.length < 2) return undefined;
  const differ = classes.some((name) => name !== classes[0]);
  let [shared, pairs] = [0, 0];
  lists.forEach((list, i) => {
    const own = new Set(list);
    for (let j = 0; j < i; j++) {
      if (differ && classes[i] === classes[j]) continue;
      // Two inputs that nothing supports are not told apart either.
      shared += list.length === 0 && lists[j]!.length === 0 ? of : lists[j]!.filter((index) => own.has(index)).length;
      pairs++;
    }
  });
  return { shared: shared / pairs, of, inputs: lists.length, chance: (of * of) / examples };
}

/** A list is evidence as long as no more of it than this part, beyond chance, is shared by inputs of other classes. */
const MOST_SHARED = 0.1;

/** Whether a layer's lists say something of the input. */
export function isEvidence({ shared, of, chance }: ListOverlap): boolean {
  return shared - chance <= MOST_SHARED * (of - chance);
}
