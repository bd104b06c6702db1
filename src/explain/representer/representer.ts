/** Explains decisions by representer points: fit, values, reconstruction, mistakes. */
import type { FloatArray } from '../../tensor.js';
import type { Input } from '../../data/input.js';
import { InputError } from '../../errors.js';
import type { RepresenterFit, RepresenterResult } from '../../results/representer.js';
import { assembleResult } from '../../results/assemble.js';
import type { Runtime } from '../../runtime/runtime.js';
import { undecided } from '../../classifier/undecided.js';
import type { FeaturesAndScores } from './features/body.js';
import { chosenFit, isTooFar, type AskedLambda } from './fit/automatic.js';
import { closerLambda } from './fit/closer-lambda.js';
import { compareInfluence } from './compare-influence.js';
import { describeQueries } from './describe-query.js';
import { FIT_DEFAULTS, statusText, type FitOptions, type CachedFit } from './cached-fit.js';
import { rowOf, selectRows } from './features/features.js';
import { explainMistakes } from './mistakes.js';
import { scoresAt, type FlatWeights } from './fit/objective.js';
import { openPoints } from './points.js';
import { checkSmoothing, querySensitivities } from './query-sensitivity.js';
import { reconstructScores, spelledWeights } from './reconstruction.js';
import type { Smoothing } from './sensitivity.js';
import type { LayerData } from './layer-data.js';
import { explainedScore } from './targets.js';
import type { Notice } from '../../progress.js';

/** How decisions are explained. */
export interface RepresenterOptions extends Omit<FitOptions, 'lambda'> {
  /** `auto`: the largest that follows the model's outputs. */
  readonly lambda: AskedLambda;
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

/** As in the paper; what costs more than the fit is left out. */
export const REPRESENTER_DEFAULTS: RepresenterOptions = {
  ...FIT_DEFAULTS,
  lambda: 'auto',
  topK: 10,
  target: 'predicted',
  mistakes: false,
  influence: false,
};

/** What explaining needs besides what is explained. */
export interface RepresenterContext {
  readonly runtime: Runtime;
  readonly onIteration?: (iteration: number, gradientMaxNorm: number) => void;
  readonly onNotice?: Notice | undefined;
}

/** An explanation, and what further ones can be made from. */
export interface Representer {
  readonly result: RepresenterResult;
  readonly fitted: CachedFit;
  /** Features and scores of the inputs, in their order. */
  readonly queries: FeaturesAndScores;
  /** Sensitivity maps by query, [1 + points, …input's dimensions]; see `sensitivity` of the result. */
  readonly maps: readonly FloatArray[];
}

/**
 * Explains inputs.
 * @throws InputError for options that do not fit the layer, or a target that is no class
 */
export async function representer(
  layerData: LayerData,
  inputs: readonly Input[],
  asked: RepresenterOptions,
  context: RepresenterContext,
): Promise<Representer> {
  const { runtime } = context;
  const { layer, classNames, provenance } = layerData;
  const { outputs } = layer;
  checkOptions(layerData, inputs, asked);
  const queries = await layerData.featuresOf(inputs);
  const { fitted, tried, ...chosen } = await chosenFit(layerData, asked, runtime, context.onIteration);
  const options = { ...asked, ...chosen.options };
  const { fit, points: set } = fitted;
  const status = statusText(fit, options);
  if (status !== undefined) context.onNotice?.(status);
  const spelled = await spelledWeights(set, runtime);
  // Without weights of a model, what is fitted is the model.
  const scoresOf = async (part: FeaturesAndScores): Promise<Float64Array> =>
    layer.weights ? Float64Array.from(part.scores) : scoresAt(part.features, fit.weights, outputs, runtime);
  const given = await scoresOf(queries);
  const targets = inputs.map((input, i) => explainedScore(layerData, input, rowOf(given, outputs, i), options.target));

  const points = openPoints(set, runtime);
  try {
    const explained = await points.explain(queries.features, targets, options.topK);
    const described = await describeQueries(layerData, inputs, queries, given, fit, targets, explained, runtime);
    const references = layer.isLast && layer.weights ? scoresOfSome(layerData.train, outputs) : [];
    const reasons = inputs.map(({ name }, q) => {
      const scores = rowOf(given, outputs, q);
      const why = undecided({
        scores,
        activation: layer.activation === 'sigmoid' ? 'sigmoid' : 'softmax',
        references,
        layers: [],
      });
      if (why !== undefined) context.onNotice?.(`${name}: ${why}`);
      return why;
    });
    const values = (q: number) => points.values(rowOf(queries.features.data, layer.columns, q), targets[q]!);
    const seconds: number[] = [];
    for (const [q, target] of targets.entries()) {
      const one = selectRows(queries.features, [q]);
      seconds.push(await secondsOf(() => points.explain(one, [target], options.topK)));
    }
    const influences = options.influence
      ? await compareInfluence(layerData, queries, options, { targets, topK: options.topK, values }, runtime)
      : [];
    const sensitivities = options.sensitivity
      ? await querySensitivities(layerData, inputs, fitted, spelled, targets, explained, options.sensitivity, runtime)
      : [];
    const result = assembleResult('representer', {
      ...provenance,
      options: optionsOf(layerData, asked),
      classNames: [...classNames],
      fit: {
        ...(await describeFit(layerData, fitted, spelled, scoresOf, options, runtime)),
        tried: tried && [...tried],
      },
      queries: described.map((query, q) => ({
        ...query,
        undecided: reasons[q],
        seconds: seconds[q]!,
        influence: influences[q],
        sensitivity: sensitivities[q]?.result,
      })),
      mistakes: options.mistakes ? await explainMistakes(layerData, set, points, scoresOf, options.topK) : undefined,
    });
    return { result, fitted, queries, maps: sensitivities.map(({ maps }) => maps) };
  } finally {
    await points.release();
  }
}

/** Training examples whose scores those of an input are compared with. */
const COMPARED = 50;

function scoresOfSome({ scores, features: { rows: count } }: LayerData['train'], outputs: number): Float64Array[] {
  const compared = Math.min(COMPARED, count);
  return Array.from({ length: compared }, (_, i) =>
    Float64Array.from(rowOf(scores, outputs, Math.floor((i * count) / compared))),
  );
}

/** What can be refused before anything is computed. */
function checkOptions(layerData: LayerData, inputs: readonly Input[], options: RepresenterOptions): void {
  const { layer, test, network } = layerData;
  if (options.target !== 'predicted') {
    for (const input of inputs) explainedScore(layerData, input, new Float64Array(), options.target);
  }
  if (options.mistakes && !layer.isLast) {
    throw new InputError('`group` misclassified needs the last layer: leave out `layer`');
  }
  if (options.mistakes && !test) {
    throw new InputError('`group` misclassified needs test data: add a test split to the data');
  }
  if (options.influence && !layer.isLast) {
    throw new InputError('`compare` influence needs the last layer: leave out `layer`');
  }
  if (!options.sensitivity) return;
  if (!network) throw new InputError('`sensitivity` differentiates the model: give `model`');
  checkSmoothing(options.sensitivity);
}

/** What the result says of the fit, and how well it gives what the model computes. */
async function describeFit(
  layerData: LayerData,
  fitted: CachedFit,
  spelled: FlatWeights,
  scoresOf: (part: FeaturesAndScores) => Promise<Float64Array>,
  options: FitOptions,
  runtime: Runtime,
): Promise<RepresenterFit> {
  const { layer, train, test } = layerData;
  const { activation, outputs } = layer;
  const { fit, reused } = fitted;
  const agreement = async (part: FeaturesAndScores) =>
    reconstructScores(part.features, spelled, await scoresOf(part), outputs, activation, runtime);
  const ofTrain = await agreement(train);
  const isLoose = options.mode === 'given' && isTooFar(fitted, ofTrain.pearson);
  return {
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
    reused,
    gradientMaxNorm: fit.gradientMaxNorm,
    sumError: fit.sumError,
    objective: fit.objective,
    ...ofTrain,
    test: test && (await agreement(test)),
    closer: isLoose ? await closerLambda(layerData, fitted, ofTrain.pearson, options, runtime) : undefined,
  };
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

function optionsOf({ layer }: LayerData, options: RepresenterOptions): RepresenterResult['options'] {
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
