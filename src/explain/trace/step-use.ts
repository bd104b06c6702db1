/** What a training step used: which examples, of which classes. */
import { InputError } from '../../errors.js';
import type { StepRecord } from '../../log/format/records.js';

/**
 * What ranks examples and steps: γ (Eq. 6), its cosine (Eq. 7), or the positive part of the cosine, as the
 * early code of [Pfahler & Morik 2021] added it up.
 */
export type Similarity = 'dot' | 'cosine' | 'positive-cosine';

/** Values of `--similarity`. */
export const SIMILARITIES: readonly Similarity[] = ['dot', 'cosine', 'positive-cosine'];

/** A step as its examples see it. */
export interface StepUse {
  readonly step: number;
  /** Indices into the training set; neither ghosts nor what weighed 0 in the loss are among them. */
  readonly examples: readonly number[];
  /** What each weighed in the loss, relative to all of them; undefined where they weighed the same. */
  readonly shares?: readonly number[] | undefined;
  /** The class of all examples; null where they mix. */
  readonly batchClass: number | null;
}

/**
 * Which examples a step used, and of which class they are.
 * @param labels class of every training example
 * @param weights what the loss of every training example was multiplied by; 1 by default
 * @throws InputError when the step used an example that the data do not have
 */
export function stepUse(record: StepRecord, labels: Int32Array, weights?: Float32Array): StepUse {
  const { step, class: batchClass } = record;
  for (const index of record.examples) {
    if (index >= labels.length) {
      throw new InputError(
        `step ${step} of the log used training example ${index}, but the data have ${labels.length}; ` +
          'give the data that the run was trained on',
      );
    }
  }
  const examples = weights ? record.examples.filter((index) => weights[index]! > 0) : record.examples;
  const total = weights && examples.reduce((sum, index) => sum + weights[index]!, 0);
  const shares = weights && examples.map((index) => weights[index]! / total!);
  if (batchClass !== undefined) return { step, examples, shares, batchClass };
  const label = labels[examples[0]!];
  const isOne = label !== undefined && examples.every((index) => labels[index] === label);
  return { step, examples, shares, batchClass: isOne ? label : null };
}
