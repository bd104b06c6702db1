/** The `evaluate` command as users run it: every protocol on a small run, and what it refuses. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { EVALUATED_METHODS } from '../../src/evaluate/methods/registry.js';
import { PROTOCOLS } from '../../src/evaluate/protocols/registry.js';
import type { EvaluateFigure, EvaluateResult } from '../../src/results/evaluate.js';
import { readResult } from '../../src/results/result-file.js';
import { runCommand } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';
import { smallRun } from '../helpers/small-run.js';

const folder = temporaryFolder();
const OUT = join(folder, 'truth');

beforeAll(async () => {
  await smallRun(folder, { epochs: 2, batchSize: 16, sampler: 'shuffled', ghostSize: 0, log: false }, 80);
}, 60_000);

describe('all protocols on a small run', () => {
  let result: EvaluateResult;
  let ended: Awaited<ReturnType<typeof runCommand>>;

  beforeAll(async () => {
    const sizes = ['--queries', '5', '--subsets', '6', '--keep', '0.5', '--removals', '2', '--noise', '0.2'];
    ended = await runCommand(['evaluate', 'run', ...sizes, '--out', 'truth'], folder);
    expect(ended).toMatchObject({ code: 0 });
    result = (await readResult(join(OUT, 'result.json'))) as EvaluateResult;
  }, 60_000);

  const of = (protocol: string, method: string): EvaluateFigure[] =>
    result.figures.filter((figure) => figure.protocol === protocol && figure.method === method);

  test('judges every method by every protocol, and none twice', () => {
    expect(result.kind).toBe('evaluate');
    for (const protocol of Object.keys(PROTOCOLS)) {
      const labels = protocol === 'mislabel';
      for (const { name, labelsOnly = false, noLabels = false } of Object.values(EVALUATED_METHODS)) {
        const expected = labels ? !noLabels : !labelsOnly;
        expect({ protocol, name, some: of(protocol, name).length > 0 }).toEqual({ protocol, name, some: expected });
      }
    }
    const keys = result.figures.map(({ protocol, figure, method }) => [protocol, figure, method].join());
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('what must be so is so', () => {
    // The class alone: all of the list has it, it is the same for a class, and foretells nothing within it.
    expect(of('class', 'same-class')[0]!.value).toBe(1);
    expect(of('lds-within', 'same-class')[0]).toMatchObject({ value: 0, distinguishable: false });
    // Random numbers do not change with the training.
    expect(of('randomisation', 'random').map(({ value }) => value)).toEqual([1, 1]);
    for (const { value, interval, standardError } of result.figures) {
      if (interval) expect(interval[1]).toBeGreaterThanOrEqual(interval[0]);
      expect(Number.isFinite(value) && (standardError ?? 0) >= 0).toBe(true);
    }
    for (const { figure, value } of result.figures.filter(({ protocol }) => protocol === 'mislabel')) {
      expect({ figure, inside: value >= 0 && value <= 1 }).toEqual({ figure, inside: true });
    }
  });

  test('says by which λ the last layer was fitted, for every training that was looked at', () => {
    const fitted = result.fits!.filter(({ method }) => method === 'influence-function');
    const names = fitted.map(({ training }) => training).sort();
    expect(names).toEqual(['flipped labels', 'random weights', 'shuffled labels', 'the run']);
    for (const { layer } of fitted) {
      expect(layer.damping!.tried.map(({ lambda }) => lambda)).toContain(layer.fit!.lambda);
    }
    expect(ended.stdout).toMatch(/^influence-function of the run: λ \S+, chosen by leave-one-out$/m);
    expect(readFileSync(join(OUT, 'index.html'), 'utf8')).toContain('Last layers that were fitted');
  });

  test('a table on the terminal, a line a figure in the CSV file, a page and plots', () => {
    for (const name of Object.keys(PROTOCOLS)) expect(ended.stdout).toMatch(new RegExp(`^${name}: `, 'm'));
    expect(ended.stdout).toMatch(/≈ cannot be told from chance/);
    const lines = readFileSync(join(OUT, 'figures.csv'), 'utf8').trimEnd().split('\r\n');
    expect(lines).toHaveLength(1 + result.figures.length);
    for (const file of ['index.html', 'lds/1.svg', 'lds/1.png', 'mislabel/1.svg', 'randomisation/2.png']) {
      expect(existsSync(join(OUT, file))).toBe(true);
    }
    expect(readFileSync(join(OUT, 'index.html'), 'utf8')).toMatch(/≈/);
  });

  test('the same again gives the same figures', async () => {
    const args = [
      '--protocol',
      'lds',
      '--methods',
      'metagradient',
      '--queries',
      '5',
      '--subsets',
      '6',
      '--keep',
      '0.5',
    ];
    const again = await runIn(folder, ['evaluate', 'run', ...args, '--json', '--out', 'again']);
    const { figures } = JSON.parse(again.stdout) as EvaluateResult;
    expect(figures).toEqual(of('lds', 'metagradient'));
  }, 60_000);
});

test.each([
  [['--protocol', 'lds,odd'], /^onnx-explain: --protocol odd: choose of lds, lds-within/],
  [['--methods', 'odd'], /^onnx-explain: --methods odd: choose of metagradient/],
  [['--keep', '0.5,1'], /^onnx-explain: --keep 1: expected a share between 0 and 1/],
  [['--keep', 'half'], /^onnx-explain: --keep NaN: expected a share/],
  [['--subsets', '3'], /^onnx-explain: --subsets 3: expected a whole number from 4/],
  [['--noise', '0'], /^onnx-explain: --noise 0: expected a share between 0 and 1/],
  [['--queries', '0'], /^onnx-explain: --queries 0: expected a whole number from 1/],
  [
    ['--memory', '0.01'],
    /^onnx-explain: --queries 40: effects of \d+ methods on 80 examples take 1 MB; .*set --memory to/,
  ],
] as const)(
  'refuses %j',
  async (args, says) => {
    const { code, stderr } = await runIn(folder, ['evaluate', 'run', ...args, '--out', 'refused']);
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  },
  30_000,
);
