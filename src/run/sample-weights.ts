/** The weights of training examples in the loss, as a run keeps them (Node only). */
import { join } from '../storage/paths.js';
import { encodeNpy } from '../data/npy/encode.js';
import { readNpyFile } from '../data/npy/file.js';
import { InputError } from '../errors.js';
import { RUN_FILES, type RunManifest } from './manifest.js';
import { checkRunFiles, recordsOf, type FileContent } from './run-files.js';

/** The file that keeps them: an NPY array, float32 [examples]. */
export function sampleWeightsFile(weights: Float32Array): FileContent {
  return { path: RUN_FILES.sampleWeights, parts: [encodeNpy({ shape: [weights.length], data: weights })] };
}

/**
 * The weights that a run was begun with: what the loss of each training example is multiplied by, [examples].
 * @returns undefined for a run that was given none: every weight is 1
 * @throws InputError when the file is missing or was changed
 */
export async function readSampleWeights(
  runDirectory: string,
  manifest: RunManifest,
): Promise<Float32Array | undefined> {
  const records = recordsOf(manifest, [RUN_FILES.sampleWeights]);
  if (records.length === 0) return undefined;
  await checkRunFiles(runDirectory, records);
  const path = join(runDirectory, RUN_FILES.sampleWeights);
  const { data } = await readNpyFile(path);
  if (data instanceof Float32Array && data.length === manifest.data.examples) return data;
  throw new InputError({
    file: path,
    problem: 'does not hold the weights of this run',
    mend: 'restore it from a copy',
  });
}
