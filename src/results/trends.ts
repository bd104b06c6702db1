/**
 * The result of `trends`: how explanations change while a network learns ([Terzieva et al. n.d.]). Everything is at `steps`: step 0
 * is before training, step t after t updates. Lists are as long as `steps` unless they say otherwise.
 */
import * as v from 'valibot';
import { count, list, magnitude, number, share } from '../schema/fields.js';
import { namedClass } from './classes.js';
import { origin } from './example.js';
import { header } from './header.js';

/** A split of the data: seen in training, or not. */
const split = v.picklist(['train', 'test']);

/** A measure over the images of a split: its mean and quartiles; null at a step where no image has the measure. */
const summary = v.object({
  mean: list(v.nullable(number)),
  lowerQuartile: list(v.nullable(number)),
  upperQuartile: list(v.nullable(number)),
  /** How many images have the measure, where not all have it at each step: an empty map has no entropy. */
  images: v.optional(list(count)),
});

/** How a measure goes together with a loss over the steps at which both are known. */
const correlation = v.object({
  measure: v.string(),
  /** `train` and `test`: recomputed; `batch`: of the batch that led to the step. */
  loss: v.picklist(['train', 'test', 'batch']),
  /** Spearman's ρ of the series as they are, not smoothed. */
  rho: v.pipe(number, v.minValue(-1), v.maxValue(1)),
  /** Two-sided, under permutation of blocks: neighbouring steps are alike, and no new evidence. */
  p: share,
  /** Two-sided, as if the steps were independent, which they are not: what other tools say. */
  pIndependent: share,
  /** In which ρ lies with 95 % confidence: bootstrap of blocks of neighbouring steps. */
  interval: v.tuple([number, number]),
  /** Steps that it is over, and steps of a block. */
  steps: count,
  block: count,
});

/** One method on the images of one split. */
const series = v.object({
  method: v.string(),
  /** The layer that maps are made at, where the method has one. */
  layer: v.optional(v.string()),
  split,
  /** By name of the measure; `measures` says what each is. */
  measures: v.record(v.string(), summary),
  rho: list(correlation),
});

/** Loss and accuracy of some examples of a split, with the weights of each step. */
const performance = v.object({ examples: count, loss: list(number), accuracy: list(share) });

/** An image whose maps are measured. */
const image = v.object({
  split,
  index: count,
  ...namedClass,
  ...origin,
});

/** Maps of one image over training. */
const strip = v.object({
  method: v.string(),
  /** Place among `images`. */
  image: count,
  /** Steps of its maps: some of `steps`. */
  steps: list(count),
  /** The class that each map speaks for. */
  targets: list(count),
  /** Shape of a map. */
  shape: list(count),
  /** All maps, a NumPy array [steps, …shape]; relative to the folder of the result. */
  file: v.string(),
});

/** A condition that was asked for with `--fail-on`. */
const condition = v.object({
  /** As it was written. */
  condition: v.string(),
  met: v.boolean(),
  /** Where it was met first, in words; or how close it came. */
  detail: v.string(),
});

/** Schema of a trends result. */
export const trendsSchema = v.object({
  kind: v.literal('trends'),
  ...header,
  /** Steps that were measured, ascending. */
  steps: list(count),
  stepsPerEpoch: count,
  weights: v.object({
    /** From where the weights of each step came: the sum of logged updates, or the training run again. */
    source: v.picklist(['log', 'replay']),
    /**
     * How far the rebuilt weights were from those of each checkpoint on the way, at most, as a share of the largest change of a
     * weight of the same layer since the start; 0 is to the bit.
     */
    error: magnitude,
    /**
     * How much the mean of a measure is off because of a lossy log, at most, as a share of what the mean moves by over the
     * checkpoints; 0 where nothing was lost.
     */
    measureError: magnitude,
    /** Checkpoints that they were compared with. */
    checkpoints: list(count),
  }),
  /** What the names of measures mean, and their unit. */
  measures: list(v.object({ name: v.string(), says: v.string(), unit: v.string() })),
  images: list(image),
  /** Class that maps speak for: `predicted` at each step, `true`, or one class. */
  target: v.string(),
  loss: v.object({
    name: v.string(),
    /** Of the batch that led to the step, before its update; null at step 0. */
    batch: list(v.nullable(number)),
    train: performance,
    test: performance,
  }),
  /** What the losses say of the fit; the rule is in docs/trends.md. */
  fit: v.object({
    label: v.picklist(['not learned', 'still learning', 'good fit', 'overfit', 'strong overfit', 'double descent']),
    /** Why, in a sentence with the numbers. */
    because: v.string(),
  }),
  series: list(series),
  strips: list(strip),
  conditions: list(condition),
  seconds: magnitude,
});

/** What `trends` found. */
export type TrendsResult = v.InferOutput<typeof trendsSchema>;
/** One method on the images of one split. */
export type TrendsSeries = v.InferOutput<typeof series>;
/** Mean and quartiles of a measure over the steps. */
export type TrendsSummary = v.InferOutput<typeof summary>;
/** How a measure goes together with a loss. */
export type TrendsCorrelation = v.InferOutput<typeof correlation>;
/** Loss and accuracy over the steps. */
export type TrendsPerformance = v.InferOutput<typeof performance>;
/** An image whose maps are measured. */
export type TrendsImage = v.InferOutput<typeof image>;
/** Maps of one image over training. */
export type TrendsStrip = v.InferOutput<typeof strip>;
/** A condition and whether it was met. */
export type TrendsCondition = v.InferOutput<typeof condition>;
/** What the losses say of the fit. */
export type TrendsFit = TrendsResult['fit'];
