/** A check on the terminal. */
import { headline, settingsLines, shown, someDetails, STATUS_TEXT, verdictLine } from '../../check/formats/shown.js';
import { printable } from '../../data/printable.js';
import type { CheckResult, CheckRule } from '../../results/check.js';
import { styled, type Style } from '../colour.js';
import type { Cell } from '../table.js';
import type { Terminal } from '../terminal.js';

/** Characters of a detail, at most. */
const LONGEST = 400;

const STYLES: Readonly<Record<CheckRule['status'], Style>> = {
  pass: 'good',
  warn: 'warning',
  fail: 'bad',
  skip: 'secondary',
  'could-not-run': 'warning',
};

/**
 * Prints how many rules failed, then what they found, then the verdict with whoever made it milder.
 * @param allRules whether rules that passed, or were not judged, are listed too
 */
export function showCheck(ui: Terminal, result: CheckResult, allRules: boolean): void {
  const style = result.verdict === 'pass' ? 'good' : 'bad';
  const listed = result.rules.filter(({ status }) => allRules || (status !== 'pass' && status !== 'skip'));
  ui.verdict(styled(headline(result), style));
  ui.print('');
  if (listed.length > 0) {
    const rows = listed.map((rule): Cell[] => [
      styled(STATUS_TEXT[rule.status], STYLES[rule.status]),
      rule.rule,
      shown(rule.value),
      shown(rule.limit),
      `${rule.sentence}${rule.status === 'could-not-run' && rule.optional ? ' (optional)' : ''}`,
    ]);
    ui.table(['status', 'rule', 'value', 'limit', 'finding'], rows);
    ui.print('');
  }
  for (const rule of listed.filter(({ status, details }) => status !== 'pass' && details.length > 0)) {
    ui.print(styled(rule.rule, 'heading'));
    // The mark in front keeps a hostile name from beginning a line, where GitHub would read `::…` as a command.
    for (const detail of someDetails(rule)) ui.print(`- ${printable(detail, LONGEST)}`);
    ui.print('');
  }
  for (const line of settingsLines(result)) ui.print(printable(line, 4 * LONGEST));
  ui.verdict(styled(verdictLine(result), style));
}
