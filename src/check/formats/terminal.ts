import { printable } from '../../data/printable.js';
import type { CheckResult } from '../../results/check.js';
import { settingsLines, shown, someDetails, STATUS_TEXT, verdictLine } from './shown.js';

/** The check as a table for a terminal: rules with what they found, details under those that found something. */
export function terminalLines(result: CheckResult): string[] {
  const rows = result.rules.map((rule) => [STATUS_TEXT[rule.status], rule.rule, shown(rule.value), shown(rule.limit)]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => Math.min(row[column]!.length, WIDEST))));
  const lines = result.rules.flatMap((rule, i) => {
    const cells = rows[i]!.map((cell, column) => printable(cell, WIDEST).padEnd(widths[column]!));
    const details = rule.status === 'pass' ? [] : someDetails(rule);
    const optional = rule.status === 'could-not-run' && rule.optional ? ' (optional)' : '';
    return [
      `${cells.join('  ')}  ${printable(rule.sentence, LONGEST)}${optional}`,
      // The mark in front keeps a hostile name from beginning a line, where GitHub would read `::…` as a command.
      ...details.map((detail) => `${' '.repeat(widths[0]! + 2)}- ${printable(detail, LONGEST)}`),
    ];
  });
  return [...lines, '', ...settingsLines(result), verdictLine(result)].map((line) => printable(line, 4 * LONGEST));
}

/** Characters of a cell, and of a sentence, at most. */
const WIDEST = 32;
const LONGEST = 400;
