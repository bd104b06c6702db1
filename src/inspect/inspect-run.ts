/** What a run directory holds, and whether its log is what happened. */
import { join } from 'node:path';
import { InputError } from '../errors.js';
import { openLog } from '../log/read/reader.js';
import { verifyLog, type TensorCheck } from '../log/read/verify.js';
import { readModelFile } from '../onnx/file.js';
import { graphOf } from '../onnx/model.js';
import { decodeTensor } from '../onnx/tensor-proto.js';
import { readManifest, RUN_FILES, type RunManifest } from '../run/manifest.js';
import { elementCount } from '../tensor.js';

/** A layer of a run. */
export interface InspectedRunLayer {
  readonly name: string;
  readonly op: string;
  readonly tensors: readonly { readonly name: string; readonly dims: readonly number[] }[];
  readonly parameters: number;
  readonly codec: string;
}

/** What `inspect` says of a run. */
export interface RunInspection {
  readonly manifest: RunManifest;
  readonly layers: readonly InspectedRunLayer[];
  /** Bytes of the sealed log. */
  readonly logBytes: number;
  /** Bytes that the same updates take as plain float32. */
  readonly denseBytes: number;
  /** Steps in the log, those after the last seal included. */
  readonly loggedSteps: number;
  readonly warnings: readonly string[];
  /** One entry a tensor, when verification was asked for. */
  readonly checks?: readonly TensorCheck[];
}

/**
 * Inspects a run directory.
 * @param verify replay the whole log and compare with the trained weights
 * @throws InputError when the folder is no run, or the log is damaged
 */
export async function inspectRun(runDirectory: string, { verify = false } = {}): Promise<RunInspection> {
  const manifest = await readManifest(runDirectory);
  const layers = manifest.layers.map(({ name, op, tensors, codec }) => {
    const parameters = tensors.reduce((sum, { dims }) => sum + elementCount(dims), 0);
    return { name, op, tensors, parameters, codec };
  });
  if (layers.length === 0) {
    if (verify) throw new InputError(`${runDirectory}: the run was trained without a log; there is nothing to verify`);
    return { manifest, layers, logBytes: 0, denseBytes: 0, loggedSteps: 0, warnings: [] };
  }
  const log = await openLog(runDirectory, { layers: manifest.layers });
  const loggedSteps = log.lastStep - log.firstStep + 1;
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  return {
    manifest,
    layers,
    logBytes: log.segments.reduce((sum, { bytes }) => sum + bytes, 0),
    denseBytes: 4 * parameters * loggedSteps,
    loggedSteps,
    warnings: log.warnings,
    ...(verify ? { checks: await replay(runDirectory, manifest) } : {}),
  };
}

/** Replays up to the last weights that are on the disk: the trained model's, or the last checkpoint's. */
async function replay(runDirectory: string, manifest: RunManifest): Promise<TensorCheck[]> {
  const log = await openLog(runDirectory, { layers: manifest.layers });
  const last = manifest.checkpoints.at(-1);
  const finalFile = manifest.status === 'running' ? last?.model : RUN_FILES.model;
  if (finalFile === undefined) {
    throw new InputError(`${runDirectory}: no checkpoint was written yet; resume the training, then verify`);
  }
  const initial = await weightsOf(join(runDirectory, RUN_FILES.initial));
  const final = await weightsOf(join(runDirectory, finalFile));
  return verifyLog(log, { initial, final }, { step: manifest.steps });
}

async function weightsOf(path: string): Promise<Map<string, Float32Array>> {
  const { model } = await readModelFile(path);
  return new Map(
    graphOf(model).initializer.flatMap((stored) => {
      const tensor = decodeTensor(stored);
      return tensor.type === 'float32' ? [[stored.name, tensor.data as Float32Array] as const] : [];
    }),
  );
}
