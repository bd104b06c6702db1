/**
 * The dataset-debugging experiment ([Yeh et al. 2018], Sec. 4.1): flip labels, inspect by each ranking, retrain,
 * measure.
 */
import { InputError } from '../../errors.js';
import { seededRandom } from '../../numeric/random.js';
import type { Runtime } from '../../runtime/runtime.js';
import { fitLayer, type SolveOptions } from '../representer/fit/fit.js';
import { labelTargets } from '../representer/cached-fit.js';
import { selectRows, widened, type FeatureMatrix } from '../representer/features/features.js';
import { activated, scoresAt, weightCount, type FitProblem } from '../representer/fit/objective.js';
import { openPreconditioner, type Preconditioner } from '../representer/fit/preconditioner.js';
import type { ActivationName } from '../representer/losses/registry.js';
import { averagePrecision, recallAt, rocAuc, suspicionOrder } from './metrics.js';
import { affordableInfluence, classOf, LAYER_SCORES, suspicion, type LayerScore } from './fitted.js';
import type { Progress } from '../../progress.js';

/** Examples with the labels that are taken for true. */
export interface LabelledFeatures {
  readonly features: FeatureMatrix;
  readonly labels: Int32Array;
}

/** The experiment: labels are flipped at random, and each ranking is judged by how soon it finds them. */
export interface Simulation {
  /** Share of the labels that is flipped, 0 to 1. */
  readonly noise: number;
  /** Repetitions, each with its own split and flips. */
  readonly seeds: number;
  readonly seed: number;
  /** Training examples of each repetition; all by default. */
  readonly examples?: number | undefined;
  /** Shares of the training examples that are inspected. */
  readonly fractions: readonly number[];
  readonly lambda: number;
  readonly solve: SolveOptions;
  readonly influenceExamples?: number | undefined;
}

/** Rankings that are compared: those by a fitted layer, and none. */
export const COMPARED = [...LAYER_SCORES, 'random'] as const;

/** What one ranking gave, by repetition. */
export interface MethodOutcome {
  readonly method: LayerScore | 'random';
  /** Test accuracy after inspecting, [seeds][fractions]. */
  readonly accuracy: number[][];
  /** Share of the flips found, [seeds][fractions]. */
  readonly found: number[][];
  readonly rocAuc: number[];
  readonly averagePrecision: number[];
  /** Share of the flips found when as many are inspected as were flipped, and when 10 % and 20 % are. */
  readonly recallAtNoise: number[];
  readonly recallAt10: number[];
  readonly recallAt20: number[];
}

/** What the experiment gave. */
export interface SimulationOutcome {
  readonly examples: number;
  /** Labels flipped in each repetition. */
  readonly flips: number;
  /** Test accuracy without any flip, by repetition. */
  readonly clean: number[];
  readonly influenced: number;
  readonly methods: readonly MethodOutcome[];
}

/** Retraining needs no more: accuracy counts decisions. */
const RETRAIN_TOLERANCE = 1e-6;

/**
 * Runs the experiment on features of a layer.
 * @param classes number of classes; with two, the layer is a logistic regression with one score, as in the paper
 * @throws InputError for shares outside 0 to 1, or more examples than there are
 */
export async function simulateNoise(
  train: LabelledFeatures,
  test: LabelledFeatures,
  { classes, bias }: { readonly classes: number; readonly bias: boolean },
  simulation: Simulation,
  runtime: Runtime,
  onProgress?: Progress,
): Promise<SimulationOutcome> {
  checkSimulation(train, simulation);
  const { noise, seeds, seed, fractions, lambda, solve } = simulation;
  const examples = simulation.examples ?? train.features.rows;
  const flips = Math.round(noise * examples);
  const outputs = classes === 2 ? 1 : classes;
  const activation: ActivationName = outputs === 1 ? 'sigmoid' : 'softmax';
  const methods = COMPARED.map((method) => emptyOutcome(method));
  const clean: number[] = [];
  let influenced = 0;
  const perSeed = 2 + COMPARED.length * fractions.length;
  for (let s = 0; s < seeds; s++) {
    const report = (done: number, what: string) => onProgress?.(what, s * perSeed + done, seeds * perSeed);
    const random = seededRandom(seed, s);
    const chosen = random.shuffle(Int32Array.from(train.labels.keys())).slice(0, examples);
    const truth = chosen.map((i) => train.labels[i]!);
    const features = widened(selectRows(train.features, chosen));
    const wrong = Array.from({ length: examples }, (_, i) => i < flips);
    random.shuffle(chosen.map((_, i) => i)).forEach((place, i) => (wrong[place] = i < flips));
    const noisy = truth.map((label, i) => (wrong[i] ? (label + 1 + random.below(classes - 1)) % classes : label));

    const problem = (labels: Int32Array): FitProblem => {
      return { features, targets: labelTargets(labels, outputs), outputs, bias, lambda, activation };
    };
    const refit = async (labels: Int32Array, start: Float64Array, preconditioner?: Preconditioner) => {
      const options = { ...solve, tolerance: Math.max(solve.tolerance, RETRAIN_TOLERANCE) };
      const fit = await fitLayer(problem(labels), start, options, runtime, { preconditioner });
      return accuracyOf(test, fit.weights, outputs, activation, runtime);
    };
    const zeros = new Float64Array(weightCount(problem(truth)));
    clean.push(await refit(truth, zeros));
    report(1, `repetition ${s + 1}: fitting`);
    const fit = await fitLayer(problem(noisy), zeros, solve, runtime);
    const affordable = simulation.influenceExamples ?? affordableInfluence(problem(noisy));
    const found = await suspicion(problem(noisy), fit, noisy, Math.min(examples, affordable), runtime, (done, total) =>
      report(1, `repetition ${s + 1}: influence ${done} of ${total}`),
    );
    influenced = found.influenced;
    report(2, `repetition ${s + 1}: retraining`);
    const positions = random.shuffle(Int32Array.from(noisy.keys()));
    // Rankings that agree on what is mended share the retraining.
    const retrained = new Map<string, number>();
    const preconditioner = await openPreconditioner(problem(noisy), fit.weights, runtime);
    for (const [m, outcome] of methods.entries()) {
      const scores = outcome.method === 'random' ? new Float64Array(examples) : found.scores[outcome.method];
      const order = suspicionOrder(scores, positions);
      const [accuracies, shares]: [number[], number[]] = [[], []];
      for (const [f, fraction] of fractions.entries()) {
        const inspected = order.slice(0, Math.round(fraction * examples));
        const mended = noisy.slice();
        for (const i of inspected) mended[i] = truth[i]!;
        const key = mended.join('');
        if (!retrained.has(key)) retrained.set(key, await refit(mended, fit.weights, preconditioner));
        accuracies.push(retrained.get(key)!);
        shares.push(recallAt(order, wrong, inspected.length));
        report(2 + m * fractions.length + f + 1, `repetition ${s + 1}: ${outcome.method}`);
      }
      outcome.accuracy.push(accuracies);
      outcome.found.push(shares);
      // Scores that tie are told apart by chance; of a ranking without scores that is all there is.
      outcome.rocAuc.push(
        outcome.method === 'random'
          ? rocAuc(
              positions.map((p) => -p),
              wrong,
            )
          : rocAuc(scores, wrong),
      );
      outcome.averagePrecision.push(averagePrecision(order, wrong));
      outcome.recallAtNoise.push(recallAt(order, wrong, flips));
      outcome.recallAt10.push(recallAt(order, wrong, Math.round(0.1 * examples)));
      outcome.recallAt20.push(recallAt(order, wrong, Math.round(0.2 * examples)));
    }
    await preconditioner?.release();
  }
  return { examples, flips, clean, influenced, methods };
}

function emptyOutcome(method: MethodOutcome['method']): MethodOutcome {
  return {
    method,
    accuracy: [],
    found: [],
    rocAuc: [],
    averagePrecision: [],
    recallAtNoise: [],
    recallAt10: [],
    recallAt20: [],
  };
}

function checkSimulation({ features }: LabelledFeatures, simulation: Simulation): void {
  const { noise, seeds, examples, fractions } = simulation;
  if (!(noise > 0 && noise < 1)) throw new InputError(`\`simulateNoise\` ${noise}: expected a share between 0 and 1`);
  if (!Number.isSafeInteger(seeds) || seeds < 1)
    throw new InputError(`\`seeds\` ${seeds}: expected a whole number from 1`);
  if (examples !== undefined && !(Number.isSafeInteger(examples) && examples >= 10 && examples <= features.rows)) {
    throw new InputError(
      `\`examples\` ${examples}: expected a whole number from 10 to ${features.rows}, the training examples`,
    );
  }
  const bad = fractions.find((fraction) => !(fraction >= 0 && fraction <= 1));
  if (bad !== undefined) throw new InputError(`\`fractions\` ${bad}: expected shares from 0 to 1`);
}

async function accuracyOf(
  { features, labels }: LabelledFeatures,
  weights: Float64Array,
  outputs: number,
  activation: ActivationName,
  runtime: Runtime,
): Promise<number> {
  const given = activated(await scoresAt(features, weights, outputs, runtime), outputs, activation);
  return labels.reduce((sum, label, i) => sum + (classOf(given, outputs, i) === label ? 1 : 0), 0) / labels.length;
}
