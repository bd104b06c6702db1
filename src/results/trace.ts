/**
 * The result of `trace`: why a decision's hidden representations are what they are, told by the weight updates of the
 * training run ([Pfahler & Morik 2021]). γ of a step is ⟨W f, Δ f⟩ (Eq. 6), its cosine γ / (‖W f‖ ‖Δ f‖) (Eq. 7).
 */
import * as v from 'valibot';
import { count, list, magnitude, number } from '../schema/fields.js';
import { namedClass, probableClass } from './classes.js';
import { trainingExample } from './example.js';
import { header } from './header.js';

/** A training example: Γ = sum of its parts of γ, and the steps that used it. */
const example = v.object({
  ...trainingExample,
  gamma: number,
  steps: count,
  /** Sum of its parts of the cosine; given when that ranks the examples (`--similarity cosine`). */
  cosine: v.optional(number),
});

/** A training step: 0-based number, class of its batch (null: several classes), γ and cosine. */
const batch = v.object({
  step: count,
  label: v.nullable(count),
  gamma: number,
  cosine: number,
});

/** Density of the cosine over one class's steps, weighted by ‖Δ f‖ (Alg. 3); it integrates to 1 over all x. */
const ridge = v.pipe(
  v.object({
    /** Cosines at which the density is given, ascending; the same for all classes of a layer. */
    x: list(number),
    density: list(magnitude),
    /** Standard deviation of the Gaussian kernel in effect, on the cosine axis. */
    bandwidth: magnitude,
  }),
  v.check(({ x, density }) => x.length === density.length, 'x and density must have the same length'),
);

/** All steps whose batch was of one class; a batch of several counts for each in proportion to its examples. */
const classShare = v.object({
  class: count,
  /** Σ γ over the steps of this class. */
  gamma: number,
  /** Σ ‖Δ f‖ over the steps of this class. */
  weight: magnitude,
  /** Left out for classes that are not plotted. */
  ridge: v.optional(ridge),
});

function shareX(classes: readonly v.InferOutput<typeof classShare>[]): boolean {
  const ridges = classes.flatMap((entry) => (entry.ridge ? [entry.ridge.x] : []));
  return ridges.every((x) => x.length === ridges[0]!.length && x.every((value, i) => value === ridges[0]![i]));
}

/** How one class's logit comes about; `logit` = `initial` + `bias` + `training`, up to `completenessError`. */
const logitParts = v.object({
  class: count,
  logit: number,
  /** The part of the initial weights, W⁽⁰⁾ f. */
  initial: number,
  /** The part of the layer's final bias. */
  bias: number,
  /** The sum over all training steps, Σ Δ⁽ᵗ⁾ f. */
  training: number,
});

/** Per-step series, in step order, all of one length (`--steps`). */
const stepSeries = v.pipe(
  v.object({
    gamma: list(number),
    cosine: list(number),
    /** ‖Δ f‖ */
    norm: list(magnitude),
    /** Class of the step's batch; null where it held several classes. */
    class: list(v.nullable(count)),
  }),
  v.check(
    (series) => [series.cosine, series.norm, series.class].every((part) => part.length === series.gamma.length),
    'gamma, cosine, norm and class must have the same length',
  ),
);

const layer = v.object({
  /** Name of the node. */
  layer: v.string(),
  /** Name of its weight. */
  weight: v.string(),
  /** What γ is measured against: W f (`full`, with W⁽⁰⁾ as a part), or (W − W⁽⁰⁾) f (`delta`). */
  reference: v.picklist(['full', 'delta']),
  /** Norm of the reference. */
  norm: magnitude,
  /** ‖W f − W⁽⁰⁾ f − Σ Δ f‖ / ‖W f‖, the bias included. */
  completenessError: magnitude,
  /** The log codec's own reported error, in the same unit; 0 for a lossless log. */
  codecError: magnitude,
  /** Share of the layer's output that its final bias carries, ⟨W f + b, b⟩ / ‖W f + b‖²; 0 without a bias. */
  biasShare: number,
  /** The initial weights' part when the reference is `full`: they act as one more step, before the first. */
  initial: v.optional(v.object({ gamma: number, cosine: number, norm: magnitude })),
  /** Most supporting training examples, largest γ (or cosine, where given) first. */
  examples: list(example),
  /** Most opposing training examples, most negative first. */
  opponents: list(example),
  /** Most supporting steps, largest γ first. */
  batches: list(batch),
  classes: v.pipe(list(classShare), v.check(shareX, 'the ridges of a layer must share one x')),
  /** Given for the layer whose outputs are the logits. */
  logits: v.optional(list(logitParts)),
  steps: v.optional(stepSeries),
});

const query = v.object({
  /** What is explained: a file, or `<data>@<index>`. */
  input: v.string(),
  /** The file of an example that was named by its index, below the data set's folder. */
  inputFile: v.optional(v.string()),
  predicted: probableClass,
  /** The true class, when it is known. */
  truth: v.optional(v.object(namedClass)),
  /** The most probable classes, best first; the first is the predicted one. */
  topClasses: list(probableClass),
  /** In the model's order, input side first. */
  layers: list(layer),
});

/** Schema of a trace result. */
export const traceSchema = v.object({ kind: v.literal('trace'), ...header, queries: list(query) });

/** What `trace` found: the training steps, examples and classes behind each layer of a decision. */
export type TraceResult = v.InferOutput<typeof traceSchema>;
/** One explained input. */
export type TraceQuery = v.InferOutput<typeof query>;
/** One layer of an explained input. */
export type TraceLayer = v.InferOutput<typeof layer>;
/** A training example and its influence on a layer. */
export type TraceExample = v.InferOutput<typeof example>;
/** A training step and its influence on a layer. */
export type TraceBatch = v.InferOutput<typeof batch>;
/** The influence of all steps of one class on a layer. */
export type TraceClass = v.InferOutput<typeof classShare>;
/** The parts of one logit. */
export type LogitParts = v.InferOutput<typeof logitParts>;
