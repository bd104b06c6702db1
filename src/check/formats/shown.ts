/** How findings read in every format. */
import { short } from '../rule.js';
import type { CheckResult, CheckRule } from '../../results/check.js';

/** A status in words. */
export const STATUS_TEXT: Readonly<Record<CheckRule['status'], string>> = {
  pass: 'pass',
  warn: 'warning',
  fail: 'FAIL',
  skip: 'skipped',
  'could-not-run': 'could not run',
};

/** A value or limit; numbers with three digits. */
export function shown(value: number | string | null): string {
  if (value === null) return '–';
  return typeof value === 'number' ? short(value) : value;
}

/** The rules that decide the verdict. */
export function blocking({ rules }: CheckResult): CheckRule[] {
  return rules.filter(({ blocks }) => blocks);
}

/** The verdict in one line. */
export function verdictLine(result: CheckResult): string {
  const failed = blocking(result).map(({ rule }) => rule);
  const warnings = result.rules.filter(({ status }) => status === 'warn').length;
  const passed = result.rules.filter(({ status }) => status === 'pass').length;
  const rest = warnings > 0 ? `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}` : '';
  return failed.length > 0
    ? `regression: ${failed.join(', ')}`
    : `pass: ${passed} rules (${result.preset}, ${result.probes} probes)${rest}`;
}

/** Further lines of a finding, the first few of many. */
export function someDetails({ details }: CheckRule, most = 8): string[] {
  const rest = details.length - most;
  return rest > 0 ? [...details.slice(0, most), `… and ${rest} more`] : [...details];
}
