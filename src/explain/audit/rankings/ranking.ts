/** What a ranking of labels is. */
import type { Course } from '../evidence/course.js';
import type { Gathered } from '../evidence/gathered.js';
import type { OthersSay } from '../evidence/inputs.js';
import type { Suspicion } from '../fitted.js';

/** What scores may be computed from; what costs much is computed when it is first asked for. */
export interface Evidence {
  /** The class of each training example. */
  readonly labels: Int32Array;
  readonly classes: number;
  /** The last layer, fitted to all labels. */
  readonly fitted: Suspicion;
  /** What other examples say of the labels, by the last features of the model as it is. */
  readonly latest: () => Promise<Gathered>;
  /** What other examples say, by the examples themselves; undefined where those are the features, or say little. */
  readonly inputs: () => Promise<OthersSay | undefined>;
  /** The course of the training; undefined where there is a model but no run. */
  readonly course: (() => Promise<Course>) | undefined;
  /**
   * Effect of each training example on the mean loss over the test split, as `influence` computes it: how much lower that would
   * be, had the example weighed 0. Undefined where there is a model but no run.
   */
  readonly heldOutEffects: (() => Promise<Float64Array>) | undefined;
}

/** Scores of all training examples. */
export interface Ranked {
  /** Higher the likelier the label is wrong, [rows]. */
  readonly scores: Float64Array;
  /** What was used and why, in a sentence; only where the ranking has a choice. */
  readonly reason?: string;
}

/** A ranking of training labels. */
export interface Ranking {
  /** Whether it needs the run that trained the model. */
  readonly needsRun: boolean;
  /** @throws InputError where what it needs cannot be had */
  rank(evidence: Evidence): Promise<Ranked>;
}

/** A ranking by what a fitted last layer says of each example. */
export function fittedRanking(scores: (fitted: Suspicion) => Float64Array): Ranking {
  return { needsRun: false, rank: ({ fitted }) => Promise.resolve({ scores: scores(fitted) }) };
}

/** A ranking by the course of the training. */
export function courseRanking(scores: (course: Course) => Float64Array): Ranking {
  return {
    needsRun: true,
    rank: async ({ course }) => {
      if (!course) throw new Error('internal: a ranking by the course of a training without a run');
      return { scores: scores(await course()) };
    },
  };
}
