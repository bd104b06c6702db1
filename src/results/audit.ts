/** The result of `audit`: training examples by how likely their label is wrong. */
import * as v from 'valibot';
import { count, list, magnitude, number, share } from '../schema/fields.js';
import { trainingExample } from './example.js';
import { featureMapSchema } from './feature-map.js';
import { header } from './header.js';

const layerScores = ['representer', 'loss', 'gradient-norm', 'influence'] as const;

const ofRun = ['aum', 'mean-loss', 'forgetting', 'metagradient'] as const;

const ranking = v.picklist(['combined', ...ofRun, 'confident', 'neighbours', ...layerScores]);

/** A training example that looks like a suspect and carries another label. */
const opponent = v.object({
  ...trainingExample,
  /** Cosine of their features at the last layer, −1 to 1. */
  similarity: number,
});

/** A training example that looks wrong. */
const suspect = v.object({
  ...trainingExample,
  /** What it is sorted by (absent in results of earlier builds, as are `confidence` and `opponents`): higher the likelier the label is wrong, in the unit of the ranking. */
  score: v.optional(number),
  /** The class that it should have; left out where that is its label. */
  suggested: v.optional(count),
  /** Probability of that class (else of the label), by what other examples say and by the label itself: see `errors.counted`. */
  confidence: v.optional(share),
  /** Probability that the label is wrong, by the same. */
  wrong: v.optional(share),
  /** The training examples that look most like it and carry another label, nearest first. */
  opponents: v.optional(list(opponent)),
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
  method: v.picklist([...layerScores, 'random']),
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

/** How many labels are likely wrong. */
const errors = v.object({
  /** Estimate of confident learning: the joint of given and likely labels off its diagonal. */
  estimated: magnitude,
  /** Labels that out-of-fold probabilities and the majority of neighbours both contradict. */
  contradicted: count,
  /**
   * Whether there is anything to look at: the interval of `counted` begins at one label or more; where that is left out, at least half an error is
   * estimated, and one label contradicted.
   */
  suspicious: v.boolean(),
  /**
   * Wrong labels by the likelihood of all labels, as a mixture of what other examples say and of slips, with the interval of 95 %;
   * left out where too few examples are clear for that.
   */
  counted: v.optional(
    v.object({
      estimated: magnitude,
      interval: v.tuple([magnitude, magnitude]),
      /** What it was read off: `features` were shaped by the labels too, so that some wrong ones are missed. */
      from: v.picklist(['inputs', 'features']),
    }),
  ),
  /** Share of the examples whose class other examples tell with 95 % and more. */
  clear: v.optional(share),
});

/** What of a training was used. */
const course = v.object({
  /** Where the weights of past epochs come from. */
  source: v.picklist(['log', 'replay']),
  /** Epochs that were looked at. */
  epochs: list(count),
  /** Epochs before the network had memorised its labels whose last features were fitted and searched. */
  gathered: list(count),
});

/** How far the network repeats labels that other examples contradict. */
const memorisation = v.object({
  contradicted: count,
  /** Share of them that the network repeats. */
  repeated: share,
  /** Whether it counts as having memorised its labels: it repeats at least 30 %. */
  memorised: v.boolean(),
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
    seconds: v.optional(magnitude),
    reused: v.boolean(),
  }),
  /** Training examples examined. */
  examples: count,
  /** Share of them whose label is not what the fitted layer says. */
  disagreement: share,
  /** What the suspects are sorted by. */
  by: ranking,
  /** What that ranking used and why; left out where it has no choice. */
  reason: v.optional(v.string()),
  /** Absent in results of earlier builds, as is `memorisation`. */
  errors: v.optional(errors),
  memorisation: v.optional(memorisation),
  /** Left out where no ranking asked for the course of a training. */
  course: v.optional(course),
  /** How many examples the influence was computed for: those with the largest gradients. */
  influenced: count,
  /** Most suspicious first; all examples are in the CSV file. */
  suspects: list(suspect),
  simulation: v.optional(simulation),
  /** Absent where it was not asked for, where there are too few examples, and in results of earlier versions. */
  map: v.optional(featureMapSchema),
});

/** Keys that earlier builds did not write. */
type Complete<T, K extends keyof T> = T & { readonly [P in K]-?: Exclude<T[P], undefined> };
/**
 * What `audit` found: the training examples whose labels look wrong, most suspicious first. Results of earlier builds, which
 * are read all the same, lack some of it.
 */
export type AuditResult = Complete<Omit<v.InferOutput<typeof auditSchema>, 'suspects'>, 'errors' | 'memorisation'> & {
  readonly suspects: readonly AuditSuspect[];
};
/** How many labels are likely wrong, by two kinds of evidence. */
export type AuditErrors = v.InferOutput<typeof errors>;
/** A training example that looks wrong, with all that is said of it now. */
export type AuditSuspect = Complete<v.InferOutput<typeof suspect>, 'score' | 'confidence' | 'opponents'>;
/** The experiment with flipped labels. */
export type AuditSimulation = v.InferOutput<typeof simulation>;
