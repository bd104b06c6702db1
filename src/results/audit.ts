/**
 * The result of `audit`: training examples by how likely their label is wrong, under a last layer that was fitted to
 * the labels ([Yeh et al. 2018], Sec. 4.1).
 */
import * as v from 'valibot';
import { count, list, magnitude, number, share } from '../schema/fields.js';
import { trainingExample } from './example.js';
import { header } from './header.js';

const ranking = v.picklist(['representer', 'loss', 'gradient-norm', 'influence']);

/** A training example that looks wrong. */
const suspect = v.object({
  ...trainingExample,
  /** Class that the fitted layer says. */
  predicted: count,
  /** Probability that the fitted layer gives the label. */
  probability: share,
  /** |α_{i,y_i}| */
  representer: magnitude,
  /** −log of the probability of the label. */
  loss: magnitude,
  /** ‖∂L_i/∂Θ‖ */
  gradientNorm: magnitude,
  /** ∇L_iᵀ H⁻¹ ∇L_i; left out where it was not computed. */
  influence: v.optional(number),
});

/** Mean and standard deviation over repetitions. */
const spread = v.object({ mean: number, deviation: magnitude });

const method = v.object({
  method: v.picklist(['representer', 'loss', 'gradient-norm', 'influence', 'random']),
  /** Test accuracy after inspecting each fraction. */
  accuracy: list(spread),
  /** Share of the flips found. */
  found: list(spread),
  /** With mid-ranks on ties. */
  rocAuc: spread,
  averagePrecision: spread,
  /** Share of the flips found when as many examples are inspected as were flipped, and when 10 % and 20 % are. */
  recallAtNoise: spread,
  recallAt10: spread,
  recallAt20: spread,
});

const simulation = v.object({
  noise: share,
  seeds: count,
  /** Training examples, and how many of their labels were flipped. */
  examples: count,
  flips: count,
  fractions: list(share),
  /** Test accuracy without flips. */
  clean: spread,
  /** How many examples the influence was computed for. */
  influenced: count,
  methods: list(method),
});

/** Schema of an audit result. */
export const auditSchema = v.object({
  kind: v.literal('audit'),
  ...header,
  fit: v.object({
    layer: v.string(),
    features: count,
    outputs: count,
    lambda: v.pipe(number, v.gtValue(0)),
    status: v.picklist(['converged', 'inexact', 'iteration-limit', 'stalled']),
    iterations: count,
    gradientMaxNorm: magnitude,
    seconds: magnitude,
    reused: v.boolean(),
  }),
  /** Training examples examined. */
  examples: count,
  /** Share of them whose label is not what the fitted layer says. */
  disagreement: share,
  /** What the suspects are sorted by. */
  by: ranking,
  /** How many examples the influence was computed for: those with the largest gradients. */
  influenced: count,
  /** Most suspicious first; all examples are in the CSV file. */
  suspects: list(suspect),
  simulation: v.optional(simulation),
});

/** What `audit` found: the training examples whose labels look wrong, most suspicious first. */
export type AuditResult = v.InferOutput<typeof auditSchema>;
/** A training example that looks wrong. */
export type AuditSuspect = v.InferOutput<typeof suspect>;
/** The experiment with flipped labels. */
export type AuditSimulation = v.InferOutput<typeof simulation>;
