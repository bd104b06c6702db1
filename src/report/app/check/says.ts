/** A check in a sentence. */
import { formatCount, formatNumber } from '../../../plot/format.js';
import type { CheckResult, CheckRule } from '../../../results/check.js';
import { counted } from '../parts/text.js';

/** A status in words. */
export const STATUS_TEXT: Readonly<Record<CheckRule['status'], string>> = {
  fail: 'failed',
  'could-not-run': 'could not run',
  warn: 'warning',
  pass: 'passed',
  skip: 'not judged',
};

/** Statuses in the order in which rules are listed. */
export const STATUSES = Object.keys(STATUS_TEXT) as CheckRule['status'][];

/** How many rules have a status. */
export const countOf = ({ rules }: CheckResult, status: CheckRule['status']): number =>
  rules.filter((rule) => rule.status === status).length;

/** How many rules failed, and where the models first part. */
export function headline(result: CheckResult): string {
  const judged = result.rules.length - countOf(result, 'skip');
  const failed = countOf(result, 'fail');
  const where = result.rules.find((rule) => rule.where !== undefined)?.where;
  const { all: changed } = changedIn(result);
  const others = [
    where === undefined ? '' : `first to diverge is ${where}`,
    changed > 0 ? `${counted(changed, 'decision')} changed` : '',
  ].filter((part) => part !== '');
  const broken = countOf(result, 'could-not-run');
  const head =
    failed > 0
      ? `${failed} of ${judged} failed`
      : countOf(result, 'pass') === judged
        ? `All ${judged} passed`
        : `None of ${judged} failed${broken > 0 ? `, but ${broken} could not run` : ''}`;
  return `${[head, others.join('; ')].filter((part) => part !== '').join('; ')}.`;
}

/** How many decisions changed, and how many of these from right to wrong; of results of earlier versions, how many they list. */
export function changedIn({ changes = [], changed }: CheckResult): NonNullable<CheckResult['changed']> {
  return changed ?? { all: changes.length };
}

/** A value or limit of a rule. */
export function shown(value: number | string | null): string {
  if (value === null) return '–';
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? formatCount(value) : formatNumber(value);
}
