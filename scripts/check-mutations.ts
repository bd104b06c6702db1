/**
 * Writes the table of docs/check.md that says what the check makes of every way in which an export changes.
 * Run: npx tsx scripts/check-mutations.ts
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MUTATIONS } from '../test/helpers/mutations/list.js';
import { mutationRunner } from '../test/helpers/mutations/run.js';

const BEGIN = '<!-- mutations -->';
const END = '<!-- /mutations -->';
const DOCUMENT = 'docs/check.md';

const folder = mkdtempSync(join(tmpdir(), 'mutations-'));
const run = mutationRunner(folder, ['cost.speed', 'execution.web']);
const rows: string[] = [];
for (const [i, mutation] of MUTATIONS.entries()) {
  const { rules, verdict } = await run(mutation, i);
  const failed = rules.filter(({ blocks }) => blocks).map(({ rule }) => rule);
  const missed = mutation.fires.filter((rule) => !failed.includes(rule));
  if (missed.length > 0 || (verdict === 'pass') !== (mutation.fires.length === 0)) {
    console.error(
      `${mutation.name}: missed ${missed.join(', ') || 'nothing'}; fired ${failed.join(', ') || 'nothing'}`,
    );
    process.exitCode = 1;
  }
  const warned = rules.filter(({ status }) => status === 'warn').map(({ rule }) => `(${rule})`);
  const first = rules.find(({ rule }) => rule === 'representations.layers')?.sentence.match(/diverge is (\S+)/)?.[1];
  const shown = failed.map((rule) => (mutation.fires.includes(rule) ? `**${rule}**` : rule));
  const cells = [mutation.name, mutation.preset, verdict, [...shown, ...warned].join(', ') || '–', first ?? '–'];
  rows.push(`| ${cells.join(' | ')} |`);
  console.log(rows.at(-1));
}
rmSync(folder, { recursive: true });

const head = [
  '| change of the export | preset | verdict | rules that fired | first node to diverge |',
  '| --- | --- | --- | --- | --- |',
];
const table = [BEGIN, '', ...head, ...rows, '', END].join('\n');
const text = readFileSync(DOCUMENT, 'utf8');
writeFileSync(DOCUMENT, text.slice(0, text.indexOf(BEGIN)) + table + text.slice(text.indexOf(END) + END.length));
