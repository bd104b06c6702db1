/**
 * The result of `representer`: a decision as a sum over training points ([Yeh et al. 2018]). The value of point i for
 * score j is α_ij ⟨f_i, f_t⟩ (Theorem 3.1); f is what the last linear layer sees, with a 1 appended where the layer has
 * a bias.
 */
import * as v from 'valibot';
import { count, list, magnitude, number, share } from '../schema/fields.js';
import { namedClass, probableClass, trueClass } from './classes.js';
import { explainedInput, origin, trainingExample } from './example.js';
import { featureMapSchema } from './feature-map.js';
import { header } from './header.js';

/** A training point: α_ij, ⟨f_i, f_t⟩ and their product. */
const point = v.object({ ...trainingExample, alpha: number, similarity: number, value: number });

/** How well σ(Σ of values) gives the model's own outputs (Fig. 1). */
const agreement = {
  /** Pearson's correlation over all examples and outputs. */
  pearson: v.pipe(number, v.minValue(-1), v.maxValue(1)),
  maxAbsError: magnitude,
  meanAbsError: magnitude,
  /** How many examples were compared. */
  examples: count,
  /** A sample of the outputs, for a plot: the model's, and the reconstructed ones. */
  points: v.pipe(
    v.object({ actual: list(number), reconstructed: list(number) }),
    v.check(({ actual, reconstructed }) => actual.length === reconstructed.length, 'both must have the same length'),
  ),
};

const fit = v.object({
  /** What was aimed at: the model's own outputs (Eq. 4), or the labels (Eq. 3). */
  mode: v.picklist(['given', 'train']),
  /** Name of the layer, and of its weight. */
  layer: v.string(),
  weight: v.string(),
  /** What follows the layer, and so which loss is suitable (Definition 3.1). */
  activation: v.picklist(['softmax', 'sigmoid', 'relu']),
  /** Size of f without the appended 1, and number of scores. */
  features: count,
  outputs: count,
  solver: v.picklist(['lbfgs', 'line-search']),
  /** λ of λ‖Θ‖²; there is no ½. */
  lambda: v.pipe(number, v.gtValue(0)),
  /**
   * Where λ was left open (`options.lambda` is `auto`) and the model's outputs are aimed at: the fits that were made, the usual λ first,
   * with the correlation that each gave on the training split. The first that follows the model is taken, or the closest.
   */
  tried: v.optional(
    list(v.object({ lambda: v.pipe(number, v.gtValue(0)), pearson: v.pipe(number, v.minValue(-1), v.maxValue(1)) })),
  ),
  tolerance: v.pipe(number, v.gtValue(0)),
  /**
   * `converged` if ‖∇‖∞ ≤ tolerance and the values sum to the scores within a hundred times that; `inexact` if only the
   * first holds, because λ is too small for the second.
   */
  status: v.picklist(['converged', 'inexact', 'iteration-limit', 'stalled']),
  iterations: count,
  /** How often the objective was computed. */
  evaluations: count,
  /** Of the fit itself, features not included. */
  seconds: v.optional(magnitude),
  /** Whether it was taken from the cache; `seconds` are then those of the call that made it. */
  reused: v.boolean(),
  /** ‖∇‖∞ */
  gradientMaxNorm: magnitude,
  /** By how much the values of all training points miss a score, at most, over all training points and scores. */
  sumError: magnitude,
  objective: number,
  /** On the training split. */
  ...agreement,
  /** On the test split, where there is one. */
  test: v.optional(v.object(agreement)),
  /**
   * Where the penalty is too strong for the fit to follow the model's outputs: a smaller λ with the correlation that it
   * was seen to give, by fits to a part of the training points.
   */
  closer: v.optional(
    v.object({ lambda: v.pipe(number, v.gtValue(0)), pearson: v.pipe(number, v.minValue(-1), v.maxValue(1)) }),
  ),
});

/** Influence functions ([Koh & Liang 2017]) for the same input, last layer only. */
const influence = v.object({
  /** Time to solve for this input, and to value all training points. */
  seconds: v.optional(magnitude),
  /** Iterations of conjugate gradients, and the residual they left relative to the right-hand side. */
  iterations: count,
  residual: magnitude,
  /** Largest magnitude among the values of all training points. */
  maxAbsValue: magnitude,
  /** Share of the training points whose value is exactly 0. */
  zeros: share,
  /**
   * Magnitudes of the values of all training points, relative to the largest one, at evenly spaced ranks, largest
   * first: how few points carry the explanation (Fig. 7).
   */
  magnitudes: v.object({ influence: list(share), representer: list(share) }),
  /** Spearman's correlation of the values with the representer values. */
  spearman: number,
  helpful: list(v.object({ ...trainingExample, value: number })),
  harmful: list(v.object({ ...trainingExample, value: number })),
});

/** The gradient of the score by the input, taken apart into the maps of training points. */
const sensitivity = v.object({
  /** Of one map: the model's input without the batch. */
  shape: list(count),
  /** Inputs averaged over, with noise (SmoothGrad); 1 for none. */
  samples: count,
  /** Standard deviation of the noise, as a share of the input's range. */
  noise: magnitude,
  /** NPY file beside the result, [1 + points, …shape]: the whole gradient first, then the points in their order. */
  file: v.string(),
  /** Training points whose maps were computed. */
  points: list(count),
  /** ‖∂Φ/∂x − Σ of all points' maps‖∞ / ‖∂Φ/∂x‖∞: what the gradient left by the fit makes. */
  error: magnitude,
});

const query = v.object({
  ...explainedInput,
  predicted: probableClass,
  /** The true class, when it is known. */
  truth: v.optional(trueClass),
  /**
   * Why no share of this decision can be stated, in a line: its class scores are the same for every input.
   */
  undecided: v.optional(v.string()),
  /** The most probable classes, best first. */
  topClasses: list(probableClass),
  /** The class whose score is explained. */
  target: v.object(namedClass),
  /** Score of the target under the fitted weights, Θ* f_t. */
  logit: number,
  /** Σ of the representer values of all training points. */
  reconstructed: number,
  /** Score of the target that the model itself computes. */
  modelLogit: number,
  /** σ of it: the model's, and that of the reconstructed scores. */
  output: number,
  reconstructedOutput: number,
  /** Σ of the values above 0, and of those below. */
  positive: number,
  negative: number,
  /** Σ of the values of each class's training points. */
  classes: list(v.object({ class: count, value: number })),
  /** Largest values above 0, largest first. */
  excitatory: list(point),
  /** Smallest values below 0, smallest first. */
  inhibitory: list(point),
  /** Time to value all training points for this input, and to find the strongest, after the fit. */
  seconds: v.optional(magnitude),
  influence: v.optional(influence),
  sensitivity: v.optional(sensitivity),
});

/** Test points of one class that the model takes for another, and the training points that inhibit their true class. */
const mistake = v.object({
  truth: v.object(namedClass),
  predicted: v.object(namedClass),
  /** Indices in the test split. */
  members: list(count),
  /** Where each of them is; results of earlier versions have none. */
  memberOrigins: v.optional(list(v.object(origin))),
  /** Test points of the true class: all, and those misclassified in whatever way. */
  ofClass: count,
  misclassified: count,
  /** The same for training points of the true class, and how many of them are misclassified in this very way. */
  training: v.object({ ofClass: count, misclassified: count, sameMistake: count }),
  /** Smallest mean value for the true class, smallest first. */
  inhibitory: list(
    v.object({
      ...trainingExample,
      /** Mean of the values over the members. */
      value: number,
      alpha: number,
      /** For how many members it is among the strongest inhibitory points. */
      among: count,
      /** What the model takes the training point for. */
      predicted: count,
    }),
  ),
});

/** Schema of a representer result. */
export const representerSchema = v.object({
  kind: v.literal('representer'),
  ...header,
  fit,
  queries: list(query),
  /** With `--group misclassified`: most frequent mistakes first. */
  mistakes: v.optional(list(mistake)),
  /** Absent where it was not asked for, where there are too few examples, and in results of earlier versions. */
  map: v.optional(featureMapSchema),
});

/** What `representer` found: each decision as a sum over training points. */
export type RepresenterResult = v.InferOutput<typeof representerSchema>;
/** One explained input. */
export type RepresenterQuery = v.InferOutput<typeof query>;
/** A training point and its part in a score. */
export type RepresenterResultPoint = v.InferOutput<typeof point>;
/** The fit of the layer. */
export type RepresenterFit = v.InferOutput<typeof fit>;
/** Test points that share a mistake. */
export type RepresenterMistake = v.InferOutput<typeof mistake>;
/** Influence functions for the same input. */
export type RepresenterInfluence = v.InferOutput<typeof influence>;
/** The decomposition of a sensitivity map. */
export type RepresenterSensitivity = v.InferOutput<typeof sensitivity>;
