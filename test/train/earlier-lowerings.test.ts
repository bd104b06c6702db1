/** Runs that were trained by lowerings of convolutions which new trainings no longer choose: they come again to the bit. */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openReplay } from '../../src/replay/recorded.js';
import { readManifest, writeManifest } from '../../src/run/manifest-file.js';
import type { RunManifest } from '../../src/run/manifest.js';
import { train } from '../../src/train/train.js';
import { openRun } from '../../src/workflows/open-run.js';
import { startTraining } from '../../src/workflows/train.js';
import { create } from '../../src/zoo/create.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { contentsOf } from '../helpers/folders.js';
import { smallRun } from '../helpers/small-run.js';
import { runtime } from '../helpers/training.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

/** Rewrites a manifest as an earlier build would have, which had no word for lowerings. */
async function age(directory: string): Promise<RunManifest> {
  const manifest = JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')) as RunManifest & { checksum?: string };
  delete manifest.checksum;
  delete (manifest as { lowerings?: number }).lowerings;
  Object.assign(manifest, { formatVersion: manifest.untraced ? 3 : 2 });
  await writeManifest(directory, manifest);
  return readManifest(directory);
}

async function replay(runDirectory: string, lowerings?: number): Promise<number> {
  const manifest = await readManifest(runDirectory);
  const run = await openRun({ runDirectory, manifest, runtime });
  const chosen = lowerings === undefined ? {} : { lowerings };
  const replayed = await openReplay({ ...run, ...chosen, manifest, memory: 2 ** 28 });
  await replayed.release();
  return replayed.drift;
}

test('a run says by which lowerings it was trained, goes on with them, and comes again to the bit', async () => {
  // Its last maps are of 1 × 1 and 2 × 2 pixels: there the generations differ.
  const model = create('resnet18', { inputShape: [1, 12, 12], classes: 4, width: 0.0625 });
  const options = { epochs: 2, batchSize: 16, checkpointEvery: 4, sampler: 'shuffled', log: false } as const;
  const { directory, dataSpec } = await smallRun(folder, options, 96, model);
  const newest = await readManifest(directory);
  expect(newest.lowerings).toBe(2);
  expect(await replay(directory)).toBe(0);

  const opened = await openRun({ runDirectory: directory, manifest: newest, runtime });
  await train({
    ...opened,
    lowerings: 1,
    runDirectory: at('earlier'),
    onProgress: ({ step }) => {
      if (step < 4 || existsSync(at('stopped'))) return;
      cpSync(at('earlier'), at('stopped'), { recursive: true, filter: (path) => !path.endsWith('train.lock') });
    },
  });
  expect((await readManifest(at('earlier'))).lowerings).toBe(1);
  const earlier = await age(at('earlier'));
  expect([earlier.lowerings, earlier.data.spec]).toEqual([undefined, dataSpec]);
  expect(await replay(at('earlier'))).toBe(0);
  // That is not so by chance: by the others it would be another training.
  await expect(replay(at('earlier'), 2)).rejects.toThrow('its weights are not those that were recorded');
  await expect(replay(at('earlier'), 3)).rejects.toThrow('`lowerings` 3; it knows 2');

  expect((await age(at('stopped'))).status).toBe('running');
  await startTraining({ runDirectory: at('stopped'), runtime, resume: true });
  expect(contentsOf(at('stopped'))).toEqual(contentsOf(at('earlier')));
});
