/** `representer` and `audit` as users run them, on a PyTorch network (scripts/fixtures/representer.py). */
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, jest, test } from '@jest/globals';
import sharp from 'sharp';
import { GraphBuilder } from '../../src/graph/builder.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { readResult } from '../../src/results/result-file.js';
import { float32 } from '../../src/tensor.js';
import { runCommand } from '../helpers/command-line.js';
import { encodeNpy, encodeZip, temporaryFolder } from '../helpers/data-files.js';
import { randomNumbers } from '../helpers/random-tensors.js';

// Some of these run several processes one after the other.
jest.setTimeout(180_000);

const folder = temporaryFolder();
const run = (...args: string[]) => runCommand(args, folder);
copyFileSync(fileURLToPath(new URL('../fixtures/representer/network.onnx', import.meta.url)), join(folder, 'net.onnx'));

/** Writes an archive of arrays. */
function writeNpz(name: string, arrays: Record<string, { shape: number[]; data: Float32Array | Uint8Array }>): string {
  const members = Object.entries(arrays).map(([array, { shape, data }]) => {
    return [`${array}.npy`, { content: encodeNpy(data instanceof Uint8Array ? '|u1' : '<f4', shape, data) }] as const;
  });
  writeFileSync(join(folder, name), encodeZip(Object.fromEntries(members)));
  return name;
}

/** Points of three classes around three corners. */
function blobs(count: number, change: (data: Float32Array, labels: Uint8Array) => void = () => undefined) {
  const next = randomNumbers(8);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
  const data = Float32Array.from({ length: 4 * count }, (_, k) => {
    return (k % 4 === labels[Math.floor(k / 4)]! ? 2 : 0) + next() - 0.5;
  });
  change(data, labels);
  return { x: { shape: [count, 4], data }, y: { shape: [count], data: labels } };
}

const sample = ['--data', 'fashion-mnist-sample'];

describe('representer', () => {
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
    const first = await run(...why, '--out', 'why', ...further, '--quiet');
    expect([first.code, first.stderr]).toEqual([0, '']);
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

    const page = readFileSync(join(folder, 'why', 'index.html'), 'utf8');
    for (const text of ['What raises the score of', 'What lowers it', 'Mistakes', 'How exact this is']) {
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

    const second = await run(...why, '--out', 'again', '--quiet');
    expect(second.stdout).toContain('taken from the cache');
    const again = await readResult(join(folder, 'again', 'result.json'), 'representer');
    expect(again.fit.reused).toBe(true);
    expect(again.fit.closer).toEqual(closer);
    expect(again.queries.map(({ excitatory }) => excitatory)).toEqual(
      result.queries.map(({ excitatory }) => excitatory),
    );
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

  test('features from a file, without and with weights', async () => {
    writeNpz('features.npz', { ...blobs(90), x_test: blobs(30).x, y_test: blobs(30).y });
    const trained = await run(
      'representer',
      '--features',
      'features.npz',
      '--mode',
      'train',
      '--input',
      'features.npz@4',
      '--out',
      'f1',
    );
    expect(trained.code).toBe(0);
    const { queries, fit } = await readResult(join(folder, 'f1', 'result.json'), 'representer');
    expect(fit).toMatchObject({ features: 4, outputs: 3, mode: 'train' });
    expect(queries[0]!.predicted.class).toBe(queries[0]!.truth!.class);

    // A feature file that only numbers its classes takes their names from the data.
    const { x, y } = blobs(90);
    const named = {
      'x.npy': { content: encodeNpy('<f4', x.shape, x.data) },
      'y.npy': { content: encodeNpy('|u1', y.shape, y.data) },
      'x_test.npy': { content: encodeNpy('<f4', [1, 4], x.data.subarray(0, 4)) },
      'y_test.npy': { content: encodeNpy('|u1', [1], y.data.subarray(0, 1)) },
      'classes.npy': { content: encodeNpy('|S1', [3], Buffer.from('abc')) },
    };
    writeFileSync(join(folder, 'named.npz'), encodeZip(named));
    const shown = await run(
      'representer',
      '--features',
      'features.npz',
      '--data',
      'named.npz',
      '--mode',
      'train',
      '--out',
      'f0',
    );
    expect(shown.code).toBe(0);
    expect((await readResult(join(folder, 'f0', 'result.json'), 'representer')).classNames).toEqual(['a', 'b', 'c']);

    const weight = { shape: [3, 4], data: Float32Array.from({ length: 12 }, (_, i) => (i % 5 === 0 ? 3 : 0)) };
    writeNpz('weighted.npz', { ...blobs(90), x_test: blobs(30).x, y_test: blobs(30).y, weight });
    const args = ['--features', 'weighted.npz', '--input', 'weighted.npz@4', '--target', '1', '--values'];
    const given = await run('representer', ...args, '--out', 'f2');
    expect(given.code).toBe(0);
    const { fit: follows, queries: explained } = await readResult(join(folder, 'f2', 'result.json'), 'representer');
    expect(follows.pearson).toBeGreaterThan(0.999);
    // The numbers are the end of the file: 90 points, 3 scores, float64.
    const numbers = (name: string, count: number) => {
      const bytes = readFileSync(join(folder, 'f2', name));
      return new Float64Array(Uint8Array.from(bytes.subarray(bytes.length - 8 * count)).buffer);
    };
    const [alpha, values] = [numbers('alpha.npy', 270), numbers('query-0/values.npy', 270)];
    const sum = values.reduce((total, value, k) => (k % 3 === 1 ? total + value : total), 0);
    expect(sum).toBeCloseTo(explained[0]!.logit, 6);
    for (const { index, alpha: weight, value } of explained[0]!.excitatory) {
      expect([alpha[3 * index + 1], values[3 * index + 1]]).toEqual([weight, expect.closeTo(value, 12)]);
    }
    expect(numbers('self-values.npy', 90).every(Number.isFinite)).toBe(true);
  });

  test('the influence of a training point on itself is what audit says of it', async () => {
    writeNpz('self.npz', { ...blobs(90), x_test: blobs(30).x, y_test: blobs(30).y });
    const common = ['--features', 'self.npz', '--lambda', '0.01'];
    const audited = await run('audit', ...common, '--top-k', '90', '--influence-examples', '90', '--out', 'self-audit');
    const asked = ['--mode', 'train', '--input', 'self.npz@4', '--input-split', 'train', '--target', 'true'];
    const compared = await run(
      'representer',
      ...common,
      ...asked,
      '--compare',
      'influence',
      '--top-k',
      '90',
      '--out',
      's',
    );
    expect([audited.code, compared.code]).toEqual([0, 0]);
    const { suspects } = await readResult(join(folder, 'self-audit', 'result.json'), 'audit');
    const { queries } = await readResult(join(folder, 's', 'result.json'), 'representer');
    const own = queries[0]!.influence!.helpful.find(({ index }) => index === 4)!;
    // One is divided by the number of points, the other not; the audit solves to 1e-4.
    expect([90 * own.value]).toBeAllClose([suspects.find(({ index }) => index === 4)!.influence!], { relative: 1e-3 });
  });

  test('an end before the gradient is small is no convergence', async () => {
    writeNpz('separable.npz', blobs(60));
    const args = ['--features', 'separable.npz', '--mode', 'train', '--lambda', '1e-15', '--max-iterations', '3'];
    const { code, stderr } = await run('representer', ...args, '--out', 'separable', '--no-cache');
    expect(code).toBe(0);
    const { fit } = await readResult(join(folder, 'separable', 'result.json'), 'representer');
    expect([fit.status, fit.iterations, fit.gradientMaxNorm > 1e-8]).toEqual(['iteration-limit', 3, true]);
    expect(stderr).toContain('did not converge');
  });

  test('λ too small for float64: the gradient is within the tolerance, the values do not sum to the scores', async () => {
    const args = ['--features', 'separable.npz', '--mode', 'train', '--lambda', '1e-15', '--no-cache'];
    const { code, stderr, stdout } = await run('representer', ...args, '--out', 'inexact');
    expect(code).toBe(0);
    const { fit } = await readResult(join(folder, 'inexact', 'result.json'), 'representer');
    expect([fit.status, fit.gradientMaxNorm <= 1e-8, fit.sumError > 1e-6]).toEqual(['inexact', true, true]);
    expect(stderr).toMatch(/the values of the training points miss the scores by up to .* raise --lambda/);
    expect(stdout).toContain(', inexact, ');
    expect(readFileSync(join(folder, 'inexact', 'index.html'), 'utf8')).toContain('very small for these features');
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
    expect(readFileSync(join(folder, 'all', 'index.html'), 'utf8')).toContain(
      'more training points are in result.json',
    );
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
});

describe('audit', () => {
  test('puts flipped labels first, and measures how well flips are found', async () => {
    const flipped = [4, 11, 25];
    const data = blobs(90, (_, labels) => flipped.forEach((i) => (labels[i] = (labels[i]! + 1) % 3)));
    writeNpz('flipped.npz', { ...data, x_test: blobs(30).x, y_test: blobs(30).y });
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
    expect(outcome.representer!.accuracy.map(({ mean }) => mean)).toEqual(
      outcome.loss!.accuracy.map(({ mean }) => mean),
    );
    for (const file of ['accuracy.svg', 'found.png', 'index.html'])
      expect(existsSync(join(folder, 'audit', file))).toBe(true);
  });
});

describe('bad input is one line and exit code 2', () => {
  const model = (name: string, build: (g: GraphBuilder) => string): string => {
    const g = new GraphBuilder();
    g.input('image', 'float32', ['batch', 4]);
    g.output(build(g), 'float32');
    writeFileSync(join(folder, name), encodeModel(g.model()));
    return name;
  };
  const weight = (g: GraphBuilder, rows: number, value = 0.5) =>
    g.initializer('w', float32(new Float32Array(4 * rows).fill(value), [4, rows]));

  const cases: [what: string, args: () => string[], message: RegExp][] = [
    [
      'a model that does not end in a linear layer',
      () => [
        '--model',
        model('tanh.onnx', (g) => g.op('Tanh', [g.op('MatMul', ['image', weight(g, 3)])])),
        '--data',
        writeNpz('b.npz', blobs(30)),
      ],
      /ends in node .*Tanh.*not in a linear layer/,
    ],
    [
      'labels beyond the classes of the model',
      () => [
        '--model',
        model('two.onnx', (g) => g.op('MatMul', ['image', weight(g, 2)])),
        '--data',
        writeNpz('b.npz', blobs(30)),
      ],
      /has label 2, but the model has classes 0 to 1/,
    ],
    [
      'one class only',
      () => [
        '--model',
        model('three.onnx', (g) => g.op('MatMul', ['image', weight(g, 3)])),
        '--data',
        writeNpz(
          'one.npz',
          blobs(30, (_, y) => y.fill(1)),
        ),
      ],
      /all training examples are of one class \(1\)/,
    ],
    [
      'features that are no numbers',
      () => [
        '--model',
        model('nan.onnx', (g) => g.op('MatMul', [g.op('Log', ['image']), weight(g, 3)])),
        '--data',
        writeNpz('b.npz', blobs(30)),
      ],
      /the features of example 0 hold NaN at position/,
    ],
    [
      'λ beyond float64',
      () => ['--model', 'net.onnx', ...sample, '--lambda', '5e-324'],
      /--lambda 5e-324: .*from 1e-100/,
    ],
    [
      'the true class at a hidden layer',
      () => ['--model', 'net.onnx', ...sample, '--layer', '0', '--input', 'fashion-mnist-sample@1', '--target', 'true'],
      /--target true: the units of layer ".*" are no classes; give a number/,
    ],
    ['λ of 0', () => ['--model', 'net.onnx', ...sample, '--lambda', '0'], /--lambda 0: expected a number above 0/],
    [
      'a target that is no class',
      () => ['--model', 'net.onnx', ...sample, '--input', 'fashion-mnist-sample@1', '--target', 'Shirtt'],
      /--target Shirtt: .*nearest are Shirt/,
    ],
    [
      'an input of another shape',
      () => ['--model', 'net.onnx', ...sample, '--input', `${writeNpz('b.npz', blobs(30))}@1`],
      /each example is 4, but the model takes 1×28×28/,
    ],
    [
      'data of another shape',
      () => ['--model', 'net.onnx', '--data', writeNpz('b.npz', blobs(30))],
      /each example is 4, but the model takes 1×28×28/,
    ],
    ['no data', () => ['--model', 'net.onnx'], /--data is missing/],
    [
      'a feature file without weights in given mode',
      () => ['--features', writeNpz('b.npz', blobs(30))],
      /--mode given needs the weights/,
    ],
    [
      'a layer that does not exist',
      () => ['--model', 'net.onnx', ...sample, '--layer', 'fc9'],
      /layer "fc9" does not exist/,
    ],
  ];
  test.each(cases)('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await run(
      'representer',
      ...args(),
      '--no-cache',
      '--quiet',
      '--out',
      'bad',
      '--force',
    );
    expect(stderr).toMatch(message);
    expect([code, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1]);
  });

  test.each([
    [['--simulate-noise', '1.5'], /--simulate-noise 1.5: expected a share/],
    [['--simulate-noise', '0.4', '--examples', '100000'], /--examples 100000: expected a whole number from 10 to/],
    [['--simulate-noise', '0.4', '--fractions', '0,2'], /--fractions 2: expected shares/],
    [['--top-k', '0'], /--top-k 0/],
    [['--lambda', '-1'], /--lambda -1: expected a number above 0/],
  ])('audit %p', async (args, message) => {
    const { code, stderr } = await run(
      'audit',
      '--data',
      writeNpz('b.npz', blobs(30)),
      ...args,
      '--quiet',
      '--out',
      'bad',
      '--force',
    );
    expect(stderr).toMatch(message);
    expect([code, stderr.trimEnd().split('\n').length]).toEqual([2, 1]);
  });
});
