/** Explains decisions by representer points: fit, values, reconstruction, mistakes. */
import type { FloatArray } from '../../data/encode-npy.js';
import type { Input } from '../../data/input.js';
import { InputError } from '../../errors.js';
import { nearestNames } from '../../nearest.js';
import type {
  RepresenterMistake,
  RepresenterQuery,
  RepresenterResult,
  RepresenterSensitivity,
} from '../../results/representer.js';
import { schemaVersion, sign } from '../../results/header.js';
import type { Runtime } from '../../runtime/runtime.js';
import { TOOL } from '../../tool.js';
import { probabilitiesOf } from '../trace/activations.js';
import type { FeaturesAndScores } from './body.js';
import { FIT_DEFAULTS, fitSubject, type FitOptions, type FittedSubject } from './fit-subject.js';
import { rowOf } from './features.js';
import { compareInfluence } from './compare-influence.js';
import { inhibitorsOf, mistakesIn, predictions } from './mistakes.js';
import { activated, scoresAt, type FlatWeights } from './objective.js';
import { openPoints, type Points, type ScoreExplanation } from './points.js';
import { reconstruct, spelledWeights } from './reconstruction.js';
import { openSensitivity, pointSeeds, scoreSeed, type Smoothing } from './sensitivity.js';
import type { Subject } from './subject.js';

/** How decisions are explained. */
export interface RepresenterOptions extends FitOptions {
  /** How many excitatory and inhibitory points are listed. */
  readonly topK: number;
  /** `predicted`, `true`, or a class by name or number. */
  readonly target: string;
  /** Whether test points that share a mistake are explained together. */
  readonly mistakes: boolean;
  /** Whether influence functions are computed beside. */
  readonly influence: boolean;
  /** How sensitivity maps of the listed points are made; none unless given. */
  readonly sensitivity?: Smoothing | undefined;
}

/** Defaults. */
export const REPRESENTER_DEFAULTS: RepresenterOptions = {
  ...FIT_DEFAULTS,
  topK: 10,
  target: 'predicted',
  mistakes: false,
  influence: false,
};

/** What explaining needs besides what is explained. */
export interface RepresenterContext {
  readonly runtime: Runtime;
  readonly onIteration?: (iteration: number, gradientMaxNorm: number) => void;
  readonly onNotice?: (line: string) => void;
}

/** An explanation, and what further ones can be made from. */
export interface Representer {
  readonly result: RepresenterResult;
  readonly fitted: FittedSubject;
  /** Features and scores of the inputs, in their order. */
  readonly queries: FeaturesAndScores;
  /** Sensitivity maps by query, [1 + points, …input's dimensions]; see `sensitivity` of the result. */
  readonly maps: readonly FloatArray[];
}

/** Groups of test points that are explained, at most: the largest ones. */
const LARGEST_GROUPS = 8;

/**
 * Explains inputs.
 * @throws InputError for options that do not fit the layer, or a target that is no class
 */
export async function representer(
  subject: Subject,
  inputs: readonly Input[],
  options: RepresenterOptions,
  context: RepresenterContext,
): Promise<Representer> {
  const { runtime } = context;
  const { layer, train, test, classNames, provenance } = subject;
  const { outputs, activation } = layer;
  if (options.mistakes && !layer.isLast) {
    throw new InputError('--group misclassified needs the last layer: leave out --layer');
  }
  if (options.influence && !layer.isLast) {
    throw new InputError('--compare influence needs the last layer: leave out --layer');
  }
  const queries = await subject.featuresOf(inputs);
  const fitted = await fitSubject(subject, options, runtime, context.onIteration);
  const { fit, points: set } = fitted;
  if (fit.status !== 'converged') context.onNotice?.(statusText(fitted, options));
  const spelled = await spelledWeights(set, runtime);
  // Without weights of a model, what is fitted is the model.
  const givenOf = async (part: FeaturesAndScores): Promise<ArrayLike<number>> =>
    layer.weights ? part.scores : scoresAt(part.features, fit.weights, outputs, runtime);
  const given = await givenOf(queries);
  const rowsOfScores = Float64Array.from(given);
  const targets = inputs.map((input, i) => targetOf(subject, input, rowOf(rowsOfScores, outputs, i), options.target));
  const compare = async (part: FeaturesAndScores) =>
    reconstruct(part.features, spelled, await givenOf(part), outputs, activation, runtime);

  const points = await openPoints(set, runtime);
  try {
    const explained = await points.explain(queries.features, targets, options.topK);
    const describe = await describer(subject, inputs, queries, given, fitted, runtime);
    const values = async (q: number) => {
      const began = performance.now();
      const found = await points.values(rowOf(queries.features.data, layer.columns, q), targets[q]!);
      return { values: found, seconds: (performance.now() - began) / 1000 };
    };
    const times: number[] = [];
    for (const q of targets.keys()) times.push((await values(q)).seconds);
    const influences = options.influence
      ? await compareInfluence(
          subject,
          queries,
          options,
          { targets, topK: options.topK, values: async (q) => (await values(q)).values },
          runtime,
        )
      : [];
    const sensitivities = options.sensitivity
      ? await decompose(subject, inputs, fitted, spelled, targets, explained, options.sensitivity, runtime)
      : [];
    const result: RepresenterResult = {
      kind: 'representer',
      schemaVersion,
      tool: TOOL,
      ...provenance,
      options: optionsOf(subject, options),
      sign,
      classNames: [...classNames],
      fit: {
        mode: options.mode,
        layer: layer.name,
        weight: layer.weight,
        activation,
        features: layer.columns,
        outputs,
        solver: options.solver,
        lambda: options.lambda,
        tolerance: options.tolerance,
        status: fit.status,
        iterations: fit.iterations,
        evaluations: fit.evaluations,
        seconds: fit.seconds,
        reused: fitted.reused,
        gradientMaxNorm: fit.gradientMaxNorm,
        objective: fit.objective,
        ...(await compare(train)),
        ...(test ? { test: await compare(test) } : {}),
      },
      queries: explained.map((explanation, i) => ({
        ...describe(i, targets[i]!, explanation),
        seconds: times[i]!,
        ...(influences[i] ? { influence: influences[i] } : {}),
        ...(sensitivities[i] ? { sensitivity: sensitivities[i].result } : {}),
      })),
      ...(options.mistakes ? { mistakes: await mistakes(subject, fitted, points, givenOf, options.topK) } : {}),
    };
    return { result, fitted, queries, maps: sensitivities.map(({ maps }) => maps) };
  } finally {
    await points.release();
  }
}

/** Takes the gradient of each query's score apart into the maps of its strongest training points. */
async function decompose(
  { network, layer }: Subject,
  inputs: readonly Input[],
  { fit, points }: FittedSubject,
  spelled: FlatWeights,
  targets: readonly number[],
  explained: readonly ScoreExplanation[],
  smoothing: Smoothing,
  runtime: Runtime,
): Promise<{ result: RepresenterSensitivity; maps: FloatArray }[]> {
  if (!network) throw new InputError('--sensitivity differentiates the model: give --model');
  checkSmoothing(smoothing);
  const { columns, outputs } = layer;
  const opened = await openSensitivity(network, runtime);
  try {
    const results: { result: RepresenterSensitivity; maps: FloatArray }[] = [];
    for (const [q, target] of targets.entries()) {
      const { excitatory, inhibitory } = explained[q]!;
      const indices = [...excitatory, ...inhibitory].map(({ index }) => index);
      const seeds = [
        scoreSeed(fit.weights, columns, outputs, target),
        pointSeeds(points, indices, target),
        scoreSeed(spelled, columns, outputs, target),
      ];
      const { name, data, shape } = inputs[q]!;
      const input = network.body.prepare(data, shape, name);
      const joined = Float32Array.from(seeds.flatMap((part) => [...part]));
      const all = await opened.maps(input, joined, smoothing);
      const size = all.data.length / (2 + indices.length);
      const [whole, summed] = [all.data.subarray(0, size), all.data.subarray(-size)];
      const largest = whole.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const missing = whole.reduce((most, value, i) => Math.max(most, Math.abs(value - summed[i]!)), 0);
      results.push({
        maps: { shape: [1 + indices.length, ...input.shape], data: all.data.slice(0, -size) },
        result: {
          shape: [...input.shape],
          samples: smoothing.samples,
          noise: smoothing.samples === 1 ? 0 : smoothing.noise,
          file: `query-${q}/sensitivity.npy`,
          points: indices,
          error: largest > 0 ? missing / largest : 0,
        },
      });
    }
    return results;
  } finally {
    await opened.release();
  }
}

function checkSmoothing({ samples, noise }: Smoothing): void {
  if (!Number.isSafeInteger(samples) || samples < 1) {
    throw new InputError(`--smooth-grad ${samples}: expected a whole number of samples from 1`);
  }
  if (!(noise >= 0 && noise < Infinity)) throw new InputError(`--noise ${noise}: expected a number from 0`);
}

/** What a fit that did not converge means. */
export function statusText({ fit }: FittedSubject, { tolerance, maxIterations }: FitOptions): string {
  const reached = `‖∇‖∞ is ${fit.gradientMaxNorm.toExponential(2)}, not ${tolerance}`;
  const why =
    fit.status === 'stalled'
      ? 'no step improves the objective any more in float64'
      : `the limit of ${maxIterations} iterations was reached; raise --max-iterations`;
  return `the fit did not converge: ${reached} (${why}); the values do not quite sum to the scores. A larger --lambda converges sooner`;
}

function optionsOf({ layer }: Subject, options: RepresenterOptions): RepresenterResult['options'] {
  return {
    layer: layer.name,
    mode: options.mode,
    lambda: options.lambda,
    solver: options.solver,
    tolerance: options.tolerance,
    'max-iterations': options.maxIterations,
    target: options.target,
    'top-k': options.topK,
    group: options.mistakes ? 'misclassified' : null,
    compare: options.influence ? 'influence' : null,
    sensitivity: options.sensitivity ? { ...options.sensitivity } : null,
  };
}

/** The class whose score is explained. */
function targetOf({ layer, classNames }: Subject, input: Input, scores: Float64Array, wanted: string): number {
  const { outputs, isLast } = layer;
  const classes = outputs === 1 ? 2 : outputs;
  if (wanted === 'predicted') return isLast ? probabilitiesOf(scores)[0]!.class : strongest(scores);
  if (wanted === 'true') {
    if (input.label === undefined) {
      throw new InputError(
        `--target true: the class of ${input.name} is not known; name a class, or give <data>@<index>`,
      );
    }
    if (input.label < classes) return input.label;
  }
  const named = isLast ? classNames.indexOf(wanted) : -1;
  const target = named >= 0 ? named : /^\d+$/.test(wanted) ? Number(wanted) : -1;
  if (target >= 0 && target < classes) return target;
  const mend = isLast ? `; the nearest are ${nearestNames(wanted, classNames).join(', ')}` : '';
  throw new InputError(
    `--target ${wanted}: expected predicted, true, or a class by name or number from 0 to ${classes - 1}${mend}`,
  );
}

function strongest(scores: Float64Array): number {
  return scores.reduce((best, score, i) => (score > scores[best]! ? i : best), 0);
}

async function describer(
  { layer, classNames }: Subject,
  inputs: readonly Input[],
  { features }: FeaturesAndScores,
  given: ArrayLike<number>,
  { fit }: FittedSubject,
  runtime: Runtime,
): Promise<(i: number, target: number, explanation: ScoreExplanation) => Omit<RepresenterQuery, 'seconds'>> {
  const { outputs, activation, isLast } = layer;
  const label = (index: number) =>
    (isLast ? classNames[index] : undefined) ?? (isLast ? String(index) : `unit ${index}`);
  const fitted = await scoresAt(features, fit.weights, outputs, runtime);
  const givenOutputs = activated(given, outputs, activation);
  const fittedOutputs = activated(fitted, outputs, activation);
  return (i, target, explanation) => {
    const at = (values: ArrayLike<number>) => (outputs === 1 ? values[i]! : values[i * outputs + target]!);
    const scoreAt = (values: ArrayLike<number>) => (outputs === 1 && target === 0 ? -at(values) : at(values));
    const outputAt = (values: ArrayLike<number>) => (outputs === 1 && target === 0 ? 1 - at(values) : at(values));
    const scores = Float64Array.from({ length: outputs }, (_, j) => given[i * outputs + j]!);
    const top = isLast
      ? probabilitiesOf(scores).map((entry) => ({ ...entry, label: label(entry.class) }))
      : [{ class: target, label: label(target), probability: 0 }];
    const { name, label: truth, classNames: names } = inputs[i]!;
    // Names that differ mean another data set, whose numbers of classes mean nothing here.
    const known = truth !== undefined && names?.join('\n') === classNames.join('\n');
    return {
      input: name,
      predicted: top[0]!,
      ...(known ? { truth: { class: truth, label: classNames[truth] ?? String(truth) } } : {}),
      topClasses: top.slice(0, 10),
      target: { class: target, label: label(target) },
      logit: scoreAt(fitted),
      reconstructed: explanation.sum,
      modelLogit: scoreAt(given),
      output: outputAt(givenOutputs),
      reconstructedOutput: outputAt(fittedOutputs),
      positive: explanation.positive,
      negative: explanation.negative,
      classes: Array.from(explanation.byClass, (value, index) => ({ class: index, value })),
      excitatory: [...explanation.excitatory],
      inhibitory: [...explanation.inhibitory],
    };
  };
}

async function mistakes(
  { layer, train, test, classNames }: Subject,
  { points: set }: FittedSubject,
  points: Points,
  givenOf: (part: FeaturesAndScores) => Promise<ArrayLike<number>>,
  topK: number,
): Promise<RepresenterMistake[]> {
  if (!test) throw new InputError('--group misclassified needs test data: add a test split to the data');
  const { outputs } = layer;
  const ofTest = predictions(await givenOf(test), outputs);
  const ofTrain = predictions(await givenOf(train), outputs);
  const named = (index: number) => ({ class: index, label: classNames[index] ?? String(index) });
  const countOf = (labels: Int32Array, accept: (i: number) => boolean) =>
    labels.reduce((sum, _, i) => sum + (accept(i) ? 1 : 0), 0);
  const result: RepresenterMistake[] = [];
  for (const group of mistakesIn(test.labels, ofTest).slice(0, LARGEST_GROUPS)) {
    const { truth, predicted, members } = group;
    const inhibitors = await inhibitorsOf(group, test.features, set, points, topK);
    result.push({
      truth: named(truth),
      predicted: named(predicted),
      members: [...members],
      ofClass: countOf(test.labels, (i) => test.labels[i] === truth),
      misclassified: countOf(test.labels, (i) => test.labels[i] === truth && ofTest[i] !== truth),
      training: {
        ofClass: countOf(train.labels, (i) => train.labels[i] === truth),
        misclassified: countOf(train.labels, (i) => train.labels[i] === truth && ofTrain[i] !== truth),
        sameMistake: countOf(train.labels, (i) => train.labels[i] === truth && ofTrain[i] === predicted),
      },
      inhibitory: inhibitors.map((inhibitor) => ({ ...inhibitor, predicted: ofTrain[inhibitor.index]! })),
    });
  }
  return result;
}
