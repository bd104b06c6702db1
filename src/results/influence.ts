/**
 * The result of `influence`: what would change about a decision without a training example. An effect is how much lower the
 * measure would be, had the example weighed 0 in training instead of what it weighed: positive supports.
 */
import * as v from 'valibot';
import { count, list, magnitude, number } from '../schema/fields.js';
import { namedClass, probableClass } from './classes.js';
import { trainingExample } from './example.js';
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
  /** … and how much lower it was to be: the sum of their effects. */
  predicted: number,
  /** How much lower it was: before − after. */
  actual: number,
});

const query = v.object({
  /** What is explained: a file, `<data>@<index>`, or the test split. */
  input: v.string(),
  /** The file of an example that was named by its index, below the data set's folder. */
  inputFile: v.optional(v.string()),
  /** Absent for a mean over many inputs, as are the next two. */
  predicted: v.optional(probableClass),
  truth: v.optional(v.object(namedClass)),
  topClasses: v.optional(list(probableClass)),
  /** The class that the measure is of. */
  target: v.optional(v.object(namedClass)),
  measure: v.object({ name: v.string(), value: number }),
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

/** Schema of an influence result. */
export const influenceSchema = v.object({
  kind: v.literal('influence'),
  ...header,
  /** Name of the method, and what an effect by it says. */
  method: v.object({ name: v.string(), says: v.string() }),
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
  /** Of all queries together. */
  seconds: magnitude,
  queries: list(query),
  /** Pearson's correlation of predicted and actual changes over the queries, from three on. */
  verified: v.optional(v.object({ queries: count, pearson: v.optional(number) })),
});

/** What `influence` found. */
export type InfluenceResult = v.InferOutput<typeof influenceSchema>;
/** One query. */
export type InfluenceQuery = v.InferOutput<typeof query>;
/** A training example and its effect on a query. */
export type InfluenceEffect = v.InferOutput<typeof effect>;
/** What training without the strongest supporters showed. */
export type InfluenceVerification = v.InferOutput<typeof verification>;
