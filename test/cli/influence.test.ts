/** `influence` of a model without a run, and of a run by its last layer, as users run it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, jest, test } from '@jest/globals';
import { readNpyFile } from '../../src/data/npy/file.js';
import type { InfluenceResult } from '../../src/results/influence.js';
import { readResult } from '../../src/results/result-file.js';
import { paperText } from '../helpers/pages/page-text.js';
import { blobs, writeNpz } from '../helpers/blobs.js';
import { runCommand } from '../helpers/command-line.js';
import { encodeNpy, temporaryFolder } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';

// Each of these runs several commands one after the other.
jest.setTimeout(180_000);

const folder = temporaryFolder();
const run = (...args: string[]) => runIn(folder, args);
const MODEL = ['--model', 'm.onnx', '--data', 'data.npz', '--no-cache'];
const INPUT = ['--input', 'data.npz@1'];

beforeAll(async () => {
  writeNpz(folder, 'data.npz', { ...blobs(60), x_test: blobs(30).x, y_test: blobs(30).y });
  const create = ['create', 'mlp', '--input-shape', '4', '--hidden', '8', '--classes', '3'];
  expect(await run(...create, '--out', 'm.onnx')).toMatchObject({ code: 0 });
  const training = ['--batch-size', '15', '--epochs', '3', '--lr', '0.05', '--out', 'run'];
  expect(await run('train', '--model', 'm.onnx', '--data', 'data.npz', ...training)).toMatchObject({ code: 0 });
});

test('a model without a run: influence functions, with their damping, and how to get a metagradient', async () => {
  const { code, stdout } = await runCommand(['influence', ...MODEL, ...INPUT, '--values', '--out', 'model'], folder);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /influence-function: effects of 60 training examples on the margin .*λ \S+, chosen by leave-one-out/,
  );
  const [, train, ask] = /: (onnx-explain train .*) && onnx-explain (influence fine-tuning .*)/.exec(stdout)!;
  expect(train).toContain('--model m.onnx --data data.npz');
  const result = await readResult(join(folder, 'model', 'result.json'), 'influence');
  expect(result.replay).toBeUndefined();
  expect(result.layer).toMatchObject({ features: 8, fit: { targets: 'labels', status: 'converged' } });
  expect(result.layer!.damping!.tried.map(({ lambda }) => lambda)).toContain(result.layer!.fit!.lambda);
  const { shape, data } = await readNpyFile(join(folder, 'model', 'values.npy'));
  expect(shape).toEqual([1, 60]);
  const [query] = result.queries;
  for (const { index, effect } of [...query!.examples, ...query!.opponents]) expect(data[index]).toBe(effect);
  const page = readFileSync(join(folder, 'model', 'index.html'), 'utf8');
  const text = paperText(page);
  expect(text).toContain('Without one of these, the margin of the class (its log-odds) would be lower');
  expect(text).toContain('chosen by leave-one-out');
  expect(text).toContain('onnx-explain train --model m.onnx');
  expect(existsSync(join(folder, 'm.onnx.cache'))).toBe(false);

  // The commands that are named can be typed.
  expect(await run(...train!.split(' ').slice(1))).toMatchObject({ code: 0 });
  expect(await run(...ask!.split(' '))).toMatchObject({ code: 0 });
  const tuned = await readResult(join(folder, 'why', 'result.json'), 'influence');
  expect(tuned.method).toMatchObject({ name: 'metagradient', predicts: true });
});

test('a baseline says that it predicts nothing, and --json is the result', async () => {
  const { code, stdout } = await run(
    'influence',
    ...MODEL,
    ...INPUT,
    '--method',
    'similarity',
    '--json',
    '--out',
    'alike',
  );
  expect(code).toBe(0);
  const result = JSON.parse(stdout) as { method: object; unit: string; layer: object };
  expect(result).toMatchObject({ method: { name: 'similarity', predicts: false }, layer: { features: 8 } });
  const page = readFileSync(join(folder, 'alike', 'index.html'), 'utf8');
  expect(paperText(page)).toContain('They speak for it');
  expect(paperText(page)).not.toContain('would be lower');
});

test('the same methods of a run, and the loss of a whole test split', async () => {
  const { code, stdout } = await run(
    'influence',
    'run',
    '--method',
    'influence-function',
    '--measure',
    'test-loss',
    '--out',
    'hurt',
  );
  expect(code).toBe(0);
  expect(stdout).not.toMatch(/fine-tuning/);
  const result = await readResult(join(folder, 'hurt', 'result.json'), 'influence');
  expect(result.replay).toBeUndefined();
  expect(result.queries[0]).toMatchObject({
    input: expect.stringMatching(/data.npz: test split .30 examples.$/),
    measure: { name: 'test-loss' },
  });
  expect(existsSync(join(folder, 'run', 'model.onnx.cache'))).toBe(false);
  const representer = await run('influence', 'run', '--method', 'representer', ...INPUT, '--out', 'points');
  expect(representer.code).toBe(0);
  expect(representer.stdout).toMatch(/logit of /);
});

/** `influence run --verify` by a method, with six inputs, and what its page says. */
async function verified(method: string, ...more: string[]) {
  const args = ['--input', 'data.npz@0,1,2,3,4,5', '--method', method, '--verify', '6', '--force', ...more];
  const { code, stdout } = await run('influence', 'run', ...args, '--out', method);
  expect(code).toBe(0);
  const result = await readResult(join(folder, method, 'result.json'), 'influence');
  return { result, stdout, page: paperText(readFileSync(join(folder, method, 'index.html'), 'utf8')) };
}

test('--verify of what the last layer predicts: the run trained again without the supporters, beside the sum of effects', async () => {
  const { result, stdout, page } = await verified('influence-function', '--values');
  expect(result.replay).toEqual({ steps: 12, drift: 0 });
  const { data } = await readNpyFile(join(folder, 'influence-function', 'values.npy'));
  const effects = (q: number) => Array.from(data as Float64Array).slice(q * 60, (q + 1) * 60);
  result.queries.forEach(({ verification, measure }, q) => {
    const strongest = effects(q).sort((a, b) => b - a).slice(0, 6); // prettier-ignore
    expect(verification!.predicted).toBeCloseTo(strongest.reduce((sum, effect) => sum + effect, 0), 12); // prettier-ignore
    // The model's own measure: in float32 by another graph.
    expect(verification!.before).toBeCloseTo(measure.value, 4);
    expect(verification!.actual).toBe(verification!.before - verification!.after);
  });

  // What training without them gives, by train itself.
  const first = effects(0);
  const left = first.map((_, i) => i).sort((a, b) => first[b]! - first[a]!).slice(0, 6); // prettier-ignore
  const weights = Float32Array.from(first, (_, i) => (left.includes(i) ? 0 : 1));
  writeFileSync(join(folder, 'w.npy'), encodeNpy('<f4', [60], weights));
  const training = [
    '--batch-size',
    '15',
    '--epochs',
    '3',
    '--lr',
    '0.05',
    '--sample-weights',
    'w.npy',
    '--out',
    'less',
  ];
  expect(await run('train', '--model', 'm.onnx', '--data', 'data.npz', ...training)).toMatchObject({ code: 0 });
  const target = String(result.queries[0]!.target!.class);
  const asked = ['--input', 'data.npz@0', '--method', 'similarity', '--target', target, '--out', 'after'];
  expect(await run('influence', 'less', ...asked)).toMatchObject({ code: 0 });
  const after = await readResult(join(folder, 'after', 'result.json'), 'influence');
  expect(result.queries[0]!.verification!.after).toBeCloseTo(after.queries[0]!.measure.value, 4);

  const { pearson, interval, lowered } = result.verified!;
  const changes = result.queries.map(({ verification }) => verification!);
  expect(lowered).toBe(changes.filter(({ actual }) => actual > 0).length);
  expect(pearson).toBeGreaterThanOrEqual(interval![0]);
  expect(pearson).toBeLessThanOrEqual(interval![1]);
  expect(stdout).toMatch(/inputs: correlation \S+ \(95 %: \S+ to \S+\)$/m);
  expect(page).toMatch(/correlation of predicted and actual changes.*?\(95 %: /s);
  expect(existsSync(join(folder, 'influence-function', 'verification.svg'))).toBe(true);
});

test.each(['similarity', 'gamma'])(
  '--verify of %s, which only ranks: what happened, and no prediction',
  async (method) => {
    const { result, stdout, page } = await verified(method);
    for (const { verification } of result.queries) {
      expect(verification).toMatchObject({ examples: expect.any(Number), actual: expect.any(Number) });
      expect(verification).not.toHaveProperty('predicted');
    }
    expect(result.verified).toEqual({ queries: 6, lowered: expect.any(Number) });
    expect(stdout).toMatch(/^input +decided as +probability +truly +strongest +value +lower without$/m);
    expect(stdout).not.toMatch(/correlation/);
    expect(page).toMatch(/predicted to be lower by ?nothing, as values only rank/);
    expect(existsSync(join(folder, method, 'verification.svg'))).toBe(false);
  },
);

test('effects on a loss: what supports it does harm, and is said to', async () => {
  // What taught the class of input 1 raises the loss that it has as class 0; input 0 is class 0.
  const args = ['--input', 'data.npz@1,0', '--measure', 'loss', '--target', '0', '--verify', '3', '--out', 'harm'];
  const { code, stdout } = await run('influence', 'run', ...args);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^raises it +class +effect +lowers it/m);
  expect(stdout).toMatch(/^trained again without the \d+ that raise it most: loss /m);
  expect((await readResult(join(folder, 'harm', 'result.json'), 'influence')).sign).toBe('positive raises the loss');
  const page = paperText(readFileSync(join(folder, 'harm', 'index.html'), 'utf8'));
  expect(page).toContain('The loss is raised most by');
  expect(page).toContain('such examples do harm');
  expect(/.*(supporter|supports the prediction).*/i.exec(page)).toBeNull();
});

test('of two inputs no correlation is claimed', async () => {
  const args = ['--input', 'data.npz@1,2', '--verify', '3', '--json', '--out', 'two'];
  const { code, stdout } = await run('influence', 'run', ...args);
  expect(code).toBe(0);
  const { verified: found } = JSON.parse(stdout) as InfluenceResult;
  expect(found).toEqual({ queries: 2, lowered: expect.any(Number) });
  expect(paperText(readFileSync(join(folder, 'two', 'index.html'), 'utf8'))).toContain(
    'none of fewer than three inputs',
  );
});

test.each([
  [['run', ...MODEL, ...INPUT], /give a run or a --model, not both/],
  [['run', '--features', 'data.npz', ...INPUT], /give a run or a file of --features, not both/],
  [['run', '--mean', '0.5', ...INPUT], /--mean goes with a --model/],
  [[...INPUT], /name a run, or give a --model and its training --data/],
  [['--model', 'm.onnx', ...INPUT], /--data is missing/],
  [[...MODEL, ...INPUT, '--method', 'metagradient'], /--method metagradient replays a recorded training: name a run/],
  [[...MODEL, ...INPUT, '--verify', '5'], /--verify trains again, which needs a run/],
  [
    [...MODEL, ...INPUT, '--method', 'representer', '--measure', 'margin'],
    /--method representer has values for logit only/,
  ],
  [[...MODEL, '--method', 'similarity', '--measure', 'test-loss'], /has values for margin, logit, probability only/],
  [[...MODEL], /--input is missing/],
  [[...MODEL, ...INPUT, '--measure', 'test-loss'], /leave out --input/],
  [
    ['run', '--measure', 'test-loss', '--verify', '3'],
    /--verify: no effect is above 0, so there is no example to leave/,
  ],
  [[...MODEL, ...INPUT, '--top-k', '0'], /--top-k 0: expected a whole number from 1/],
  [[...MODEL, ...INPUT, '--target', '7'], /--target 7: expected predicted, true, or a class/],
  [[...MODEL, ...INPUT, '--layer', 'fc1'], /--layer: influence is computed of the last layer/],
  [['--features', 'data.npz', ...INPUT], /--features: the file has no weight and bias/],
])('bad input is one line and exit code 2: %p', async (args, message) => {
  const { code, stdout, stderr } = await run('influence', ...args, '--quiet', '--out', 'bad');
  expect(stderr).toMatch(message);
  expect([code, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1]);
  expect(existsSync(join(folder, 'bad'))).toBe(false);
});
