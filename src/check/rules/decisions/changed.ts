/** Probes that the new export decides otherwise than the accepted model. */
import type { CheckResult } from '../../../results/check.js';
import type { Decision } from '../../measure/decisions.js';
import { largest } from '../../measure/statistics.js';
import { probeFeatures } from '../../probes/shown.js';
import type { RuleContext } from '../../rule.js';
import { need } from '../../unavailable.js';

/** Runners-up this near, as a share of the scores' scale, are ties, which rounding decides. */
const TIE = 1e-4;

/** A probe, and what became of its decision. */
export interface ChangedDecision {
  /** Among the probes. */
  readonly probe: number;
  readonly before: Decision;
  readonly after: Decision;
}

/** Decisions that changed, ties left out, in the order of the probes. @throws CouldNotRun when there are no decisions */
export function changedDecisions({
  baseline,
  candidate,
}: Pick<RuleContext, 'baseline' | 'candidate'>): ChangedDecision[] {
  const now = need(candidate.decisions, 'the decisions');
  const scale = largest(baseline.outputs[baseline.rule?.output ?? 0]!.rows.data);
  return baseline.decisions.flatMap((before, probe) => {
    const after = now[probe]!;
    const isTie = before.margin <= TIE * scale;
    return before.class === after.class || isTie ? [] : [{ probe, before, after }];
  });
}

/** Changes that a result lists. */
const MOST_LISTED = 200;

/**
 * Changed decisions in the words of a result: what was right and is wrong first, then those of which the accepted model was surest;
 * and how many there are. Neither where there are no decisions to compare.
 */
export function listedChanges(context: RuleContext): Pick<CheckResult, 'changes' | 'changed'> {
  const { baseline, candidate, probes } = context;
  if (!baseline.rule || 'problem' in candidate.decisions) return {};
  const named = (index: number) => ({ class: index, label: probes.classNames[index] ?? String(index) });
  const decided = ({ class: index, confidence }: Decision) => {
    return { ...named(index), probability: Math.min(1, Math.max(0, confidence)) };
  };
  const isLost = ({ probe, before }: ChangedDecision) => before.class === probes.labels?.[probe];
  const found = changedDecisions(context).sort(
    (a, b) => Number(isLost(b)) - Number(isLost(a)) || b.before.confidence - a.before.confidence,
  );
  const changed = { all: found.length, lost: probes.labels ? found.filter(isLost).length : undefined };
  const changes = found.slice(0, MOST_LISTED).map(({ probe, before, after }) => {
    const { file, row, notes } = probes.origins?.[probe] ?? {};
    return {
      probe,
      input: probes.names[probe]!,
      inputFile: file,
      inputRow: row,
      inputNotes: notes,
      features: probeFeatures(probes, probe),
      truth: probes.labels ? named(probes.labels[probe]!) : undefined,
      before: decided(before),
      after: decided(after),
    };
  });
  return { changes, changed };
}
