/**
 * The result of `influence`: what would change about a decision without a training example. An effect is how much lower the
 * measure would be, had the example weighed 0 in training instead of what it weighed: positive supports. Where the method does
 * not predict that (`method.predicts`), values keep that sign.
 */
import * as v from 'valibot';
import { count, list, magnitude, number, share } from '../schema/fields.js';
import { namedClass, probableClass, trueClass } from './classes.js';
import { explainedInput, trainingExample } from './example.js';
import { featureMapSchema } from './feature-map.js';
import { header } from './header.js';

/** A training example and its effect. */
const effect = v.object({
  ...trainingExample,
  /** In the measure's unit. */
  effect: number,
  /** Steps whose batches it was in, from 1; absent where no recorded training was replayed. */
  steps: v.optional(list(count)),
});

/** The training again, without the strongest supporters. */
const verification = v.object({
  /** How many examples weighed 0, the strongest supporters first. */
  examples: count,
  /** The measure with them, … */
  before: number,
  /** … as it was after training without them, … */
  after: number,
  /** … and how much lower it was to be: the sum of their effects; absent where values only rank. */
  predicted: v.optional(number),
  /** How much lower it was: before − after. */
  actual: number,
});

const query = v.object({
  /** `input` may be the whole test split. */
  ...explainedInput,
  /** Absent for a mean over many inputs, as are the next two. */
  predicted: v.optional(probableClass),
  truth: v.optional(trueClass),
  topClasses: v.optional(list(probableClass)),
  /** The class that the measure is of. */
  target: v.optional(v.object(namedClass)),
  measure: v.object({
    name: v.string(),
    /** As the model has it. */
    value: number,
    /** Under the layer that the method fitted: what the effects are on; absent where none was fitted. */
    fitted: v.optional(number),
  }),
  /** Σ of all effects. */
  sum: number,
  /** Σ of the effects of each class's training examples. */
  classes: list(v.object({ class: count, effect: number })),
  /** Largest effects above 0, largest first. */
  examples: list(effect),
  /** Smallest effects below 0, smallest first. */
  opponents: list(effect),
  verification: v.optional(verification),
});

/** Schema of the last layer, where a method looks at nothing else. */
export const layerSchema = v.object({
  name: v.string(),
  /** How many features it takes. */
  features: count,
  /** How it was fitted, the features as they are; absent where it was not. */
  fit: v.optional(
    v.object({
      /** What it was fitted to: the labels of the training examples, or the model's own outputs for them. */
      targets: v.picklist(['labels', 'outputs']),
      /** λ of the penalty λ‖Θ‖² (there is no ½). */
      lambda: magnitude,
      /** `converged`, or how else the fit ended. */
      status: v.string(),
      /** ‖∇‖∞ there. */
      gradientMaxNorm: magnitude,
      /** Share of the training examples of which it says the same class as the model. */
      agreement: share,
    }),
  ),
  /** What λ was chosen by: the mean loss of so many examples, each under the layer fitted without it, by λ. */
  damping: v.optional(v.object({ examples: count, tried: list(v.object({ lambda: magnitude, loss: number })) })),
});

/** Schema of an influence result. */
export const influenceSchema = v.object({
  kind: v.literal('influence'),
  ...header,
  method: v.object({
    name: v.string(),
    /** What an effect by it says. */
    says: v.string(),
    /** Whether that is what would be without the example; false for values that only rank. */
    predicts: v.optional(v.boolean()),
  }),
  /** Unit of the effects, in words. */
  unit: v.string(),
  /** Training examples that have effects. */
  trainingExamples: count,
  /** The training that was replayed; absent where a model without a run was asked. */
  replay: v.optional(
    v.object({
      steps: count,
      /** How far the replay was from the recorded weights, at most, relative to their norm: 0 is to the bit. */
      drift: magnitude,
    }),
  ),
  /** The layer that all was computed of; absent where a training was replayed. */
  layer: v.optional(layerSchema),
  /** Where a model without a run was asked: commands that train it further and ask that training. */
  fineTuning: v.optional(list(v.string())),
  /** Of all queries together; absent where shards computed them. */
  seconds: v.optional(magnitude),
  queries: list(query),
  /** Absent where it was not asked for, where there are too few examples, and in results of earlier versions. */
  map: v.optional(featureMapSchema),
  /** What training again showed over all queries. */
  verified: v.optional(
    v.object({
      queries: count,
      /** Of how many the measure was lower without the supporters; results of earlier versions have no such number. */
      lowered: v.optional(count),
      /** Pearson's correlation of predicted and actual changes, from three queries on. */
      pearson: v.optional(number),
      /** In which it lies with 95 % confidence, the queries resampled: from −1 to 1 where they are too few to tell. */
      interval: v.optional(v.tuple([number, number])),
    }),
  ),
});

/** What `influence` found. */
export type InfluenceResult = v.InferOutput<typeof influenceSchema>;
/** One query. */
export type InfluenceQuery = v.InferOutput<typeof query>;
/** A training example and its effect on a query. */
export type InfluenceEffect = v.InferOutput<typeof effect>;
/** The last layer, where a method looks at nothing else. */
export type InfluenceLayer = v.InferOutput<typeof layerSchema>;
/** What training without the strongest supporters showed. */
export type InfluenceVerification = v.InferOutput<typeof verification>;
