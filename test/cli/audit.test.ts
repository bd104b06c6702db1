/** `audit` as users run it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { readResult } from '../../src/results/result-file.js';
import { blobs, writeNpz, type Arrays } from '../helpers/blobs.js';
import { runCommand } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';

// Some of these run several processes one after the other.
jest.setTimeout(180_000);

const folder = temporaryFolder();
const run = (...args: string[]) => runCommand(args, folder);
const write = (name: string, arrays: Arrays) => writeNpz(folder, name, arrays);

test('puts flipped labels first, and measures how well flips are found', async () => {
  const flipped = [4, 11, 25];
  const data = blobs(90, (_, labels) => flipped.forEach((i) => (labels[i] = (labels[i]! + 1) % 3)));
  write('flipped.npz', { ...data, x_test: blobs(30).x, y_test: blobs(30).y });
  const { code } = await run(
    'audit',
    '--data',
    'flipped.npz',
    '--out',
    'audit',
    '--simulate-noise',
    '0.2',
    '--seeds',
    '2',
    '--fractions',
    '0,0.5',
  );
  expect(code).toBe(0);
  const { suspects, simulation } = await readResult(join(folder, 'audit', 'result.json'), 'audit');
  expect(
    suspects
      .slice(0, 3)
      .map(({ index }) => index)
      .sort((a, b) => a - b),
  ).toEqual(flipped);
  const lines = readFileSync(join(folder, 'audit', 'suspects.csv'), 'utf8').split('\r\n');
  expect(lines[0]).toMatch(/^rank,index,label,/);
  expect(lines).toHaveLength(92);

  expect(simulation).toMatchObject({ noise: 0.2, seeds: 2, examples: 90, flips: 18 });
  const outcome = Object.fromEntries(simulation!.methods.map((method) => [method.method, method]));
  // Blobs that lie apart: every ranking finds nearly all flips, chance finds half when half is inspected.
  for (const name of ['representer', 'loss', 'gradient-norm', 'influence']) {
    expect(outcome[name]!.rocAuc.mean).toBeGreaterThan(0.9);
    expect(outcome[name]!.found[1]!.mean).toBeGreaterThan(0.9);
  }
  expect(outcome.random!.rocAuc.mean).toBeLessThan(0.8);
  expect(outcome.representer!.accuracy.map(({ mean }) => mean)).toEqual(outcome.loss!.accuracy.map(({ mean }) => mean));
  for (const file of ['accuracy.svg', 'found.png', 'index.html'])
    expect(existsSync(join(folder, 'audit', file))).toBe(true);
});

test.each([
  [['--simulate-noise', '1.5'], /--simulate-noise 1.5: expected a share/],
  [['--simulate-noise', '0.4', '--examples', '100000'], /--examples 100000: expected a whole number from 10 to/],
  [['--simulate-noise', '0.4', '--fractions', '0,2'], /--fractions 2: expected shares/],
  [['--top-k', '0'], /--top-k 0/],
  [['--lambda', '-1'], /--lambda -1: expected a number above 0/],
])('bad input is one line and exit code 2: %p', async (args, message) => {
  const { code, stderr } = await run(
    'audit',
    '--data',
    write('b.npz', blobs(30)),
    ...args,
    '--quiet',
    '--out',
    'bad',
    '--force',
  );
  expect(stderr).toMatch(message);
  expect([code, stderr.trimEnd().split('\n').length]).toEqual([2, 1]);
});
