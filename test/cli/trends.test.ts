/** The `trends` command as users run it: against `attribute` on the run's own checkpoints, as a gate, and what it refuses. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readNpyFile } from '../../src/data/npy/file.js';
import { MEASURE_NAMES } from '../../src/explain/trends/measures.js';
import type { AttributeResult } from '../../src/results/attribute.js';
import { readResult } from '../../src/results/result-file.js';
import type { TrendsResult } from '../../src/results/trends.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { create } from '../../src/zoo/create.js';
import { blobs, writeNpz } from '../helpers/blobs.js';
import { runCommand, startCommand } from '../helpers/command-line.js';
import { paperText } from '../helpers/pages/page-text.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';
import { smallRun } from '../helpers/small-run.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const run = (...args: string[]) => runIn(folder, args);
const result = (out: string) => readResult(join(folder, out, 'result.json'), 'trends');

const OPTIONS = {
  sampler: 'shuffled',
  ghostSize: 0,
  epochs: 2,
  batchSize: 16,
  optimizer: 'adam',
  learningRate: 0.003,
  checkpointEvery: 5,
  keepCheckpoints: 99,
} as const;

beforeAll(async () => {
  await smallRun(folder, OPTIONS, 160, create('simple-cnn', { inputShape: [1, 12, 12], classes: 4 }));
}, 60_000);

/** Norm and entropy of the positive part of a map, as the poster writes them. */
function slowly(map: ArrayLike<number>): { norm: number; entropy: number | undefined } {
  const positive = Array.from(map, (value) => Math.max(value, 0));
  const total = positive.reduce((a, b) => a + b, 0);
  const shares = positive.map((value) => value / total).filter((share) => share > 0);
  return {
    norm: Math.sqrt(positive.reduce((sum, value) => sum + value ** 2, 0)),
    entropy: total === 0 ? undefined : -shares.reduce((sum, share) => sum + share * Math.log(share), 0),
  };
}

describe('on a small run', () => {
  let ended: Awaited<ReturnType<typeof runCommand>>;
  let found: TrendsResult;

  beforeAll(async () => {
    const sizes = ['--every', '5', '--images', '2', '--loss-examples', '40', '--show', '3'];
    ended = await runCommand(['trends', 'run', ...sizes, '--method', 'lrp,grad-cam', '--out', 'trends'], folder);
    expect(ended).toMatchObject({ code: 0 });
    found = await result('trends');
  }, 60_000);

  test('every measure of every method on either split, at step 0, every fifth and the last', () => {
    expect(found.steps).toEqual([0, 5, 10, 15, 20]);
    expect(found.stepsPerEpoch).toBe(10);
    expect(found.series.map(({ method, split }) => `${method} ${split}`)).toEqual([
      ...['lrp train', 'lrp test', 'grad-cam train', 'grad-cam test'],
    ]);
    for (const { measures, rho } of found.series) {
      expect(Object.keys(measures)).toEqual(MEASURE_NAMES);
      expect(rho).toHaveLength(3 * MEASURE_NAMES.length);
      for (const { mean, lowerQuartile, upperQuartile } of Object.values(measures)) {
        expect(mean).toHaveLength(5);
        lowerQuartile.forEach((low, i) => expect(low! <= upperQuartile[i]!).toBe(true));
      }
      for (const name of ['rank-similarity', 'cosine-similarity'])
        expect(measures[name]!.mean.at(-1)).toBeCloseTo(1, 4);
    }
    expect(found.images.filter(({ split }) => split === 'test').map((image) => image.class)).toEqual([
      ...[0, 0, 1, 1, 2, 2, 3, 3],
    ]);
  });

  test('the weights are those of the checkpoints, to rounding', () => {
    expect(found.weights).toMatchObject({ source: 'log', checkpoints: [5, 10, 15, 20], measureError: 0 });
    // Updates of some 1e-3 of weights of some 0.3, each rounded to 2⁻²⁴ of the weight.
    expect(found.weights.error).toBeLessThan(1e-4);
  });

  test.each(['lrp', 'grad-cam'])(
    '%s: norm and entropy are those of attribute’s maps of a checkpoint',
    async (method) => {
      const images = found.images.filter(({ split }) => split === 'test');
      const input = `data@${images.map(({ index }) => index).join()}`;
      for (const step of [5, 20]) {
        const model = `run/checkpoints/step-${String(step).padStart(6, '0')}.onnx`;
        const out = `attribute-${method}-${step}`;
        const how = ['--method', method, ...(method === 'lrp' ? ['--composite', 'trends'] : [])];
        expect(await run('attribute', '--model', model, '--input', input, ...how, '--out', out)).toMatchObject({
          code: 0,
        });
        const { queries } = (await readResult(join(folder, out, 'result.json'))) as AttributeResult;
        const series = found.series.find((each) => each.method === method && each.split === 'test')!;
        const place = found.steps.indexOf(step);
        const measured = await Promise.all(
          queries.map(async ({ file }) => slowly((await readNpyFile(join(folder, out, file))).data as Float32Array)),
        );
        const mean = (key: 'norm' | 'entropy') => {
          const values = measured.flatMap((each) => each[key] ?? []);
          return values.reduce((sum, value) => sum + value, 0) / values.length;
        };
        // attribute folds constants when it loads the graph, and so rounds in another order.
        for (const key of ['norm', 'entropy'] as const) {
          expect(series.measures[key]!.mean[place]! / mean(key)).toBeCloseTo(1, 4);
        }
      }
    },
  );

  test('losses are those of the training', async () => {
    const { epochs } = await readManifest(join(folder, 'run'));
    // All 40 examples of the test split.
    epochs.forEach(({ testLoss, testAccuracy, step }) => {
      const place = found.steps.indexOf(step);
      expect(found.loss.test.loss[place]! / testLoss!).toBeCloseTo(1, 4);
      expect(found.loss.test.accuracy[place]).toBeCloseTo(testAccuracy!, 6);
    });
    expect(found.loss.test.examples).toBe(40);
    expect(found.loss.batch[0]).toBeNull();
    expect(found.loss.batch.slice(1).every((loss) => loss! > 0)).toBe(true);
  });

  test('a page, plots, the series as CSV, and maps of one image of each class over training', async () => {
    for (const file of ['index.html', 'series.csv']) expect(existsSync(join(folder, 'trends', file))).toBe(true);
    expect(found.strips.map(({ method, image }) => [method, found.images[image]!.class])).toEqual(
      ['lrp', 'grad-cam'].flatMap((method) => [0, 1, 2].map((label) => [method, label])),
    );
    for (const { file, steps, shape } of found.strips) {
      expect(steps).toEqual(found.steps);
      expect((await readNpyFile(join(folder, 'trends', file))).shape).toEqual([5, ...shape]);
    }
    expect(ended.stdout).toContain('report: trends/index.html');
    const page = paperText(readFileSync(join(folder, 'trends', 'index.html'), 'utf8'));
    expect(page).toMatch(/What speaks for the class, at step \d+/);
    expect(page).toContain('How the explanations changed');
  });

  test('the same again, to the byte but for the time that it took', async () => {
    const sizes = ['--every', '5', '--images', '2', '--loss-examples', '40', '--show', '3'];
    expect(await run('trends', 'run', ...sizes, '--method', 'lrp,grad-cam', '--out', 'again')).toMatchObject({
      code: 0,
    });
    expect({ ...(await result('again')), seconds: 0 }).toEqual({ ...found, seconds: 0 });
  });
});

test('a condition that is met ends the command with 1, and everything is written', async () => {
  const gate = (condition: string, out: string) =>
    run('trends', 'run', '--every', '10', '--images', '1', '--fail-on', condition, '--out', out);
  const met = await gate('norm rises by more than 1 %', 'met');
  expect(met.code).toBe(1);
  expect((await result('met')).conditions).toEqual([expect.objectContaining({ met: true })]);
  expect(existsSync(join(folder, 'met', 'index.html'))).toBe(true);
  expect(await gate('norm rises by more than 1e9 %', 'unmet')).toMatchObject({ code: 0 });
});

test('a network with batch normalisation, of which the log has only a part', async () => {
  mkdirSync(join(folder, 'part'));
  await smallRun(
    join(folder, 'part'),
    { ...OPTIONS, layers: ['fc'] },
    64,
    create('simple-cnn-bn', { inputShape: [1, 12, 12], classes: 4 }),
  );
  const ended = await run(
    'trends',
    'part/run',
    '--every',
    '4',
    '--images',
    '1',
    '--method',
    'lrp,gradient',
    '--out',
    'bn',
  );
  expect(ended).toMatchObject({ code: 0 });
  expect(ended.stderr).toMatch(/is not in the log, so the training is run again to have its values/);
  expect((await result('bn')).weights).toMatchObject({ source: 'replay', error: 0, measureError: 0 });
});

describe('is refused in a line, with nothing written', () => {
  const refused = async (...args: string[]) => {
    const { code, stderr, stdout } = await run('trends', ...args, '--quiet', '--out', 'refused');
    expect({ code, stdout, written: existsSync(join(folder, 'refused')) }).toEqual({
      code: 2,
      stdout: '',
      written: false,
    });
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    return stderr;
  };

  test('a spacing wider than the run', async () => {
    expect(await refused('run', '--every', '21')).toContain('--every 21: the run has 20 steps only');
  });

  test.each([
    [['--method', 'mim'], /--method mim: compares inputs with a data set/],
    [['--method', 'lpr'], /--method lpr: no such method; the nearest are lrp/],
    [['--images', '0'], /--images 0: expected a whole number from 1/],
    [['--show', '-1'], /--show -1: expected a whole number from 0/],
    [['--layer', 'conv1'], /--layer conv1: lrp explains the input alone/],
    [['--target', 'cat'], /--target cat: expected predicted, true, or a class/],
    [['--composite', 'tends'], /--composite tends: no such composite/],
    [['--layer', 'fc', '--method', 'grad-cam'], /layer "fc" is .*Grad-CAM needs channels/],
    [['--fail-on', 'entropy explodes'], /--fail-on/],
    [['--fail-on', 'grad-cam norm rises by more than 5 %'], /--fail-on.*grad-cam/],
  ])('%j', async (args, message) => {
    expect(await refused('run', ...args)).toMatch(message);
  });

  test('a run without a log, and one that is not finished', async () => {
    const ends = async (...args: string[]) => expect(await run(...args)).toMatchObject({ code: 0 });
    writeNpz(folder, 'data.npz', { ...blobs(60), x_test: blobs(30).x, y_test: blobs(30).y });
    await ends('create', 'mlp', '--input-shape', '4', '--hidden', '8', '--classes', '3', '--out', 'm.onnx');
    await ends('train', '--model', 'm.onnx', '--data', 'data.npz', '--epochs', '1', '--no-log', '--out', 'unlogged');
    expect(await refused('unlogged')).toMatch(/^onnx-explain: unlogged: the run was trained without a log/);
    await ends('train', '--model', 'm.onnx', '--data', 'data.npz', '--epochs', '1', '--out', 'dense');
    expect(await refused('dense', '--method', 'grad-cam')).toMatch(/Grad-CAM needs a convolution/);

    const few = { x: blobs(8).x, y: blobs(8).y };
    writeNpz(folder, 'few.npz', few);
    await ends('train', '--model', 'm.onnx', '--data', 'few.npz', '--epochs', '1', '--batch-size', '4', '--out', 'few');
    expect(await refused('few')).toMatch(/few\.npz: has no test split/);

    const writing = startCommand(
      [
        'train',
        '--model',
        'm.onnx',
        '--data',
        'data.npz',
        '--epochs',
        '1000000',
        '--checkpoint-every',
        '10',
        '--out',
        'open',
      ],
      folder,
    );
    try {
      const steps = async () => (await readManifest(join(folder, 'open')).catch(() => undefined))?.steps ?? 0;
      while ((await steps()) === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await refused('open')).toMatch(
        /^onnx-explain: open: its training is not finished \(\d+ steps are safe\); wait for it/,
      );
    } finally {
      writing.process.kill('SIGKILL');
      await writing.ended;
    }
  });

  test('a map that is not finite, with the step and the image', async () => {
    const ended = await run(
      'train',
      '--model',
      'small.onnx',
      '--data',
      'data',
      '--optimizer',
      'sgd',
      '--lr',
      '1e5',
      '--out',
      'grown',
    );
    expect(ended.code).toBe(2);
    expect(await refused('grown', '--every', '1')).toMatch(
      /^onnx-explain: grown: the last step: the map of .*@\d+ \((train|test)\) by lrp is not finite; .*lower --lr/,
    );
  });
});
