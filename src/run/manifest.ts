/** run.json: what a run directory holds, and everything that explaining or resuming the run needs. */
import * as v from 'valibot';
import { count, list, number, share } from '../schema/fields.js';
import { elementCount } from '../tensor.js';
import { TOOL } from '../tool.js';

/**
 * Version of the run directory's layout; a reader refuses a newer one. Version 1 had neither identifier nor checksums; version 2
 * has no `untraced`; version 3 has no `lowerings`, which a build that does not know them would not go on by. Runs that are
 * continued keep theirs.
 */
export const RUN_FORMAT_VERSION = 4;

/** Files of a run directory. */
export const RUN_FILES = {
  manifest: 'run.json',
  initial: 'initial.onnx',
  model: 'model.onnx',
  /** What the loss of each training example was multiplied by; only where weights were given. */
  sampleWeights: 'sample-weights.npy',
} as const;

/** Folder of a run's checkpoints. */
export const CHECKPOINTS = 'checkpoints';

/** Names of the files in it. */
export const CHECKPOINT_FILE = /^step-\d{6,10}(?:\.state)?\.onnx$/;

/** Steps are numbered by 32 bits in the log. */
const step = v.pipe(count, v.maxValue(2 ** 32 - 1));

/** No ONNX file holds a larger tensor, and no data set of ours larger examples. */
const LARGEST = 2 ** 31;

const dims = v.pipe(
  list(v.pipe(count, v.maxValue(LARGEST))),
  v.check((sizes) => elementCount(sizes) <= LARGEST, `more than ${LARGEST} elements`),
);
const size = v.pipe(count, v.minValue(1), v.maxValue(65_536));
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits'));
const optional = <const S extends v.GenericSchema>(schema: S) => v.optional(schema);

/** A checkpoint's file, relative to the run directory: nothing that leads anywhere else. */
const checkpointPath = v.pipe(
  v.string(),
  v.regex(/^checkpoints\/step-\d{6,10}(?:\.state)?\.onnx$/, 'not a file of a checkpoint'),
);

const rank = v.pipe(count, v.minValue(1));
const codecVersion = v.pipe(count, v.minValue(2));

const runLayer = v.object({
  /** Node name. */
  name: v.string(),
  op: v.string(),
  /** The weight, then the bias if the layer has one. */
  tensors: v.pipe(v.array(v.object({ name: v.string(), dims })), v.minLength(1), v.maxLength(2), v.readonly()),
  /** Codec that its updates are stored with. */
  codec: v.string(),
  /** Version of the codec, above 1; absent where it is 1. */
  codecVersion: optional(codecVersion),
  /** Of the codec `lowrank`: the most outer products that an update is stored as. */
  rank: optional(rank),
  /** Further nodes that apply the same weight and bias: their updates are these. Absent where there are none. */
  uses: optional(list(v.string())),
});

const untracedWeights = v.object({
  /** Name of the node that reads them; unlike those of all layers. */
  name: v.string(),
  op: v.string(),
  /** In the order of the node's operands. */
  tensors: v.pipe(v.array(v.object({ name: v.string(), dims })), v.minLength(1), v.readonly()),
  codec: v.string(),
  codecVersion: optional(codecVersion),
  rank: optional(rank),
});

const epochRecord = v.object({
  /** From 1. */
  epoch: v.pipe(count, v.minValue(1)),
  /** Steps run so far. */
  step,
  /** Mean loss of the epoch's steps, each taken before its update. */
  trainLoss: number,
  /** Absent without a test split, and when it is no number. */
  testLoss: optional(number),
  /** Share of test examples classified rightly, 0 to 1. */
  testAccuracy: optional(share),
  /** The network does no better than guessing: see `train/chance.ts`. Absent where it does. */
  atChance: optional(v.literal(true)),
});

const checkpointRecord = v.object({ step, model: checkpointPath, state: checkpointPath });

const sealedSegment = v.pipe(
  v.object({
    /** Name of its folder in `log`. */
    directory: v.pipe(v.string(), v.regex(/^segment-\d{5,10}$/, 'not a segment of a log')),
    firstStep: v.pipe(step, v.minValue(1)),
    lastStep: step,
    /** Bytes of all its columns and residuals. */
    bytes: count,
  }),
  v.check(({ firstStep, lastStep }) => firstStep <= lastStep, 'ends before it begins'),
);

const fileRecord = v.object({
  /** Relative to the run directory. */
  path: v.pipe(
    v.string(),
    v.regex(
      /^(?:sample-weights\.npy|(?:initial|model|checkpoints\/step-\d{6,10})\.onnx(?:\.data)?|checkpoints\/step-\d{6,10}\.state\.onnx)$/,
      'not a file of a run',
    ),
  ),
  bytes: count,
  sha256: hash,
});

const positive = v.pipe(number, v.check((value) => value > 0, 'expected a number above 0')); // prettier-ignore

const runInput = v.object({
  /** (x/255 − mean)/std for each channel; absent where examples are fed as they are. */
  normalization: optional(v.object({ mean: list(number), std: list(positive) })),
  /** Images were resized to this. */
  resize: optional(v.object({ height: size, width: size })),
  /** Images were made grey (1) or coloured (3). */
  channels: optional(v.picklist([1, 3])),
  /** The column of a table that held the labels, where it was said. */
  labelColumn: optional(v.string()),
  /** What the user called the classes, where that was said. */
  classNames: optional(list(v.string())),
  /** What the user corrected of the training split; the fingerprint of the data covers it. */
  corrections: optional(v.object({ relabelled: list(v.object({ index: step, label: step })), dropped: list(step) })),
});

const manifest = v.object({
  kind: v.literal('run'),
  formatVersion: v.picklist([1, 2, 3, RUN_FORMAT_VERSION]),
  /** Identifies the run: a hash of all that it was begun with. Empty in format 1. */
  run: v.union([v.literal(''), v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'expected 32 hex digits'))]),
  tool: v.object({ name: v.literal(TOOL.name), version: v.string() }),
  runtime: v.string(),
  /**
   * Threads inside one operator: sums are split among them, so the training comes again to the bit with as many only. Absent
   * in runs of earlier builds, which left their number to ONNX Runtime.
   */
  threads: optional(v.pipe(count, v.minValue(1), v.maxValue(65_536))),
  /**
   * Generation of the lowerings of convolutions (`autodiff/conv/table.ts`): others round otherwise, so the training comes again to
   * the bit by the same only. Absent in runs of earlier builds, which had the first.
   */
  lowerings: optional(v.pipe(count, v.minValue(1))),
  /** Of ONNX Runtime, where it is not the processor: on another, sums round otherwise. */
  executionProvider: optional(v.pipe(v.string(), v.minLength(1), v.maxLength(100))),
  /** The model that was given. */
  model: v.object({ path: v.string(), sha256: hash }),
  data: v.object({
    /** As the user wrote it. */
    spec: v.string(),
    /** Where it was, and how that is seen from the run directory: see `data/remembered.ts`. */
    path: optional(v.string()),
    fromRun: optional(v.string()),
    fingerprint: v.string(),
    examples: step,
    shape: dims,
    kind: v.picklist(['image', 'vector']),
    /** The file stored the channels of its examples last, and a model with a flat input was fed that order. */
    channelsLast: optional(v.boolean()),
    classNames: list(v.string()),
  }),
  input: runInput,
  /** Every option of the training, defaults filled in. */
  options: v.looseObject({
    /** Dimensions of one example, where the model left them open and the data did not tell; … */
    inputShape: optional(dims),
    /** … of several outputs, the one with the scores, and of several places in it, one: explanations need all three. */
    output: optional(v.string()),
    at: optional(list(v.union([v.pipe(v.number(), v.safeInteger()), v.literal('*')]))),
  }),
  seed: v.pipe(v.number(), v.safeInteger()),
  /** Traceable layers whose updates are in the log. */
  layers: list(runLayer),
  /**
   * Other weights, and running statistics, whose updates are in the log behind those of the layers: then it has all that training
   * changed. Absent where there are none, or not all are logged, and in runs of earlier builds, which logged layers only.
   */
  untraced: optional(v.pipe(list(untracedWeights), v.minLength(1, 'lists nothing'))),
  /** `diverged`: the loss or a weight was no longer a number after `steps`. */
  status: v.picklist(['running', 'finished', 'diverged']),
  /** Steps that are safe: logged in sealed segments, with a checkpoint at or before them. */
  steps: step,
  epochs: list(epochRecord),
  /** Sum of the losses of the unfinished epoch, up to `steps`. */
  epochLoss: v.object({ sum: number, steps: step }),
  checkpoints: list(checkpointRecord),
  segments: list(sealedSegment),
  /**
   * The run's files beside its log, which has checksums of its own; empty in format 1. A file is listed before it is written,
   * where nothing else would show whose it is: `initial.onnx` and `sample-weights.npy` while there are no steps, `model.onnx` while the status is
   * still `running`.
   */
  files: list(fileRecord),
});

/** The schema of a manifest without its checksum; what no single field says is checked too. */
export const manifestSchema = v.pipe(
  manifest,
  v.rawCheck(({ dataset, addIssue }) => {
    const message = dataset.typed ? contradictionIn(dataset.value) : undefined;
    if (message !== undefined) addIssue({ message });
  }),
  v.readonly(),
);

/** What a run was made from, how far it is, and the checksums of all its files. */
export type RunManifest = v.InferOutput<typeof manifestSchema>;

/** Generation of the lowerings that a run was trained with. */
export function loweringsOfRun({ lowerings = 1 }: Pick<RunManifest, 'lowerings'>): number {
  return lowerings;
}

/** A layer whose updates are in the log. */
export type RunLayer = v.InferOutput<typeof runLayer>;

/** Weights of no traceable layer whose updates are in the log. */
export type UntracedWeights = v.InferOutput<typeof untracedWeights>;

/** What the log has columns of: the layers, then other weights; nothing for a run without a log. */
export function loggedColumns({
  layers,
  untraced = [],
}: Pick<RunManifest, 'layers' | 'untraced'>): (RunLayer | UntracedWeights)[] {
  return [...layers, ...untraced];
}

/** Loss and accuracy after an epoch. */
export type EpochRecord = v.InferOutput<typeof epochRecord>;

/** A model in the middle of training, with the optimizer's state beside it; paths are relative to the run directory. */
export type CheckpointRecord = v.InferOutput<typeof checkpointRecord>;

/** A file of a run, as it was written. */
export type FileRecord = v.InferOutput<typeof fileRecord>;

/** How stored examples become model inputs. */
export type RunInput = v.InferOutput<typeof runInput>;

/** What is at odds in a manifest whose fields are each as they should be. */
function contradictionIn(given: v.InferOutput<typeof manifest>): string | undefined {
  const { steps, epochs, checkpoints, segments, files, formatVersion } = given;
  const logged = segments.at(-1)?.lastStep ?? 0;
  const ascending = (steps: readonly number[]) => steps.every((value, i) => i === 0 || value > steps[i - 1]!);
  if ((given.run === '') !== (formatVersion === 1)) return 'the run has no identifier';
  if ((given.lowerings !== undefined) !== (formatVersion === 4)) return 'the format does not go with `lowerings`';
  if (formatVersion < 4 && (given.untraced !== undefined) !== (formatVersion === 3))
    return 'the format does not go with `untraced`';
  if (!ascending(checkpoints.map((record) => record.step))) return 'the checkpoints are out of order';
  if ((checkpoints.at(-1)?.step ?? 0) !== steps) return `no checkpoint is at step ${steps}`;
  if (checkpoints.some((record) => !isNamedBy(record))) return 'a checkpoint has the name of another step';
  if (segments.some(({ firstStep }, i) => firstStep !== (i === 0 ? 1 : segments[i - 1]!.lastStep + 1)))
    return 'the segments do not follow one another';
  if (segments.some(({ directory }, i) => Number(directory.slice('segment-'.length)) !== i))
    return 'the segments are not numbered from 0';
  if (loggedColumns(given).length === 0 ? segments.length > 0 : logged < steps)
    return `the log does not reach step ${steps}`;
  if (epochs.some(({ epoch }, i) => epoch !== i + 1)) return 'the epochs are not numbered from 1';
  if (new Set(files.map(({ path }) => path)).size < files.length) return 'a file is listed twice';
  return undefined;
}

function isNamedBy({ step, model, state }: CheckpointRecord): boolean {
  const name = checkpointName(step);
  return model === `${name}.onnx` && state === `${name}.state.onnx`;
}

/** What the files of a checkpoint begin with, relative to the run directory. */
export function checkpointName(step: number): string {
  return `${CHECKPOINTS}/step-${String(step).padStart(6, '0')}`;
}
