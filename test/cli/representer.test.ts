/** `representer` as users run it, on a PyTorch network (scripts/fixtures/representer.py). */
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, jest, test } from '@jest/globals';
import sharp from 'sharp';
import { readResult } from '../../src/results/result-file.js';
import { paperText } from '../helpers/pages/page-text.js';
import { runCommand } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';

// Some of these run several processes one after the other.
jest.setTimeout(180_000);

const folder = temporaryFolder();
const run = (...args: string[]) => runCommand(args, folder);
copyFileSync(fileURLToPath(new URL('../fixtures/representer/network.onnx', import.meta.url)), join(folder, 'net.onnx'));

const sample = ['--data', 'fashion-mnist-sample'];

const why = [
  'representer',
  '--model',
  'net.onnx',
  ...sample,
  '--input',
  'fashion-mnist-sample@17,18',
  '--top-k',
  '4',
  '--lambda',
  '0.01',
];

test('explains decisions of a PyTorch network; the second call takes features and fit from the cache', async () => {
  const further = ['--group', 'misclassified', '--compare', 'influence', '--sensitivity', '--smooth-grad', '2'];
  const first = await run(...why, '--out', 'why', ...further);
  expect(first.code).toBe(0);
  const result = await readResult(join(folder, 'why', 'result.json'), 'representer');
  expect(result.fit).toMatchObject({ activation: 'softmax', outputs: 10, status: 'converged', reused: false });
  expect(result.fit.gradientMaxNorm).toBeLessThanOrEqual(1e-8);
  expect(result.fit.pearson).toBeGreaterThan(0.98);
  expect(result.queries).toHaveLength(2);
  for (const query of result.queries) {
    expect(Math.abs(query.logit - query.reconstructed)).toBeLessThanOrEqual(1e-6);
    expect(query.positive + query.negative).toBeCloseTo(query.reconstructed, 9);
    expect(query.classes.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(query.reconstructed, 9);
    expect([query.excitatory.length, query.inhibitory.length]).toEqual([4, 4]);
    const { magnitudes, residual, zeros } = query.influence!;
    expect([magnitudes.influence[0], magnitudes.representer[0]]).toEqual([1, 1]);
    expect(magnitudes.influence).toEqual([...magnitudes.influence].sort((a, b) => b - a));
    expect([residual <= 1e-6, zeros]).toEqual([true, 0]);
    expect(query.sensitivity).toMatchObject({ shape: [1, 28, 28], samples: 2 });
    expect(query.sensitivity!.error).toBeLessThan(1e-5);
    for (const { alpha, similarity, value } of [...query.excitatory, ...query.inhibitory]) {
      expect(value).toBeCloseTo(alpha * similarity, 12);
    }
  }
  const [mistake] = result.mistakes!;
  expect(mistake!.members.length).toBeGreaterThan(1);
  expect(mistake!.inhibitory.every(({ value }) => value < 0)).toBe(true);
  expect(mistake!.inhibitory[0]!.among).toBeGreaterThan(0);

  const page = paperText(readFileSync(join(folder, 'why', 'index.html'), 'utf8'));
  for (const text of ['They raise the score of', 'They lower it', ' taken for ', 'How far to trust this']) {
    expect(page).toContain(text);
  }
  for (const [name, least] of Object.entries({ panel: 600, sensitivity: 600, magnitudes: 300 })) {
    const { width } = await sharp(join(folder, 'why', 'query-0', `${name}.png`)).metadata();
    expect(width).toBeGreaterThan(least);
  }
  // A header, then the whole map and those of four points on either side.
  const { size } = statSync(join(folder, 'why', 'query-0', 'sensitivity.npy'));
  expect(size - (size % (4 * 784))).toBe(4 * 9 * 784);

  expect(
    readdirSync(join(folder, 'net.onnx.cache'))
      .map((name) => name.split('-')[0])
      .sort(),
  ).toEqual(['closer', 'features', 'features', 'fit', 'fit']);
  // λ = 0.01 is too strong here; the one that is named must do what is said of it.
  const { closer } = result.fit;
  expect(first.stdout).toContain(`; λ = ${closer!.lambda} gives about ${closer!.pearson.toFixed(4)}\n`);
  const nearer = await run(
    'representer',
    '--model',
    'net.onnx',
    ...sample,
    '--lambda',
    `${closer!.lambda}`,
    '--out',
    'n',
  );
  expect(nearer.stdout).not.toContain('too strong');
  const { fit: close } = await readResult(join(folder, 'n', 'result.json'), 'representer');
  expect(close.pearson).toBeGreaterThanOrEqual(0.9997);
  expect(close.pearson).toBeCloseTo(closer!.pearson, 4);

  const second = await run(...why, '--out', 'again');
  expect(second.stdout).toContain('taken from the cache');
  const again = await readResult(join(folder, 'again', 'result.json'), 'representer');
  expect(again.fit.reused).toBe(true);
  expect(again.fit.closer).toEqual(closer);
  expect(again.queries.map(({ excitatory }) => excitatory)).toEqual(result.queries.map(({ excitatory }) => excitatory));
});

test('where λ is left open, it is the largest that follows the model', async () => {
  const open = ['representer', '--model', 'net.onnx', ...sample, '--input', 'fashion-mnist-sample@17', '--no-map'];
  const found = async (...how: string[]) => {
    const ended = await run(...open, ...how, '--out', 'auto', '--force');
    expect(ended.code).toBe(0);
    return { ...ended, result: await readResult(join(folder, 'auto', 'result.json'), 'representer') };
  };
  const { stdout, result } = await found();
  const { fit, options, queries } = result;
  const [usual, ...others] = fit.tried!;
  expect([options.lambda, usual!.lambda]).toEqual(['auto', 0.003]);
  expect(fit.pearson).toBe(fit.tried!.find(({ lambda }) => lambda === fit.lambda)!.pearson);
  expect(usual!.pearson).toBeLessThan(0.9997);
  expect(others.at(-1)).toEqual({ lambda: fit.lambda, pearson: fit.pearson });
  expect([fit.lambda < 0.003, fit.pearson >= 0.9997, fit.closer]).toEqual([true, true, undefined]);
  expect(stdout).toContain(`λ = ${fit.lambda} follows the model’s outputs; λ = 0.003 would not (Pearson `);

  const { result: fixed } = await found('--lambda', '0.003');
  expect([fixed.options.lambda, fixed.fit.lambda, fixed.fit.tried]).toEqual([0.003, 0.003, undefined]);
  expect(fixed.fit.pearson).toBe(usual!.pearson);
  const miss = ([query]: typeof queries) => Math.abs(query!.output - query!.reconstructedOutput);
  expect(miss(queries)).toBeLessThan(miss(fixed.queries));
  expect((await found()).result.fit).toMatchObject({ reused: true, lambda: fit.lambda, tried: fit.tried });

  const { result: ofLabels } = await found('--mode', 'train');
  expect([ofLabels.options.lambda, ofLabels.fit.lambda, ofLabels.fit.tried]).toEqual(['auto', 0.003, undefined]);
});

test('a cache of something else is refused', async () => {
  const cache = join(folder, 'net.onnx.cache');
  // One to the model's outputs, one to the labels for the influence.
  const fits = readdirSync(cache).filter((name) => name.startsWith('fit'));
  const [features] = readdirSync(cache).filter((name) => name.startsWith('features'));
  for (const fit of fits) {
    copyFileSync(join(cache, fit), join(cache, `kept-${fit}`));
    copyFileSync(join(cache, features!), join(cache, fit));
  }
  const { code, stderr } = await run(...why, '--out', 'mixed', '--quiet');
  for (const fit of fits) copyFileSync(join(cache, `kept-${fit}`), join(cache, fit));
  expect(code).toBe(2);
  expect(stderr).toMatch(/^onnx-explain: net\.onnx\.cache\/fit-.*made from something else.*delete it\n$/);
});

test('a cache with a damaged byte, or cut short, is refused; one that cannot be written is a notice', async () => {
  const cache = join(folder, 'net.onnx.cache');
  const fits = readdirSync(cache)
    .filter((name) => name.startsWith('fit'))
    .map((name) => join(cache, name));
  const whole = fits.map((fit) => readFileSync(fit));
  const changes: ((bytes: Buffer) => Uint8Array)[] = [
    (bytes) => bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 1 : byte)),
    (bytes) => bytes.subarray(0, bytes.length >> 1),
  ];
  for (const change of changes) {
    fits.forEach((fit, i) => writeFileSync(fit, change(whole[i]!)));
    const { code, stderr } = await run(...why, '--out', 'damaged', '--force', '--quiet');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^onnx-explain: net\.onnx\.cache\/fit-.*\.onnx: this cache is damaged; delete it\n$/);
  }
  fits.forEach((fit, i) => writeFileSync(fit, whole[i]!));

  writeFileSync(join(folder, 'no-folder'), '');
  const { code, stderr } = await run(...why, '--out', 'uncached', '--cache', 'no-folder');
  expect(code).toBe(0);
  expect(stderr.match(/nothing is kept for the next call: .*no-folder/g)).toHaveLength(1);
});

test('more points than there are: all are in the result, the page shows some', async () => {
  const many = why.map((arg) => (arg === '4' ? '100000' : arg));
  const { code } = await run(...many, '--out', 'all', '--quiet');
  expect(code).toBe(0);
  const { queries, fit } = await readResult(join(folder, 'all', 'result.json'), 'representer');
  const [{ excitatory, inhibitory, reconstructed }] = queries as [(typeof queries)[0]];
  const listed = [...excitatory, ...inhibitory];
  // Points whose value is exactly 0 are on neither side.
  expect(listed.length).toBeGreaterThan(0.9 * fit.examples);
  expect(listed.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(reconstructed, 6);
  expect(paperText(readFileSync(join(folder, 'all', 'index.html'), 'utf8'))).toMatch(/\d more are in result\.json/);
});

test('a hidden layer before a ReLU', async () => {
  const { code } = await run(
    'representer',
    '--model',
    'net.onnx',
    ...sample,
    '--layer',
    '0',
    '--lambda',
    '0.1',
    '--input',
    'fashion-mnist-sample@3',
    '--out',
    'hidden',
  );
  expect(code).toBe(0);
  const { fit, queries } = await readResult(join(folder, 'hidden', 'result.json'), 'representer');
  expect(fit).toMatchObject({ activation: 'relu', outputs: 24, features: 196, status: 'converged' });
  expect(Math.abs(queries[0]!.logit - queries[0]!.reconstructed)).toBeLessThanOrEqual(1e-6);
});
