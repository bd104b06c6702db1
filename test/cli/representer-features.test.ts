/** `representer` on features from a file, as users run it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { readResult } from '../../src/results/result-file.js';
import { blobs, writeNpz, type Arrays } from '../helpers/blobs.js';
import { encodeNpy, encodeZip, temporaryFolder } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';

// Some of these run several commands one after the other.
jest.setTimeout(180_000);

const folder = temporaryFolder();
const run = (...args: string[]) => runIn(folder, args);
const write = (name: string, arrays: Arrays) => writeNpz(folder, name, arrays);

test('features from a file, without and with weights', async () => {
  write('features.npz', { ...blobs(90), x_test: blobs(30).x, y_test: blobs(30).y });
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
  write('weighted.npz', { ...blobs(90), x_test: blobs(30).x, y_test: blobs(30).y, weight });
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
  write('self.npz', { ...blobs(90), x_test: blobs(30).x, y_test: blobs(30).y });
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
  write('separable.npz', blobs(60));
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
