/** run.json: what a run directory holds, and everything that explaining or resuming the run needs. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RememberedData } from '../data/remembered.js';
import { InputError } from '../errors.js';
import { readBytes, writeAtomically } from '../files.js';
import type { SealedSegment } from '../log/format/segment.js';

/** Version of the run directory's layout; a reader refuses a newer one. */
export const RUN_FORMAT_VERSION = 1;

/** Files of a run directory. */
export const RUN_FILES = { manifest: 'run.json', initial: 'initial.onnx', model: 'model.onnx' } as const;

/** Folder of a run's checkpoints. */
export const CHECKPOINTS = 'checkpoints';

/** A layer whose updates are in the log. */
export interface RunLayer {
  /** Node name. */
  readonly name: string;
  readonly op: string;
  /** The weight, then the bias if the layer has one. */
  readonly tensors: readonly { readonly name: string; readonly dims: readonly number[] }[];
  /** Codec that its updates are stored with. */
  readonly codec: string;
  /** Further nodes that apply the same weight and bias: their updates are these. Absent where there are none. */
  readonly uses?: readonly string[];
}

/** Loss and accuracy after an epoch. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Steps run so far. */
  readonly step: number;
  /** Mean loss of the epoch's steps, each taken before its update. */
  readonly trainLoss: number;
  /** Absent without a test split, and when it is no number. */
  readonly testLoss?: number;
  /** Share of test examples classified rightly, 0 to 1. */
  readonly testAccuracy?: number;
}

/** A model in the middle of training, with the optimizer's state beside it; paths are relative to the run directory. */
export interface CheckpointRecord {
  readonly step: number;
  readonly model: string;
  readonly state: string;
}

/** How stored examples become model inputs. */
export interface RunInput {
  /** (x/255 − mean)/std for each channel; absent where examples are fed as they are. */
  readonly normalization?: { readonly mean: readonly number[]; readonly std: readonly number[] };
  /** Images were resized to this. */
  readonly resize?: { readonly height: number; readonly width: number };
  /** Images were made grey (1) or coloured (3). */
  readonly channels?: 1 | 3;
}

/** The manifest. */
export interface RunManifest {
  readonly kind: 'run';
  readonly formatVersion: number;
  readonly tool: { readonly name: string; readonly version: string };
  readonly runtime: string;
  readonly model: { readonly path: string; readonly sha256: string };
  readonly data: RememberedData & {
    readonly examples: number;
    readonly shape: readonly number[];
    readonly kind: 'image' | 'vector';
    /** The file stored the channels of its examples last, and a model with a flat input was fed that order. */
    readonly channelsLast?: boolean | undefined;
    readonly classNames: readonly string[];
  };
  readonly input: RunInput;
  /** Every option of the training, defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly layers: readonly RunLayer[];
  /** `diverged`: the loss or a weight was no longer a number after `steps`. */
  readonly status: 'running' | 'finished' | 'diverged';
  /** Steps that are safe: logged in sealed segments, with a checkpoint at or before them. */
  readonly steps: number;
  readonly epochs: readonly EpochRecord[];
  /** Sum of the losses of the unfinished epoch, up to `steps`. */
  readonly epochLoss: { readonly sum: number; readonly steps: number };
  readonly checkpoints: readonly CheckpointRecord[];
  readonly segments: readonly SealedSegment[];
}

/**
 * Reads a run's manifest.
 * @throws InputError when the folder is no run directory, or was made by a newer version
 */
export async function readManifest(runDirectory: string): Promise<RunManifest> {
  const path = join(runDirectory, RUN_FILES.manifest);
  const folder = await stat(runDirectory).catch(() => undefined);
  if (folder && !folder.isDirectory()) throw new InputError(`${runDirectory}: is a file, expected a run directory`);
  const bytes = await readBytes(path).catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `${runDirectory}: not a run directory (no readable run.json); make one with onnx-explain train`,
    );
  });
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new InputError(`${path}: not valid JSON (${(error as Error).message}); restore it from a copy`, {
      cause: error,
    });
  }
  const manifest = parsed as Partial<RunManifest> | null;
  if (manifest?.kind !== 'run' || typeof manifest.formatVersion !== 'number') {
    throw new InputError(`${path}: not the manifest of a run`);
  }
  if (manifest.formatVersion > RUN_FORMAT_VERSION) {
    throw new InputError(
      `${path}: made by a newer version (format ${manifest.formatVersion}, this one reads up to ${RUN_FORMAT_VERSION}); update onnx-explain`,
    );
  }
  for (const list of ['layers', 'epochs', 'checkpoints', 'segments'] as const) {
    if (!Array.isArray(manifest[list]))
      throw new InputError(`${path}: "${list}" is missing; restore the file from a copy`);
  }
  for (const part of ['model', 'data', 'input', 'options'] as const) {
    if (typeof manifest[part] !== 'object')
      throw new InputError(`${path}: "${part}" is missing; restore the file from a copy`);
  }
  return manifest as RunManifest;
}

/** Replaces a run's manifest, whole. */
export async function writeManifest(runDirectory: string, manifest: RunManifest): Promise<void> {
  await writeAtomically(join(runDirectory, RUN_FILES.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
}
