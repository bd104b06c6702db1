/** A way to value training examples for decisions. */
import type { EffectMatrix, RunSubject } from '../subject.js';

/** A method that goes through the recorded training: one file beside this one, one line in `registry.ts`. */
export interface RunMethod {
  readonly name: string;
  /** What a value says, for a page; the measure is named beside it. */
  readonly says: string;
  /** False where a value does not predict the measure without the example, and only ranks. */
  readonly predicts?: false;
  /** Time in training steps that take as long: for all queries together, to be multiplied by the run's steps. */
  cost(queries: number): number;
  /** Effects on the subject's measure; an example that supports it has a positive one. */
  effects(subject: RunSubject): Promise<EffectMatrix>;
}
