/** `audit` as users run it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { readResult } from '../../src/results/result-file.js';
import { blobs, writeNpz, type Arrays } from '../helpers/blobs.js';
import { runCommand } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';
import { paperText } from '../helpers/pages/page-text.js';

// Some of these run several commands one after the other.
jest.setTimeout(180_000);

const folder = temporaryFolder();
const run = (...args: string[]) => runIn(folder, args);
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

test('a run is audited by the course of its training; flipped labels come first, with what they should be', async () => {
  const flipped = [4, 11, 25];
  const data = blobs(90, (_, labels) => flipped.forEach((i) => (labels[i] = (labels[i]! + 1) % 3)));
  write('run.npz', { ...data, x_test: blobs(30).x, y_test: blobs(30).y });
  const create = ['create', 'mlp', '--input-shape', '4', '--hidden', '8', '--classes', '3'];
  expect(await run(...create, '--out', 'mlp.onnx')).toMatchObject({ code: 0 });
  const training = [
    '--data',
    'run.npz',
    '--sampler',
    'shuffled',
    '--batch-size',
    '15',
    '--epochs',
    '8',
    '--lr',
    '0.05',
  ];
  expect(await run('train', '--model', 'mlp.onnx', ...training, '--out', 'run')).toMatchObject({ code: 0 });

  const { code, stdout } = await runCommand(['audit', 'run', '--out', 'course'], folder);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /sorted by combined: the network has (not )?memorised its labels: it repeats \d+ % of the \d+ /,
  );
  const result = await readResult(join(folder, 'course', 'result.json'), 'audit');
  const first = result.suspects.slice(0, 3);
  expect(first.map(({ index }) => index).sort((a, b) => a - b)).toEqual(flipped);
  for (const { index, suggested, opponents } of first) {
    expect(suggested).toBe(index % 3);
    expect(opponents).toHaveLength(5);
    // Those around it carry the label that it lost.
    expect(opponents!.every(({ label }) => label === index % 3)).toBe(true);
  }
  expect(result.errors!.contradicted).toBeGreaterThan(0);
  expect(result.course).toMatchObject({ source: 'log', epochs: [1, 2, 3, 4, 5, 6, 7, 8] });
  expect(existsSync(join(folder, 'run', 'model.onnx.cache'))).toBe(false);

  for (const by of ['aum', 'mean-loss']) {
    expect(await run('audit', 'run', '--by', by, '--out', by)).toMatchObject({ code: 0 });
    const { suspects } = await readResult(join(folder, by, 'result.json'), 'audit');
    expect(suspects.slice(0, 3).map(({ index }) => index)).toEqual(expect.arrayContaining(flipped));
  }

  const both = await run('audit', 'run', '--model', 'mlp.onnx', '--out', 'both');
  expect([both.code, both.stderr]).toEqual([2, expect.stringMatching(/give a run or a --model, not both/)]);
  const without = await run('audit', '--model', 'run/model.onnx', '--data', 'run.npz', '--by', 'aum', '--out', 'none');
  expect([without.code, without.stderr]).toEqual([2, expect.stringMatching(/--by aum follows a training/)]);
});

test('how many labels look wrong, with an interval, and how probable it is of each', async () => {
  // Classes that touch each other, and every twentieth label another one.
  const rows = 600;
  const shift = (k: number) => 0.9 * Math.sin(13.7 * k) + 0.5 * Math.cos(5.3 * k);
  const data = blobs(rows, (points, labels) => {
    points.forEach((_, k) => (points[k]! += shift(k)));
    for (let i = 0; i < rows; i += 20) labels[i] = (labels[i]! + 1 + ((i / 20) % 2)) % 3;
  });
  write('touching.npz', { ...data, x_test: blobs(30).x, y_test: blobs(30).y });
  const { code, stdout } = await run('audit', '--data', 'touching.npz', '--out', 'touching', '--top-k', '600');
  expect(code).toBe(0);
  const { errors, suspects } = await readResult(join(folder, 'touching', 'result.json'), 'audit');
  expect(errors).toMatchObject({ suspicious: true, counted: { from: 'inputs' } });
  const { estimated, interval } = errors!.counted!;
  expect(interval[0]).toBeGreaterThan(0);
  expect(interval[0]).toBeLessThanOrEqual(30);
  expect(interval[1]).toBeGreaterThanOrEqual(30);
  expect(suspects.reduce((sum, { wrong }) => sum + wrong!, 0) / estimated).toBeCloseTo(1, 1);
  // Those that are wrong are told so, and what they should be.
  const flips = suspects.filter(({ index }) => index % 20 === 0);
  expect(flips.reduce((sum, { wrong }) => sum + wrong!, 0) / 30).toBeGreaterThan(0.5);
  for (const { suggested, confidence, wrong } of suspects) {
    if (suggested !== undefined) expect(confidence).toBeLessThanOrEqual(wrong! + 1e-9);
  }
  const says = new RegExp(
    `About ${Math.round(estimated)} of 600 labels look wrong \\(\\d+ to \\d+ at 95 % confidence\\)`,
  );
  expect(stdout).toMatch(says);
  expect(paperText(readFileSync(join(folder, 'touching', 'index.html'), 'utf8'))).toMatch(says);
});

test('where no label looks wrong, terminal and page say so', async () => {
  write('clean.npz', { ...blobs(60), x_test: blobs(30).x, y_test: blobs(30).y });
  const { code, stdout } = await run('audit', '--data', 'clean.npz', '--out', 'clean');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^Of 60 labels, no label looks wrong for sure: the number of wrong ones, 0 to \d+ at 95 % confidence, may be 0/,
  );
  const { errors } = await readResult(join(folder, 'clean', 'result.json'), 'audit');
  expect(errors).toMatchObject({ contradicted: 0, suspicious: false, counted: { interval: [0, expect.any(Number)] } });
  expect(paperText(readFileSync(join(folder, 'clean', 'index.html'), 'utf8'))).toContain(
    'None of 60 labels looks wrong for sure: 0 to ',
  );
});
