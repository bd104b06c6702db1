/** Judges a new export by every rule. */
import type { CheckRule } from '../results/check.js';
import type { Baseline } from './baseline/baseline.js';
import type { Measurement, PartName } from './measure/measure.js';
import type { Finding, RuleContext } from './rule.js';
import type { CheckSettings, RuleSettings } from './settings/settings.js';
import { CouldNotRun, NotRecorded } from './unavailable.js';

/** The costly parts that the rules in force look at. */
export function partsNeeded({ rules }: CheckSettings, { unmeasurable }: Baseline): Set<PartName> {
  const judged = rules.filter(({ rule, level }) => level !== 'off' && !unmeasurable.has(rule.name));
  return new Set(judged.flatMap(({ rule }) => rule.needs));
}

/**
 * Judges by each rule that is not switched off. A rule that could not run counts as a failure unless it is optional; one
 * that the accepted model itself could not be measured by is left out, and says so.
 */
export function judge(context: RuleContext, settings: CheckSettings): CheckRule[] {
  return settings.rules.map((each) => judged(context, each));
}

function judged(context: RuleContext, { rule, level, optional, limits, changes }: RuleSettings): CheckRule {
  const facts = { rule: rule.name, level, optional, details: [], changes: [...changes] };
  const nothing = { value: null, limit: null, blocks: false };
  if (level === 'off') {
    const by = changes.findLast(({ effect }) => effect === 'off')?.by ?? '';
    return { ...facts, ...nothing, status: 'skip', sentence: `switched off by ${by}` };
  }
  if (rule.classifiersOnly && !context.baseline.rule) {
    return { ...facts, ...nothing, status: 'skip', sentence: 'the accepted model’s outputs are not class scores' };
  }
  const leftOut = (reason: string): CheckRule => ({
    ...{ ...facts, ...nothing, status: 'skip', sentence: `not measurable with the accepted model: ${reason}` },
    changes: [...changes, { by: 'the baseline', effect: 'unmeasured', what: 'not measurable' }],
  });
  const reason = context.baseline.unmeasurable.get(rule.name);
  if (reason !== undefined) return leftOut(reason);
  try {
    const { status, value, limit, sentence, where, details = [] } = rule.judge(context, limits);
    const shown = status === 'fail' && level === 'warn' ? 'warn' : status;
    return {
      ...facts,
      status: shown,
      value: plain(value),
      limit: plain(limit),
      sentence,
      where,
      details: [...details],
      blocks: shown === 'fail',
    };
  } catch (error) {
    if (error instanceof NotRecorded) return leftOut(error.message);
    if (!(error instanceof CouldNotRun)) throw error;
    const blocks = !optional && level === 'error';
    return { ...facts, ...nothing, status: 'could-not-run', sentence: error.message, blocks };
  }
}

/** JSON has no infinity. */
function plain(value: Finding['value']): Finding['value'] {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** Whether two models take the same inputs, so that one can be fed what the other was. */
export function takesTheSame(baseline: Baseline, { signature }: Pick<Measurement, 'signature'>): boolean {
  const [before, now] = [baseline.signature.inputs, signature.inputs];
  const kindOf = (type: string) =>
    type.includes('float') || type === 'double' ? 'float' : type === 'string' ? type : 'whole';
  return (
    before.length === now.length &&
    before.every((port, i) => {
      const other = now[i]!;
      const fits = (dim: number | null, axis: number) =>
        axis === 0 || dim === null || other.shape[axis] === null || other.shape[axis] === dim;
      return (
        kindOf(port.type) === kindOf(other.type) && port.shape.length === other.shape.length && port.shape.every(fits)
      );
    })
  );
}
