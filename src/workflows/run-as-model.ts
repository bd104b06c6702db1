/** A run as a model with its training data, for what looks at a model alone. */
import { join } from '../storage/paths.js';
import { openRemembered } from '../data/remembered.js';
import { InputError } from '../errors.js';
import { latestModel } from '../explain/audit/evidence/log-weights.js';
import type { LayerDataRequest } from '../explain/representer/layer-data-request.js';
import { earlierResize } from '../run/earlier-resize.js';
import { readManifest } from '../run/manifest-file.js';
import type { RunManifest } from '../run/manifest.js';

/**
 * What a run says of its latest model and of its data.
 * @param instead what to do with data that changed, for the message
 * @throws InputError where a model is given besides, and where the data changed since the run began
 */
export async function runAsModel<R extends LayerDataRequest>(
  request: R,
  runDirectory: string,
  instead: string,
): Promise<{ readonly request: R; readonly manifest: RunManifest; readonly dataSpec: string }> {
  const { modelPath, featureFile, onNotice } = request;
  if (modelPath !== undefined) throw new InputError('give a run or a `model`, not both: a run has its own model');
  if (featureFile !== undefined) throw new InputError('give a run or a file of `features`, not both');
  const manifest = await readManifest(runDirectory);
  const earlier = earlierResize(runDirectory, manifest);
  if (earlier !== undefined) onNotice?.(earlier);
  const { normalization, ...shaping } = manifest.input;
  const { inputShape, output, at } = manifest.options;
  const how = { ...shaping, ...normalization };
  const data = await openRemembered(
    manifest.data,
    runDirectory,
    { ...how, split: 'train', onDemand: true },
    request.dataSpec,
  );
  if (data.fingerprint !== manifest.data.fingerprint) {
    throw new InputError(`${manifest.data.spec}: the data changed since the run began; restore them, or ${instead}`);
  }
  const dataSpec = data.path ?? data.spec;
  return {
    request: {
      ...request,
      ...how,
      inputShape,
      output,
      at,
      modelPath: join(runDirectory, latestModel(manifest)),
      dataSpec,
      // A run's folder holds what training wrote, and nothing else.
      cache: request.cache ?? null,
    },
    manifest,
    dataSpec,
  };
}
