/** How good the explained model is, and how good guessing would be: what tells whether there is anything to explain. */
import * as v from 'valibot';
import { count, share } from '../schema/fields.js';

/** Schema of it. */
export const accuracySchema = v.object({
  /** The split that it was measured on. */
  split: v.picklist(['train', 'test']),
  /** Share of the examples whose label the model says. */
  value: share,
  /** Share of the most frequent class: what a model reaches that says the same for every input. */
  chance: share,
  /** How many examples there were. */
  examples: v.optional(count),
});

/** The explained model's accuracy beside that of guessing. */
export type Accuracy = v.InferOutput<typeof accuracySchema>;

/** A split with its labels. */
interface Labelled {
  readonly split: 'train' | 'test';
  readonly labels: ArrayLike<number>;
}

/** The accuracy of a model on a split, beside that of guessing; undefined for an empty one. */
export function accuracyOn({ split, labels }: Labelled, value: number): Accuracy | undefined {
  if (labels.length === 0) return undefined;
  const counts = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) counts.set(labels[i]!, (counts.get(labels[i]!) ?? 0) + 1);
  return { split, value, chance: Math.max(...counts.values()) / labels.length, examples: labels.length };
}

/**
 * The accuracy of a run's model on its test split, as training measured it.
 * @param test the split; nothing is said without it
 */
export function accuracyOfRun(
  { epochs }: { readonly epochs: readonly { readonly testAccuracy?: number | undefined }[] },
  test: Labelled | undefined,
): Accuracy | undefined {
  const value = epochs.at(-1)?.testAccuracy;
  return value === undefined || test?.split !== 'test' ? undefined : accuracyOn(test, value);
}

/**
 * The accuracy that scores have.
 * @param scores [examples, outputs], before or after a softmax or sigmoid; a single one decides between two classes at 0
 */
export function accuracyOfScores(set: Labelled, scores: ArrayLike<number>, outputs: number): Accuracy | undefined {
  let right = 0;
  for (let i = 0; i < set.labels.length; i++) {
    let best = 0;
    for (let k = 1; k < outputs; k++) if (scores[i * outputs + k]! > scores[i * outputs + best]!) best = k;
    const given = outputs === 1 ? Number(scores[i]! > 0) : best;
    if (given === set.labels[i]) right++;
  }
  return accuracyOn(set, right / set.labels.length);
}
