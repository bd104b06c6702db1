/** What a run directory holds, and whether its log is what happened. */
import { join } from '../storage/paths.js';
import { InputError } from '../errors.js';
import { openLog } from '../log/read/reader.js';
import { verifyLog, type TensorCheck } from '../log/read/verify.js';
import { readModelFile } from '../onnx/file.js';
import { graphOf } from '../onnx/model.js';
import { decodeTensor } from '../onnx/tensor-proto.js';
import { checkWholeRun } from '../run/check-run.js';
import { loggedColumns, RUN_FILES, type RunManifest } from '../run/manifest.js';
import { earlierResize } from '../run/earlier-resize.js';
import { readManifest } from '../run/manifest-file.js';
import type { Runtime } from '../runtime/runtime.js';
import { elementCount } from '../tensor.js';

/** A layer of a run, or a node with other weights that its log has. */
export interface InspectedRunLayer {
  readonly name: string;
  readonly op: string;
  readonly tensors: readonly { readonly name: string; readonly dims: readonly number[] }[];
  readonly parameters: number;
  readonly codec: string;
  /** Of the codec `lowrank`: the most outer products that an update is stored as. */
  readonly rank?: number | undefined;
}

/** What `inspect` says of a run. */
export interface RunInspection {
  readonly manifest: RunManifest;
  /** Traceable layers. */
  readonly layers: readonly InspectedRunLayer[];
  /** Other weights, and running statistics, whose updates are logged. */
  readonly untraced: readonly InspectedRunLayer[];
  /** Bytes of the sealed log. */
  readonly logBytes: number;
  /** Bytes that the same updates take as plain float32. */
  readonly denseBytes: number;
  /** Steps in the log, those after the last seal included. */
  readonly loggedSteps: number;
  readonly warnings: readonly string[];
  /** One entry a tensor, when verification was asked for; then every file is as it was written, too. */
  readonly checks?: readonly TensorCheck[] | undefined;
}

/**
 * What a run directory holds: its layers, steps and accuracy, and on request whether all of it is sound.
 * @param verify check every file and record against its checksum, replay the whole log and compare with the trained weights
 * @param runtime to verify with, which large layers of a log with the codec `lowrank` take long without
 * @throws InputError when the folder is no run, or the log is damaged
 */
export async function inspectRun(
  runDirectory: string,
  { verify = false, runtime }: { readonly verify?: boolean; readonly runtime?: Runtime | undefined } = {},
): Promise<RunInspection> {
  const manifest = await readManifest(runDirectory);
  if (verify) await checkWholeRun(runDirectory, manifest);
  const columns = loggedColumns(manifest).map(({ name, op, tensors, codec, rank }) => {
    const parameters = tensors.reduce((sum, { dims }) => sum + elementCount(dims), 0);
    return { name, op, tensors, parameters, codec, rank };
  });
  const layers = columns.slice(0, manifest.layers.length);
  const untraced = columns.slice(layers.length);
  const earlier = earlierResize(runDirectory, manifest);
  const notices = earlier === undefined ? [] : [earlier];
  if (columns.length === 0) {
    if (verify && manifest.files.length === 0) {
      throw new InputError(`${runDirectory}: the run was trained without a log; there is nothing to verify`);
    }
    const unlogged = { manifest, layers, untraced, logBytes: 0, denseBytes: 0, loggedSteps: 0, warnings: notices };
    return { ...unlogged, checks: verify ? [] : undefined };
  }
  const log = await openLog(runDirectory, manifest);
  const loggedSteps = log.lastStep - log.firstStep + 1;
  const parameters = columns.reduce((sum, layer) => sum + layer.parameters, 0);
  return {
    manifest,
    layers,
    untraced,
    logBytes: log.segments.reduce((sum, { bytes }) => sum + bytes, 0),
    denseBytes: 4 * parameters * loggedSteps,
    loggedSteps,
    warnings: [...notices, ...log.warnings],
    checks: verify ? await replay(runDirectory, manifest, runtime) : undefined,
  };
}

/** Replays up to the last weights that are on the disk: the trained model's, or the last checkpoint's. */
async function replay(runDirectory: string, manifest: RunManifest, runtime?: Runtime): Promise<TensorCheck[]> {
  const log = await openLog(runDirectory, manifest);
  const last = manifest.checkpoints.at(-1);
  const finalFile = manifest.status === 'running' ? last?.model : RUN_FILES.model;
  if (finalFile === undefined) {
    throw new InputError(`${runDirectory}: no checkpoint was written yet; resume the training, then verify`);
  }
  const initial = await weightsOf(join(runDirectory, RUN_FILES.initial));
  const final = await weightsOf(join(runDirectory, finalFile));
  return verifyLog(log, { initial, final }, { step: manifest.steps, runtime });
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
