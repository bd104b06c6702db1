/**
 * The result of `trace`: why a decision's hidden representations are what they are, told by the weight updates of the
 * training run ([Pfahler & Morik 2021]). γ of a step is ⟨W f, Δ f⟩ (Eq. 6), its cosine γ / (‖W f‖ ‖Δ f‖) (Eq. 7). γ̄ is what
 * γ comes to for the average of the reference inputs: ‖W f‖² times the mean of their γ / ‖W f‖².
 */
import * as v from 'valibot';
import { count, list, magnitude, number } from '../schema/fields.js';
import { probableClass, trueClass } from './classes.js';
import { explainedInput, origin, trainingExample } from './example.js';
import { featureMapSchema } from './feature-map.js';
import { header } from './header.js';

/** A training example: Γ = sum of its parts of γ, and the steps that used it. */
const example = v.object({
  ...trainingExample,
  gamma: number,
  steps: count,
  /** Sum of its parts of the cosine; given when that ranks the examples (`--similarity cosine`). */
  cosine: v.optional(number),
  /** What is specific to the input: γ − γ̄ (or the cosine, where given, minus its mean). This ranks the examples. */
  contrast: v.optional(number),
});

/** A training step: its number, from 1, class of its batch (null: several classes), γ and cosine. */
const batch = v.object({
  step: count,
  label: v.nullable(count),
  gamma: number,
  cosine: number,
  /** γ − γ̄, or with `--similarity cosine` the cosine minus its mean. This ranks the steps. */
  contrast: v.optional(number),
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

/** What a group of steps did. */
const stepGroup = {
  /** Σ γ over them. */
  gamma: number,
  /** Σ (γ − γ̄) over them. */
  contrast: v.optional(number),
  /** Σ ‖Δ f‖ over them. */
  weight: magnitude,
  /** Left out for classes that are not plotted. */
  ridge: v.optional(ridge),
};

/**
 * All steps whose batch was of one class. With `split: exact`, `gamma` and `contrast` are of the examples of the class,
 * whatever batches they were in.
 */
const classShare = v.object({ class: count, ...stepGroup });

/**
 * All steps whose batch held several classes: to which of them γ belongs is not known. With `split: exact` it is, and
 * `gamma` and `contrast` are 0.
 */
const mixedShare = v.object({ steps: count, ...stepGroup });

/**
 * How much the lists of the layer have in common, whatever is looked at: measured on the reference inputs, over pairs that
 * are decided as different classes (all pairs where there are no such).
 */
const listOverlap = v.object({
  /** Examples that the lists of two inputs share on average, of the first `of` of each. */
  shared: magnitude,
  of: count,
  /** As many would two lists share by chance. */
  chance: magnitude,
  /** How many inputs were compared. */
  inputs: count,
});

function shareX({ classes, mixed }: Pick<v.InferOutput<typeof layerFields>, 'classes' | 'mixed'>): boolean {
  const ridges = [...classes, ...(mixed ? [mixed] : [])].flatMap((entry) => (entry.ridge ? [entry.ridge.x] : []));
  return ridges.every((x) => x.length === ridges[0]!.length && x.every((value, i) => value === ridges[0]![i]));
}

/**
 * What training did to a logit, by classes, updates of the bias included: `initialBias` and these sum to `training` + `bias`.
 * All classes are told apart where they are few, otherwise those of `topClasses` and the true one. An exact split knows it for
 * the logits that may be the decision; without one it stands with the logits of all classes that are told apart.
 */
const logitTraining = v.object({
  /**
   * Whose classes: those of examples, or of the steps' batches. Momentum carries what an example did into the steps after it,
   * whatever their batches hold, so that the two differ.
   */
  classesOf: v.picklist(['examples', 'batches']),
  /** The bias before training; the whole bias where that is not trained. */
  initialBias: number,
  /** Σ of what the examples of the class gave to Δ f, of all steps; or Σ Δ f over the steps whose batch was of the class. */
  classes: list(v.object({ class: count, value: number })),
  /** Σ Δ f over the steps whose batch held several classes, where those cannot be split; left out where there are none. */
  mixed: v.optional(number),
  /** What is none of these: classes that are not listed, what weight decay did, and rounding. */
  rest: number,
});

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
  /** Absent in results of earlier versions. */
  byClass: v.optional(logitTraining),
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

/**
 * How γ came about: sums over the steps up to each of `steps`, by the class of the batch, whatever the split, as an exact one says what an
 * example did over all steps.
 */
const course = v.pipe(
  v.object({
    /** From 1: some of all steps, evenly spread; the last is the last. */
    steps: list(count),
    /** Classes that batches were of, among those that are plotted. */
    classes: list(v.object({ class: count, gamma: list(number) })),
    /** The same of batches of several classes; left out where there are none. */
    mixed: v.optional(list(number)),
  }),
  v.check(
    ({ steps, classes, mixed = steps }) =>
      [...classes.map(({ gamma }) => gamma), mixed].every((part) => part.length === steps.length),
    'steps and sums must have the same length',
  ),
);

/** The training that is explained by. */
const training = v.pipe(
  v.object({
    stepsPerEpoch: count,
    /** From 1: some of all steps, evenly spread; the last is the last. */
    steps: list(count),
    /** Loss of the batch of each, before its update. */
    loss: list(number),
    /** The batch of every step that a list of a layer names, by step: indices of its examples, in order. */
    batches: list(v.object({ step: count, examples: list(count) })),
  }),
  v.check(({ steps, loss }) => steps.length === loss.length, 'steps and loss must have the same length'),
);

const layerFields = v.object({
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
  classes: list(classShare),
  /** Given where a batch held several classes. */
  mixed: v.optional(mixedShare),
  /** Absent in results of earlier versions. */
  course: v.optional(course),
  /**
   * Given with `split: exact`: Σ γ of the steps minus Σ γ of all examples. It is what weight decay did, which no example made;
   * without weight decay, what rounding and the log's codec lost.
   */
  remainder: v.optional(number),
  listOverlap: v.optional(listOverlap),
  /** False where the lists of examples are much the same for whatever is looked at, and so say nothing of this input. */
  evidence: v.optional(v.boolean()),
  /** Given for the layer whose outputs are the logits. */
  logits: v.optional(list(logitParts)),
  steps: v.optional(stepSeries),
});

const layer = v.pipe(
  layerFields,
  v.check((fields) => shareX(fields), 'the ridges of a layer must share one x'),
);

/** The inputs whose mean is taken away, and whose lists are compared. */
const references = v.object({
  /** The split that the seed drew them from. */
  split: v.picklist(['train', 'test']),
  /** Their 0-based indices in it, ascending. */
  indices: list(count),
  /** Where each of them is; results of earlier versions have none. */
  origins: v.optional(list(v.object(origin))),
});

const query = v.object({
  ...explainedInput,
  predicted: probableClass,
  /** The true class, when it is known. */
  truth: v.optional(trueClass),
  /**
   * Why no share of this decision can be stated, in a line: its class scores are their bias, or the same for every input.
   */
  undecided: v.optional(v.string()),
  /** The most probable classes, best first; the first is the predicted one. */
  topClasses: list(probableClass),
  /** In the model's order, input side first. */
  layers: list(layer),
});

/** Schema of a trace result. */
export const traceSchema = v.object({
  kind: v.literal('trace'),
  ...header,
  /**
   * How the γ of a batch is split among its examples: in equal parts (`batch`; older results too), so that a list of
   * examples is one of the most influential batches, or `exact`, by what each example did.
   */
  split: v.optional(v.picklist(['batch', 'exact'])),
  references: v.optional(references),
  /** Absent in results of earlier versions. */
  training: v.optional(training),
  queries: list(query),
  /** Absent where it was not asked for, where there are too few examples, and in results of earlier versions. */
  map: v.optional(featureMapSchema),
});

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
/** The influence of all steps of mixed batches on a layer. */
export type TraceMixed = v.InferOutput<typeof mixedShare>;
/** How γ of a layer came about over the steps. */
export type TraceCourse = v.InferOutput<typeof course>;
/** Losses over the training, and the batches of steps that lists name. */
export type TraceTraining = v.InferOutput<typeof training>;
/** How much the lists of a layer have in common. */
export type ListOverlap = v.InferOutput<typeof listOverlap>;
/** The parts of one logit. */
export type LogitParts = v.InferOutput<typeof logitParts>;
/** What training did to a logit, by class. */
export type LogitTraining = v.InferOutput<typeof logitTraining>;
