/** Trainings that are refused, beside a finished one that must stay as it is. */
import { join } from 'node:path';
import { writeModelFile } from '../../../src/onnx/file.js';
import type { RunManifest } from '../../../src/run/manifest.js';
import type { TrainOptions } from '../../../src/train/options.js';
import { startTraining, type StartRequest } from '../../../src/workflows/train.js';
import { inputErrorOf } from '../data-files.js';
import { writeFashion } from '../fashion.js';
import { tinyCnn } from '../networks.js';
import { runtime } from '../training.js';

/** How a training is started in a folder. */
export function refusableTraining(folder: string) {
  const at = (name: string) => join(folder, name);
  /** By default what `finish` trains. */
  const start = (request: Partial<StartRequest>, options: Partial<TrainOptions> = {}): Promise<RunManifest> =>
    startTraining({
      modelPath: at('tiny.onnx'),
      dataSpec: at('data'),
      runDirectory: at('run'),
      runtime,
      ...request,
      options: { epochs: 2, batchSize: 24, checkpointEvery: 15, ...options },
    });
  /** The message of a refusal, without the folder in front of paths. */
  const refusal = async (action: () => Promise<unknown>): Promise<string> =>
    (await inputErrorOf(action)).replaceAll(`${folder}/`, '');
  /** Makes `data`, `tiny.onnx`, and `run`, a finished run of the two. */
  const finish = async (): Promise<void> => {
    await writeFashion(at('data'));
    await writeModelFile(at('tiny.onnx'), tinyCnn());
    await start({});
  };
  return { at, start, refusal, finish };
}
