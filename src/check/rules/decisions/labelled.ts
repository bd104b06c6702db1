/** Decisions beside the true classes of the probes. */
import type { Decision } from '../../measure/decisions.js';
import type { RuleContext } from '../../rule.js';
import { need } from '../../unavailable.js';

/** Decisions before and now, and the truth. */
export interface Labelled {
  readonly before: readonly Decision[];
  readonly now: readonly Decision[];
  readonly labels: readonly number[];
}

/** Undefined when the true classes are not known. @throws CouldNotRun when there are no decisions */
export function labelled({ baseline, candidate, probes }: RuleContext): Labelled | undefined {
  if (!probes.labels) return undefined;
  return { before: baseline.decisions, now: need(candidate.decisions, 'the decisions'), labels: probes.labels };
}

/** Why there is nothing to judge. */
export const NO_LABELS = 'the true classes of the probes are not known';

/** Share of decisions that are right. */
export function accuracyOf(decisions: readonly Decision[], labels: readonly number[]): number {
  const right = decisions.filter((decision, i) => decision.class === labels[i]).length;
  return right / Math.max(1, decisions.length);
}
