/** The options of a training, with their defaults. */
import * as v from 'valibot';
import type { InterfaceChoice } from '../classifier/open.js';
import { InputError } from '../errors.js';
import { codecChoices, type CodecChoice } from '../log/codecs/registry.js';
import { GHOST_STATISTICS, type GhostStatistics } from './ghost-batch-norm.js';
import { LOSSES, type LossName } from './losses/registry.js';
import { OPTIMIZER_DEFAULTS, type OptimizerSettings } from './optimizers/optimizer.js';
import { OPTIMIZERS, type OptimizerName } from './optimizers/registry.js';
import { SAMPLERS, type SamplerName } from './samplers/registry.js';
import { matchSchema } from '../schema/problem.js';

/** How a model is trained. */
export interface TrainOptions extends InterfaceChoice {
  readonly epochs: number;
  /** Rows of a batch, ghosts included. */
  readonly batchSize: number;
  /** Ghost rows of a batch. */
  readonly ghostSize: number;
  readonly ghostStatistics: GhostStatistics;
  readonly sampler: SamplerName;
  readonly loss: LossName;
  readonly optimizer: OptimizerName;
  readonly optimizerSettings: OptimizerSettings;
  readonly learningRate: number;
  /** Epochs after which the learning rate is multiplied by `learningRateFactor`. */
  readonly learningRateSteps: readonly number[];
  readonly learningRateFactor: number;
  readonly weightDecay: number;
  readonly clipNorm?: number | undefined;
  /** Whether updates are logged at all. */
  readonly log: boolean;
  readonly codec: CodecChoice;
  /** Of the codec `lowrank`: outer products that a step's update of a layer is stored as, 8 or 24 by default. */
  readonly rank?: number | undefined;
  /** The share of a layer's updates that `lowrank` may lose, by norm, before the layer gets another codec; 0.9 by default. */
  readonly codecTolerance?: number | undefined;
  /** Layers to log, by name, weight or number; all traceable ones by default. */
  readonly layers?: readonly string[] | undefined;
  /** A checkpoint is written after every so many steps. */
  readonly checkpointEvery: number;
  /** How many checkpoints are kept, newest first; at least 1. */
  readonly keepCheckpoints: number;
  readonly seed: number;
}

/** Defaults: ordinary training. What of them follows from sampler and model is in `sampler-defaults.ts`. */
export const TRAIN_DEFAULTS: Omit<TrainOptions, 'ghostSize'> = {
  epochs: 5,
  batchSize: 128,
  ghostStatistics: 'pooled',
  sampler: 'shuffled',
  loss: 'cross-entropy',
  optimizer: 'momentum',
  optimizerSettings: OPTIMIZER_DEFAULTS,
  learningRate: 0.01,
  learningRateSteps: [],
  learningRateFactor: 0.1,
  weightDecay: 0,
  log: true,
  codec: 'auto',
  checkpointEvery: 500,
  keepCheckpoints: 2,
  seed: 0,
};

const decimal = v.number();

/** Options as a run's manifest keeps them, whose values `checkOptions` judges. */
const storedOptions = v.looseObject({
  epochs: decimal,
  batchSize: decimal,
  ghostSize: decimal,
  ghostStatistics: v.picklist(GHOST_STATISTICS),
  sampler: v.picklist(keysOf(SAMPLERS)),
  loss: v.picklist(keysOf(LOSSES)),
  optimizer: v.picklist(keysOf(OPTIMIZERS)),
  optimizerSettings: v.object({ momentum: decimal, beta1: decimal, beta2: decimal, epsilon: decimal }),
  learningRate: decimal,
  learningRateSteps: v.array(decimal),
  learningRateFactor: decimal,
  weightDecay: decimal,
  clipNorm: v.optional(decimal),
  log: v.boolean(),
  codec: v.picklist(codecChoices),
  rank: v.optional(decimal),
  codecTolerance: v.optional(decimal),
  layers: v.optional(v.array(v.string())),
  checkpointEvery: decimal,
  keepCheckpoints: decimal,
  seed: decimal,
});

function keysOf<K extends string>(table: Readonly<Record<K, unknown>>): K[] {
  return Object.keys(table) as K[];
}

/**
 * The options of a run that is continued.
 * @throws InputError naming the first that is missing, is of another kind, or makes no sense
 */
export function readOptions(stored: unknown): TrainOptions {
  const found = matchSchema(storedOptions, stored);
  if ('problem' in found) {
    const { path, message } = found.problem;
    throw new InputError({ place: `options.${path}`, problem: message });
  }
  checkOptions(found.value);
  return found.value;
}

/** Rows of the largest batch, and of the most ghosts: beyond it, what a call of ONNX Runtime gathers fits no memory. */
const MOST_ROWS = 2 ** 20;

/** Most epochs: more than anybody has trained. */
const MOST_EPOCHS = 1e9;

/**
 * Checks options, which may come from a file that somebody edited.
 * @throws InputError naming an option that makes no sense
 */
export function checkOptions(options: TrainOptions): void {
  const oneOf = (value: string, names: readonly string[], flag: string) => {
    if (!names.includes(value)) throw new InputError(`${flag} ${value}: choose one of ${names.join(', ')}`);
  };
  oneOf(options.sampler, Object.keys(SAMPLERS), '`sampler`');
  oneOf(options.loss, Object.keys(LOSSES), '`loss`');
  oneOf(options.optimizer, Object.keys(OPTIMIZERS), '`optimizer`');
  oneOf(options.codec, codecChoices, '`codec`');
  oneOf(options.ghostStatistics, GHOST_STATISTICS, '`ghostStatistics`');
  const positiveInteger = (value: number, flag: string, most = Number.MAX_SAFE_INTEGER) => {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new InputError(`${flag} ${value}: expected a whole number from 1`);
    if (value > most) throw new InputError(`${flag} ${value}: at most ${most} are possible`);
  };
  const atLeastZero = (value: number, flag: string) => {
    if (!Number.isFinite(value) || value < 0) throw new InputError(`${flag} ${value}: expected a number from 0`);
  };
  positiveInteger(options.epochs, '`epochs`', MOST_EPOCHS);
  positiveInteger(options.batchSize, '`batchSize`', MOST_ROWS);
  positiveInteger(options.checkpointEvery, '`checkpointEvery`');
  positiveInteger(options.keepCheckpoints, '`keepCheckpoints`');
  const { rank, codecTolerance: tolerance } = options;
  if (rank !== undefined) positiveInteger(rank, '`rank`');
  if (tolerance !== undefined && !(tolerance > 0 && tolerance <= 1)) {
    throw new InputError(`\`codecTolerance\` ${tolerance}: expected a number above 0, and 1 at most`);
  }
  const isFactored = options.log && (options.codec === 'auto' || options.codec === 'lowrank');
  if (!isFactored && (rank !== undefined || tolerance !== undefined)) {
    const option = rank === undefined ? '`codecTolerance`' : '`rank`';
    throw new InputError(`${option}: only \`codec\` auto and lowrank have one; leave it out`);
  }
  atLeastZero(options.weightDecay, '`weightDecay`');
  atLeastZero(options.learningRate, '`learningRate`');
  atLeastZero(options.learningRateFactor, '`learningRateFactor`');
  options.learningRateSteps.forEach((epoch) => positiveInteger(epoch, '`learningRateSteps`'));
  atLeastZero(options.optimizerSettings.momentum, '`momentum`');
  if (!Number.isSafeInteger(options.seed)) throw new InputError(`\`seed\` ${options.seed}: expected a whole number`);
  if (options.clipNorm !== undefined && !(options.clipNorm > 0 && options.clipNorm < Infinity)) {
    throw new InputError(`\`clipNorm\` ${options.clipNorm}: expected a number above 0`);
  }
  if (!Number.isSafeInteger(options.ghostSize) || options.ghostSize < 0) {
    throw new InputError(`\`ghostSize\` ${options.ghostSize}: expected a whole number from 0`);
  }
  if (options.ghostSize > MOST_ROWS) {
    throw new InputError(`\`ghostSize\` ${options.ghostSize}: at most ${MOST_ROWS} are possible`);
  }
  if (options.sampler !== 'single-instance' && options.ghostSize >= options.batchSize) {
    throw new InputError(
      `\`ghostSize\` ${options.ghostSize}: a batch of ${options.batchSize} would hold no example; lower it or raise \`batchSize\``,
    );
  }
  if (options.ghostStatistics === 'ghost-only' && options.ghostSize === 0) {
    throw new InputError('`ghostStatistics` ghost-only needs ghosts; set `ghostSize`');
  }
}

/** The learning rate of an epoch (from 0). */
export function learningRateAt(options: TrainOptions, epoch: number): number {
  const passed = options.learningRateSteps.filter((step) => epoch >= step).length;
  return options.learningRate * options.learningRateFactor ** passed;
}
