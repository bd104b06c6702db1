/** Options that follow from sampler and model where they are left out. */
import { withDefaults } from '../defaults.js';
import { TRAIN_DEFAULTS, type TrainOptions } from './options.js';

/** What they follow from. */
export interface TrainingFacts {
  readonly classes: number;
  readonly hasBatchNorm: boolean;
}

/**
 * Examples of a batch of one class. Each such batch pulls the weights towards its class, so that many small steps train a
 * network that few large ones leave at chance: measured in `docs/training.md`.
 */
export const SINGLE_CLASS_EXAMPLES = 12;

/** Ghosts of such a batch, in whole numbers for each class. */
const SINGLE_CLASS_GHOSTS = 20;

/** Rows of such a batch, ghosts included, that more classes do not exceed. */
const SINGLE_CLASS_MOST_ROWS = 128;

/** Ghosts beside a single example: as many as in the paper's batches, or one for each class. */
const SINGLE_INSTANCE_GHOSTS = 40;

/** The rates of small steps; others have that of `TRAIN_DEFAULTS`. */
export const RATES = { 'single-class': 0.001, 'single-instance': 0.001, shuffled: TRAIN_DEFAULTS.learningRate };

/** All options of a training: those that are given, and the defaults of the rest. */
export function completeOptions(given: Partial<TrainOptions>, facts: TrainingFacts): TrainOptions {
  const options = withDefaults<Omit<TrainOptions, 'ghostSize'> & { ghostSize?: number }>(TRAIN_DEFAULTS, given);
  const ghostSize = given.ghostSize ?? ghostsFor(options.sampler, given.batchSize, facts);
  const rows = options.sampler === 'single-class' ? SINGLE_CLASS_EXAMPLES + ghostSize : TRAIN_DEFAULTS.batchSize;
  const { batchSize = rows, learningRate = RATES[options.sampler], learningRateSteps = restSteps(options) } = given;
  return { ...options, batchSize, ghostSize, learningRate, learningRateSteps };
}

/** Share of the epochs after which the rate falls, so that weights that are pulled to and fro come to rest. */
const REST_AFTER = 0.8;

/** Epochs after which the rate falls: where batches hold one class, at least the last one has the lower rate. */
function restSteps({ sampler, epochs }: Pick<TrainOptions, 'sampler' | 'epochs'>): readonly number[] {
  if (sampler === 'shuffled' || epochs < 2) return [];
  return [Math.min(epochs - 1, Math.ceil(REST_AFTER * epochs))];
}

/** Ghosts that a training gets by default: none where nothing would use them. */
function ghostsFor(
  sampler: TrainOptions['sampler'],
  batchSize: number | undefined,
  { classes, hasBatchNorm }: TrainingFacts,
): number {
  if (!hasBatchNorm || sampler === 'shuffled') return 0;
  if (sampler === 'single-instance') return Math.max(classes, SINGLE_INSTANCE_GHOSTS);
  const share = SINGLE_CLASS_GHOSTS / (SINGLE_CLASS_EXAMPLES + SINGLE_CLASS_GHOSTS);
  const wanted = batchSize === undefined ? SINGLE_CLASS_GHOSTS : batchSize * share;
  const most = batchSize === undefined ? SINGLE_CLASS_MOST_ROWS - SINGLE_CLASS_EXAMPLES : batchSize - 1;
  return Math.min(classes * Math.max(1, Math.floor(wanted / classes)), most);
}
