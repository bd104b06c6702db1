/** A way to value training examples, as it is judged. */
import type { Dataset } from '../../data/dataset.js';
import type { EffectMatrix, RunSubject } from '../../explain/influence/subject.js';

/** A run, what is asked of it, and what simple baselines look at. */
export interface MethodSubject extends RunSubject {
  readonly train: Dataset;
  /** Whether the measure is the loss, which is low where a decision is good, and not the margin. */
  readonly ofLoss: boolean;
  readonly seed: number;
}

/** A method: one file beside this one, one line in `registry.ts`. */
export interface EvaluatedMethod {
  readonly name: string;
  /** What its values say. */
  readonly says: string;
  /** Its values are of examples alone: they rank labels, and say nothing of a query. */
  readonly labelsOnly?: boolean | undefined;
  /** Its values do not follow the loss: it ranks no labels. */
  readonly noLabels?: boolean | undefined;
  /** Time in training steps that take as long: to be multiplied by the run's steps. */
  cost(queries: number): number;
  /**
   * Effects on the subject's measure; an example that supports it has a positive one. Where the measure is the loss,
   * examples are the more suspicious the larger theirs.
   */
  effects(subject: MethodSubject): Promise<EffectMatrix>;
}
