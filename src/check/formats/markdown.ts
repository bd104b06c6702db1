import { basename } from 'node:path';
import type { CheckResult, CheckRule } from '../../results/check.js';
import { printable } from '../../data/printable.js';
import { settingsLines, shown, someDetails, STATUS_TEXT, verdictLine } from './shown.js';

/** A mark that is seen in a long table. */
const MARKS: Readonly<Record<CheckRule['status'], string>> = {
  pass: '✅',
  warn: '⚠️',
  fail: '❌',
  skip: '➖',
  'could-not-run': '❔',
};

/** The check as Markdown for a comment on a pull request: the verdict, what failed, and a table folded away. */
export function markdown(result: CheckResult): string {
  const heading = `### ${result.verdict === 'pass' ? '✅' : '❌'} onnx-explain check: ${escaped(basename(result.model.path))}`;
  const about = `Against \`${code(result.baseline.path)}\` (${escaped(result.baseline.model)}, \`${result.baseline.sha256.slice(0, 12)}\`).`;
  const settings = settingsLines(result);
  const notable = result.rules.filter(
    ({ status, blocks }) => blocks || status === 'warn' || status === 'could-not-run',
  );
  const lines = notable.flatMap((rule) => [
    `- ${MARKS[rule.status]} **${rule.rule}**${rule.status === 'could-not-run' ? ' could not run' : ''}: ${escaped(rule.sentence)}`,
    ...someDetails(rule).map((detail) => `  - ${escaped(detail)}`),
  ]);
  const rows = result.rules.map((rule) =>
    [
      `${MARKS[rule.status]} ${STATUS_TEXT[rule.status]}`,
      rule.rule,
      escaped(shown(rule.value)),
      escaped(shown(rule.limit)),
      escaped(rule.sentence),
    ].join(' | '),
  );
  return [
    heading,
    '',
    `**${escaped(verdictLine(result))}**`,
    '',
    about,
    ...(settings.length > 0 ? ['', ...settings.map((line) => `- ${escaped(line)}`)] : []),
    ...(lines.length > 0 ? ['', ...lines] : []),
    '',
    `<details><summary>All ${result.rules.length} rules</summary>`,
    '',
    '| status | rule | value | limit | finding |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
    '',
    '</details>',
    '',
  ].join('\n');
}

/** Characters of a name or sentence. */
const LONGEST = 2000;

/** Text that cannot become markup, a mention or another table cell. */
function escaped(text: string): string {
  return printable(text.replace(/\s+/g, ' '), LONGEST)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]()#+!|~]/g, '\\$&')
    .replace(/@/g, '&#64;');
}

/** Text inside a code span. */
function code(text: string): string {
  return printable(text.replace(/[`\s|]+/g, ' '), LONGEST);
}
