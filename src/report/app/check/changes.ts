/** Decisions that are no longer what the accepted model said. */
import type { CheckResult } from '../../../results/check.js';
import type { ProbableClass, LabelledClass } from '../decisions.js';

/** One of them. */
export interface DecisionChange {
  /** Number of the probe, from 0. */
  readonly probe: number;
  /** What it is called, and where it is. */
  readonly input?: string | undefined;
  readonly file?: string | undefined;
  readonly row?: number | undefined;
  readonly before: ProbableClass;
  readonly after: ProbableClass;
  readonly truth?: LabelledClass | undefined;
}

/** The changed decisions that a result holds; undefined where it does not say them. */
export const changesIn = (result: CheckResult): readonly DecisionChange[] | undefined =>
  (result as { changes?: readonly DecisionChange[] }).changes;
