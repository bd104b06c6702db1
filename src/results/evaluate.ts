/** The result of `evaluate`: how well methods that value training examples stand up to training again. */
import * as v from 'valibot';
import { count, list, magnitude, number, share } from '../schema/fields.js';
import { origin } from './example.js';
import { header } from './header.js';
import { layerSchema } from './influence.js';

/** One number about one method. */
const figure = v.object({
  /** Name of the protocol. */
  protocol: v.string(),
  /** What was measured, in words: the same for all methods. */
  figure: v.string(),
  method: v.string(),
  value: number,
  /** Over the queries; label errors: over the examples. Left out where it is not known. */
  standardError: v.optional(magnitude),
  /** In which it lies with 95 % confidence. */
  interval: v.optional(v.tuple([number, number])),
  /** What a ranking by chance gets; left out where that says nothing. */
  chance: v.optional(number),
  /** Whether it can be told from chance. */
  distinguishable: v.optional(v.boolean()),
  /** Queries, pairs of queries, or examples that it is over. */
  count,
});

/** A last layer that a method fitted. */
const fit = v.object({
  method: v.string(),
  /** What was trained: the run, or what a protocol made of it. */
  training: v.string(),
  layer: layerSchema,
});

/** Schema of an evaluation. */
export const evaluateSchema = v.object({
  kind: v.literal('evaluate'),
  ...header,
  /** What each protocol asks, and what its figures are in; evaluations of earlier versions do not say the latter. */
  protocols: list(v.object({ name: v.string(), asks: v.string(), unit: v.optional(v.string()) })),
  /** What the values of each method say. */
  methods: list(v.object({ name: v.string(), says: v.string() })),
  /** The layers that methods of the last layer fitted, with their damping; evaluations of earlier versions have none. */
  fits: v.optional(list(fit)),
  trainingExamples: count,
  /** Places of the queries in the test split. */
  queries: list(count),
  /** Where each of them is; evaluations of earlier versions have none. */
  queryOrigins: v.optional(list(v.object(origin))),
  /** Share of the queries that the run decides as labelled. */
  accuracy: share,
  /** Share of the most frequent class among them: what guessing gets. Evaluations of earlier versions do not say it. */
  chance: v.optional(share),
  steps: count,
  /** Whether the replay was the recorded training to the bit: 0, or how far its weights were away at most. */
  drift: magnitude,
  seconds: v.optional(magnitude),
  figures: list(figure),
});

/** What `evaluate` found. */
export type EvaluateResult = v.InferOutput<typeof evaluateSchema>;
/** A last layer that a method fitted. */
export type EvaluateFit = v.InferOutput<typeof fit>;
/** One number about one method. */
export type EvaluateFigure = v.InferOutput<typeof figure>;
