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
  /** Indices into the training set; ghosts are not among them. */
  readonly examples: readonly number[];
  /** The class of all examples; null where they mix. */
  readonly batchClass: number | null;
}

/**
 * Which examples a step used, and of which class they are.
 * @param labels class of every training example
 * @throws InputError when the step used an example that the data do not have
 */
export function stepUse({ step, examples, class: batchClass }: StepRecord, labels: Int32Array): StepUse {
  for (const index of examples) {
    if (index >= labels.length) {
      throw new InputError(
        `step ${step} of the log used training example ${index}, but the data have ${labels.length}; ` +
          'give the data that the run was trained on',
      );
    }
  }
  if (batchClass !== undefined) return { step, examples, batchClass };
  const label = labels[examples[0]!];
  const isOne = label !== undefined && examples.every((index) => labels[index] === label);
  return { step, examples, batchClass: isOne ? label : null };
}
