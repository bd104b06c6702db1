/** Runs of the first format, which had neither identifier nor checksums beside those of the log, are read as they were. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { inspectRun } from '../../src/inspect/inspect-run.js';
import { readManifest, writeManifest } from '../../src/run/manifest-file.js';
import { TRAIN_DEFAULTS } from '../../src/train/options.js';
import { startTraining } from '../../src/workflows/train.js';
import { traceToFolder } from '../../src/workflows/trace.js';
import { inputErrorOf, temporaryFolder } from '../helpers/data-files.js';
import { contentsOf } from '../helpers/folders.js';
import { runHere } from '../helpers/in-process.js';
import { runtime } from '../helpers/training.js';

const fixture = fileURLToPath(new URL('../fixtures/run-format-1', import.meta.url));
const folder = temporaryFolder();
const dataSpec = join(fixture, 'data.npz');

function copy(name: string): string {
  cpSync(join(fixture, 'run'), join(folder, name), { recursive: true });
  return join(folder, name);
}

const continued = (runDirectory: string, more = {}) =>
  startTraining({ dataSpec, runDirectory, runtime, resume: true, ...more });

test('it verifies, and explains what it explained', async () => {
  const run = copy('read');
  const { checks } = await inspectRun(run, { verify: true });
  expect(checks!.map(({ passed }) => passed)).toEqual([true, true, true, true]);
  const request = {
    runDirectory: run,
    inputs: [`${dataSpec}@0,1`],
    inputSplit: 'train',
    data: dataSpec,
    runtime,
  } as const;
  const { queries } = await traceToFolder({ ...request, out: join(folder, 'explanation') });
  const before = JSON.parse(readFileSync(join(fixture, 'queries.json'), 'utf8')) as typeof queries;
  expect(queries.map(({ predicted }) => predicted.class)).toEqual(before.map(({ predicted }) => predicted.class));
  queries.forEach(({ layers }, q) => {
    layers.forEach(({ norm, completenessError }, l) => {
      const known = before[q]!.layers[l]!;
      // Another processor may add in another order: some 2⁻²⁰ of the sum.
      expect(Math.abs(norm - known.norm)).toBeLessThan(1e-5 * known.norm);
      expect(Math.abs(completenessError - known.completenessError)).toBeLessThan(1e-5);
    });
  });
});

test('of pictures that it resized, one notice says that this is done otherwise now', async () => {
  const notice = /resized: an earlier version brought its pictures to 6x6 with another kernel than this one does/g;
  const run = copy('resized');
  const manifest = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as { input: object };
  writeFileSync(
    join(run, 'run.json'),
    JSON.stringify({ ...manifest, input: { ...manifest.input, resize: { width: 6, height: 6 } } }),
  );
  const trace = ['trace', run, '--input', `${dataSpec}@0`, '--input-split', 'train', '--data', dataSpec];
  for (const command of [
    ['inspect', run],
    [...trace, '--out', join(folder, 'resized-why')],
  ]) {
    const { code, stderr } = await runHere([...command]);
    expect([code, stderr.match(notice)?.length]).toEqual([0, 1]);
  }
  expect((await runHere(['inspect', copy('as-it-was')])).stderr).not.toContain('kernel');
});

test('one that was stopped is continued in its own format', async () => {
  const run = copy('stopped');
  await writeManifest(run, { ...(await readManifest(run)), status: 'running' });
  const manifest = await continued(run);
  expect(manifest).toMatchObject({ formatVersion: 1, status: 'finished', steps: 12, files: [], run: '' });
  const rest = (path: string) => ({ ...contentsOf(path), 'run.json': undefined });
  expect(rest(run)).toEqual(rest(join(fixture, 'run')));
});

test('options that somebody edited away are named', async () => {
  const run = copy('edited');
  const manifest = await readManifest(run);
  await writeManifest(run, {
    ...manifest,
    status: 'running',
    options: { ...manifest.options, optimizerSettings: undefined },
  });
  expect(await inputErrorOf(() => continued(run))).toMatch(/run\.json: options\.optimizerSettings: is missing/);
});

test('`force` takes it away if what it names are models, and leaves what is not of it', async () => {
  const run = copy('replaced');
  writeFileSync(join(run, 'notes.txt'), 'mine');
  const modelPath = join(fixture, 'run', 'initial.onnx');
  const options = { ...TRAIN_DEFAULTS, epochs: 1, batchSize: 6 };
  const manifest = await continued(run, { modelPath, resume: false, force: true, options });
  expect(manifest.formatVersion).toBe(4);
  expect(readFileSync(join(run, 'notes.txt'), 'utf8')).toBe('mine');
  const other = copy('spoilt');
  writeFileSync(join(other, 'model.onnx'), 'not a model');
  const before = contentsOf(other);
  expect(await inputErrorOf(() => continued(other, { modelPath, resume: false, force: true, options }))).toMatch(
    /model\.onnx: is in the way/,
  );
  expect(contentsOf(other)).toEqual(before);
});
