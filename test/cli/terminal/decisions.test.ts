/** Many decisions are counted; the wrong ones are named first. */
import { expect, test } from '@jest/globals';
import { showDecisions, type Decision } from '../../../src/cli/show/decisions.js';
import { outlet } from '../../../src/cli/streams.js';
import { terminal } from '../../../src/cli/terminal.js';
import { sink } from '../../helpers/in-process.js';

const LABELS = ['boot', 'bag', 'coat'];
const named = (index: number) => ({ class: index, label: LABELS[index]! });

/** Input i is decided as class i mod 3, which every tenth is not. */
function decision(i: number, isKnown = true): Decision {
  const predicted = { ...named(i % 3), probability: 0.9 };
  return { input: `data@${i}`, predicted, truth: isKnown ? named(i % 10 === 7 ? (i + 1) % 3 : i % 3) : undefined };
}

function shown(decisions: readonly Decision[], quiet = false): string[] {
  const { stream, text } = sink();
  const stdout = outlet(stream, undefined, {});
  const ui = terminal(stdout, stdout, { quiet });
  showDecisions(ui, decisions, 'out/result.json', ({ input }) => ui.print(`all of ${input}`), {
    columns: ['strongest'],
    cells: ({ input }) => [`why ${input}`],
  });
  return text().trimEnd().split('\n');
}

const first = (count: number, isKnown?: boolean) => Array.from({ length: count }, (_, i) => decision(i, isKnown));

test('up to five inputs in full', () => {
  expect(shown(first(5)).filter((line) => line !== '')).toEqual([0, 1, 2, 3, 4].map((i) => `all of data@${i}`));
});

test('a hundred inputs: counts, classes, the wrong ones first, and where the others are', () => {
  const lines = shown(first(100));
  expect(lines.slice(0, 7)).toEqual([
    '100 inputs: 90 right, 10 wrong',
    '',
    'decided as  inputs  of them wrong',
    '──────────  ──────  ─────────────',
    'boot            34              3',
    'bag             33              4',
    'coat            33              3',
  ]);
  const table = lines.slice(10, -1);
  expect(table).toHaveLength(20);
  expect(table.slice(0, 11).map((line) => line.split(/ {2,}/)[0])).toEqual([
    ...[7, 17, 27, 37, 47, 57, 67, 77, 87, 97].map((i) => `data@${i}`),
    'data@0',
  ]);
  expect(table[0]).toMatch(/^data@7 +bag +90\.0 % +coat +why data@7$/);
  expect(lines.at(-1)).toBe('… and 80 more in out/result.json');
});

test('of some the true class is known, of some it is not', () => {
  expect(shown([...first(10), ...first(10, false)])[0]).toBe(
    '20 inputs, the true class of 10 is known: 9 right, 1 wrong',
  );
  const unknown = shown(first(6, false));
  expect(unknown[0]).toBe('6 inputs');
  expect(unknown.join('\n')).not.toMatch(/wrong|truly|… and/);
});

test('a mean over many inputs has no class', () => {
  expect(shown(Array.from({ length: 6 }, (_, i) => ({ input: `mean ${i}` })))[0]).toBe('6 inputs');
});

test('--quiet leaves the counts', () => {
  expect(shown(first(100), true)).toEqual(['100 inputs: 90 right, 10 wrong']);
});

test('hundreds of classes do not fill the screen', () => {
  const decisions = Array.from({ length: 500 }, (_, i) => ({
    input: `data@${i}`,
    predicted: { class: i, label: `class ${i}`, probability: 0.5 },
  }));
  const lines = shown(decisions);
  expect(lines.length).toBeLessThan(60);
  expect(lines).toContain('… and 480 more classes');
});
