/** Runs that were logged with an earlier version of the codec `lowrank`: they are read, proven, and go on as they began. */
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { inspectRun } from '../../../src/inspect/inspect-run.js';
import { openLog } from '../../../src/log/read/reader.js';
import { writeModelFile } from '../../../src/onnx/file.js';
import { readManifest } from '../../../src/run/manifest-file.js';
import type { TrainOptions } from '../../../src/train/options.js';
import { train } from '../../../src/train/train.js';
import { openRun } from '../../../src/workflows/open-run.js';
import { traceToFolder } from '../../../src/workflows/trace.js';
import { startTraining } from '../../../src/workflows/train.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { contentsOf } from '../../helpers/folders.js';
import { smallNetwork } from '../../helpers/networks.js';
import { writePatterns } from '../../helpers/small-run.js';
import { runtime } from '../../helpers/training.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const OPTIONS: Partial<TrainOptions> = {
  ...{ sampler: 'shuffled', ghostSize: 0, batchSize: 16, epochs: 3, learningRate: 0.02 },
  ...{ codec: 'lowrank', rank: 2, checkpointEvery: 6, keepCheckpoints: 9 },
};

test('version 1 keeps its factors, its float32 residuals and its bytes', async () => {
  writePatterns(at('data'), 96);
  await writeModelFile(at('m.onnx'), smallNetwork());
  const common = { modelPath: at('m.onnx'), dataSpec: at('data'), options: OPTIONS, runtime };
  const newest = await startTraining({ ...common, runDirectory: at('newest') });
  const opened = await openRun({ runDirectory: at('newest'), manifest: newest, runtime });
  const first = await train({
    ...opened,
    lowRankVersion: 1,
    runDirectory: at('first'),
    onProgress: ({ step }) => {
      for (const [name, from] of [['early', 1], ['stopped', 6]] as const) {
        if (step < from || existsSync(at(name))) continue;
        cpSync(at('first'), at(name), { recursive: true, filter: (path) => !path.endsWith('train.lock') });
      }
    },
  }); // prettier-ignore

  const versions = ({ layers }: typeof newest) => layers.map(({ codec, codecVersion }) => [codec, codecVersion]);
  expect(versions(newest)).toContainEqual(['lowrank', 2]);
  expect(versions(first)).toContainEqual(['lowrank', undefined]);
  // Neither touches the training.
  expect(contentsOf(at('first'))['model.onnx']).toBe(contentsOf(at('newest'))['model.onnx']);
  const bytes = async (directory: string) => {
    const log = await openLog(directory);
    return log.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  };
  expect(await bytes(at('first'))).toBeGreaterThan(await bytes(at('newest')));

  const { checks } = await inspectRun(at('first'), { verify: true, runtime });
  expect(checks!.filter(({ passed }) => !passed)).toEqual([]);
  const factored = checks!.filter(({ codec, reportedError }) => codec === 'lowrank' && reportedError > 0);
  // The residual of version 1 is float32.
  for (const { rounding, reportedError } of factored) expect(rounding).toBeLessThan(5 * 2 ** -21 * reportedError);
  const request = { runDirectory: at('first'), inputs: [`${at('data')}@0`], split: 'batch', runtime } as const;
  const { queries } = await traceToFolder({ ...request, out: at('why') });
  expect(queries[0]!.layers.length).toBe(first.layers.length);

  for (const name of ['early', 'stopped']) {
    expect((await readManifest(at(name))).status).toBe('running');
    await startTraining({ runDirectory: at(name), runtime, resume: true });
    expect([name, contentsOf(at(name))]).toEqual([name, contentsOf(at('first'))]);
  }
});
