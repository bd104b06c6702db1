/** A real run of a few seconds, finished and stopped, to be damaged. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { writeModelFile } from '../../../src/onnx/file.js';
import type { RunManifest } from '../../../src/run/manifest.js';
import { startTraining } from '../../../src/workflows/train.js';
import { writeFashion } from '../fashion.js';
import { tinyCnn } from '../networks.js';
import { runtime } from '../training.js';

/** Where what a training reads lies in a folder, and how it is started. */
export function trainingIn(folder: string) {
  const modelPath = join(folder, 'tiny.onnx');
  const dataSpec = join(folder, 'data');
  const start = (
    out: string,
    more: Partial<Parameters<typeof startTraining>[0]> = {},
    seed = 5,
  ): Promise<RunManifest> =>
    startTraining({
      modelPath,
      dataSpec,
      runDirectory: join(folder, out),
      options: { sampler: 'single-class', epochs: 1, batchSize: 24, checkpointEvery: 10, seed },
      runtime,
      ...more,
    });
  return { modelPath, dataSpec, start };
}

/** Makes `whole`, a finished run, and `stopped`, the same as it was after its second checkpoint. */
export async function makeRuns(folder: string): Promise<void> {
  const { modelPath, dataSpec, start } = trainingIn(folder);
  await writeFashion(dataSpec);
  await writeModelFile(modelPath, tinyCnn());
  const isOfTheRun = (path: string) => !path.endsWith('train.lock');
  const onProgress = ({ step }: { step: number }) => {
    if (step === 20) cpSync(join(folder, 'whole'), join(folder, 'stopped'), { recursive: true, filter: isOfTheRun });
  };
  await start('whole', { onProgress });
}
