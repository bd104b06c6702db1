/** Runs of earlier builds, whose logs have columns of layers only, whatever else was trained. */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { inspectRun } from '../../src/inspect/inspect-run.js';
import { openLog } from '../../src/log/read/reader.js';
import type { RunManifest } from '../../src/run/manifest.js';
import { readManifest, writeManifest } from '../../src/run/manifest-file.js';
import type { TrainOptions } from '../../src/train/options.js';
import { traceToFolder } from '../../src/workflows/trace.js';
import { startTraining } from '../../src/workflows/train.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { contentsOf } from '../helpers/folders.js';
import { smallRun } from '../helpers/small-run.js';
import { runtime } from '../helpers/training.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const LAYERS = ['conv1', 'conv2', 'fc1', 'fc2'];
const OPTIONS: Partial<TrainOptions> = { epochs: 2, codec: 'int8', checkpointEvery: 6 };

/** Makes a run one of an earlier build: of the layers, which it does not say were chosen. */
async function age(directory: string): Promise<RunManifest> {
  const text = readFileSync(join(directory, 'run.json'), 'utf8');
  const manifest = JSON.parse(text) as RunManifest & { checksum?: string };
  delete manifest.checksum;
  delete (manifest.options as { layers?: unknown }).layers;
  await writeManifest(directory, manifest);
  return readManifest(directory);
}

test('they are proven, explained as they were, and go on with the columns that they began with, to the same bytes', async () => {
  const { directory, dataSpec } = await smallRun(folder, OPTIONS);
  const full = await readManifest(directory);
  await startTraining({
    modelPath: at('small.onnx'),
    dataSpec,
    runDirectory: at('earlier'),
    options: { ...full.options, layers: LAYERS },
    runtime,
    onProgress: ({ step }) => {
      if (step < 6 || existsSync(at('stopped'))) return;
      cpSync(at('earlier'), at('stopped'), { recursive: true, filter: (path) => !path.endsWith('train.lock') });
    },
  });
  const earlier = await age(at('earlier'));
  expect([full.formatVersion, full.untraced?.map(({ name }) => name)]).toEqual([4, ['bn']]);
  expect([earlier.formatVersion, earlier.untraced]).toEqual([4, undefined]);

  // What is logged besides changes neither what is computed nor how layers are stored, nor what a trace says of them.
  expect(contentsOf(at('earlier'))['model.onnx']).toBe(contentsOf(directory)['model.onnx']);
  expect(earlier.layers).toEqual(full.layers);
  const queries = async (runDirectory: string, out: string) => {
    const request = { runDirectory, inputs: [`${dataSpec}@0,1`], split: 'batch', runtime } as const;
    return (await traceToFolder({ ...request, out: at(out) })).queries;
  };
  expect(await queries(at('earlier'), 'why earlier')).toEqual(await queries(directory, 'why full'));
  const { checks } = await inspectRun(at('earlier'), { verify: true });
  expect(checks!.map(({ tensor, passed }) => [tensor, passed])).toEqual(
    earlier.layers.flatMap(({ tensors }) => tensors.map(({ name }) => [name, true])),
  );

  const { status, steps } = await age(at('stopped'));
  expect([status, steps > 0, steps < earlier.steps]).toEqual(['running', true, true]);
  await startTraining({ runDirectory: at('stopped'), runtime, resume: true });
  expect(contentsOf(at('stopped'))).toEqual(contentsOf(at('earlier')));
  expect((await openLog(at('stopped'), earlier)).layers.map(({ name }) => name)).toEqual(LAYERS);
});
