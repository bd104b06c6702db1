/** A way to value training examples, as it is judged. */
import type { Dataset } from '../../data/dataset.js';
import type { EffectMatrix, RunSubject } from '../../explain/influence/subject.js';
import type { Notice } from '../../progress.js';
import type { InfluenceLayer } from '../../results/influence.js';
import type { LastLayer } from './last-layer.js';

/** A run, what is asked of it, and what methods of the last layer and simple baselines look at. */
export interface MethodSubject extends RunSubject {
  readonly train: Dataset;
  /** Whether the measure is the loss, which is low where a decision is good, and not the margin. */
  readonly ofLoss: boolean;
  /** The last layer of the run, opened once. */
  lastLayer(): Promise<LastLayer>;
  readonly onNotice?: Notice | undefined;
  readonly seed: number;
}

/** Effects, [queries, examples], with the layer that was fitted for them, where one was. */
export interface EvaluatedEffects extends EffectMatrix {
  readonly layer?: InfluenceLayer | undefined;
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
  /** Its values for a query are the same whatever other queries there are. */
  readonly byQuery?: boolean | undefined;
  /** It looks at the last layer, which must be a linear one. */
  readonly ofLastLayer?: boolean | undefined;
  /** Time in training steps that take as long: to be multiplied by the run's steps. */
  cost(queries: number): number;
  /**
   * Effects on the subject's measure; an example that supports it has a positive one. Where the measure is the loss,
   * examples are the more suspicious the larger theirs.
   */
  effects(subject: MethodSubject): Promise<EvaluatedEffects>;
}
