/** Ranks training examples by how likely their label is wrong. */
import { meanAndDeviation } from '../../numeric/statistics.js';
import { withOrigins } from '../../data/example-origin.js';
import { InputError } from '../../errors.js';
import type { AuditResult, AuditSimulation, AuditSuspect } from '../../results/audit.js';
import { assembleResult } from '../../results/assemble.js';
import type { Runtime } from '../../runtime/runtime.js';
import { seededRandom } from '../../numeric/random.js';
import { cachedFit, labelTargets, statusText, type FitOptions } from '../representer/cached-fit.js';
import { widened } from '../representer/features/features.js';
import type { FitProblem } from '../representer/fit/objective.js';
import type { LayerData } from '../representer/layer-data.js';
import { suspicionOrder } from './metrics.js';
import type { RunEvidence } from './evidence/epoch-weights.js';
import { openEvidence } from './evidence/open-evidence.js';
import { affordableInfluence, suspicion } from './fitted.js';
import { RANKINGS, type RankingName } from './rankings/registry.js';
import type { Ranking } from './rankings/ranking.js';
import { simulateNoise, type Simulation, type SimulationOutcome } from './simulate.js';
import { findWrongLabels } from './evidence/wrong-labels.js';
import { counselOf, labelErrors, withOpponents } from './verdict.js';
import type { Notice, Reporting } from '../../progress.js';

/** How data are audited. */
export interface AuditOptions extends Omit<FitOptions, 'mode'> {
  /** What the suspects are sorted by. */
  readonly by: RankingName;
  /** How many suspects are shown. */
  readonly topK: number;
  /**
   * For how many examples (of each repetition) the influence is computed. By default for none, unless they are sorted by it or
   * compared in a simulation: then for as many as take some ten seconds.
   */
  readonly influenceExamples?: number | undefined;
  readonly seed: number;
  readonly simulation?: Omit<Simulation, 'lambda' | 'solve' | 'seed' | 'influenceExamples'> | undefined;
}

/** What auditing needs besides the data. */
export interface AuditContext extends Reporting, RunEvidence {
  readonly runtime: Runtime;
}

/** An example without those that oppose its label, which are looked for where they are shown. */
export type RankedExample = Omit<AuditSuspect, 'opponents'>;

/** An audit, with every example in order of suspicion. */
export interface Audit {
  readonly result: AuditResult;
  readonly all: readonly RankedExample[];
}

/**
 * Audits the training data.
 * @throws InputError for options that make no sense, or a simulation without test data
 */
export async function audit(layerData: LayerData, options: AuditOptions, context: AuditContext): Promise<Audit> {
  const { runtime, onNotice, onProgress } = context;
  const { layer, train, classNames, provenance, examplesFrom } = layerData;
  const ranking: Ranking = RANKINGS[options.by];
  if (ranking.needsRun && !context.weights) {
    throw new InputError(`\`by\` ${options.by} follows a training: give the folder of the run that trained the model`);
  }
  if (!layer.isLast) throw new InputError('audit needs the last layer: leave out `layer`');
  const fitOptions: FitOptions = { ...options, mode: 'train' };
  const fitted = await cachedFit(layerData, fitOptions, runtime);
  const { fit, points } = fitted;
  const status = statusText(fit, fitOptions);
  if (status !== undefined) onNotice?.(status);
  const { outputs, bias, activation } = layer;
  const problem: FitProblem = {
    features: widened(points.features),
    targets: labelTargets(train.labels, outputs),
    outputs,
    bias,
    lambda: options.lambda,
    activation,
  };
  const wanted = influenceCount(problem, options, onNotice);
  const found = await suspicion(problem, fit, train.labels, wanted, runtime, (done, total) =>
    onProgress?.('influence', done, total),
  );
  const positions = seededRandom(options.seed).shuffle(Int32Array.from(train.labels.keys()));
  const evidence = openEvidence(layerData, found, context, options.seed, runtime, context);
  const ranked = await ranking.rank(evidence);
  const gathered = await evidence.gathered();
  const course = await evidence.followed();
  const order = suspicionOrder(ranked.scores, positions);
  const { classes } = evidence;
  const wrong = await findWrongLabels({
    gathered,
    inputs: await evidence.inputs(),
    inputsAreFeatures: layerData.inputsAreFeatures,
    beginsEarly: course !== undefined,
    labels: train.labels,
    classes,
  });
  const counsel = counselOf(gathered, wrong, train.labels, classes);
  const inSplit = (row: number) => train.data.members?.[row] ?? row;
  const examples = Array.from(order, (index): RankedExample => {
    const influence = found.scores.influence[index]!;
    return {
      index: inSplit(index),
      label: train.labels[index]!,
      score: ranked.scores[index]!,
      ...counsel(index),
      predicted: found.predicted[index]!,
      probability: found.ownProbability[index]!,
      representer: found.scores.representer[index]!,
      loss: found.scores.loss[index]!,
      gradientNorm: found.scores['gradient-norm'][index]!,
      influence: influence >= 0 ? influence : undefined,
    };
  });
  const all = withOrigins(examples, examplesFrom);
  const disagreeing = all.reduce((sum, { label, predicted }) => sum + (label === predicted ? 0 : 1), 0);
  const simulated = options.simulation && (await simulation(layerData, options, context));
  const result = assembleResult('audit', {
    ...provenance,
    options: {
      layer: layer.name,
      lambda: options.lambda,
      solver: options.solver,
      tolerance: options.tolerance,
      'max-iterations': options.maxIterations,
      by: options.by,
      'top-k': options.topK,
      'influence-examples': options.influenceExamples ?? null,
      'simulate-noise': options.simulation?.noise ?? null,
      seeds: options.simulation?.seeds ?? null,
      examples: options.simulation?.examples ?? null,
      fractions: options.simulation ? [...options.simulation.fractions] : null,
      seed: options.seed,
    },
    classNames: [...classNames],
    fit: {
      layer: layer.name,
      features: layer.columns,
      outputs,
      lambda: options.lambda,
      status: fit.status,
      iterations: fit.iterations,
      gradientMaxNorm: fit.gradientMaxNorm,
      seconds: fit.seconds,
      reused: fitted.reused,
    },
    examples: all.length,
    disagreement: disagreeing / all.length,
    by: options.by,
    reason: ranked.reason,
    errors: labelErrors(gathered, wrong, train.labels, classes),
    memorisation: { ...gathered.memorisation, memorised: gathered.memorised },
    course: course && { source: course.source, epochs: [...course.epochs], gathered: [...course.gatheredEpochs] },
    influenced: found.influenced,
    suspects: await withOpponents(all.slice(0, options.topK), order, { gathered, train, examplesFrom }, runtime),
    simulation: simulated,
  });
  return { result, all };
}

/** For how many examples the influence is computed. */
function influenceCount(
  problem: FitProblem,
  { by, influenceExamples, simulation: experiment }: AuditOptions,
  onNotice: Notice | undefined,
): number {
  // In an experiment the user's number is for its repetitions, which are smaller.
  if (influenceExamples !== undefined && !experiment) return influenceExamples;
  if (by !== 'influence') return 0;
  const affordable = affordableInfluence(problem);
  if (affordable < problem.features.rows) {
    onNotice?.(
      `influence is computed for the ${affordable} examples with the largest gradients; more with \`influenceExamples\``,
    );
  }
  return affordable;
}

async function simulation(
  { train, test, classNames, layer }: LayerData,
  { simulation: wanted, lambda, solver, tolerance, maxIterations, seed, influenceExamples }: AuditOptions,
  { runtime, onProgress }: AuditContext,
): Promise<AuditSimulation> {
  if (!test) throw new InputError('`simulateNoise` measures on test data: add a test split to the data');
  const classes = layer.outputs === 1 ? 2 : Math.max(layer.outputs, classNames.length);
  const { noise, seeds, fractions, examples } = wanted!;
  const outcome = await simulateNoise(
    train,
    test,
    { classes, bias: layer.bias },
    { noise, seeds, fractions, examples, lambda, solve: { solver, tolerance, maxIterations }, seed, influenceExamples },
    runtime,
    onProgress,
  );
  return summary(outcome, wanted!);
}

function summary(
  { methods, clean, ...facts }: SimulationOutcome,
  { noise, seeds, fractions }: Pick<Simulation, 'noise' | 'seeds' | 'fractions'>,
): AuditSimulation {
  return {
    noise,
    seeds,
    fractions: [...fractions],
    ...facts,
    clean: meanAndDeviation(clean),
    methods: methods.map((outcome) => ({
      method: outcome.method,
      accuracy: fractions.map((_, f) => meanAndDeviation(outcome.accuracy.map((row) => row[f]!))),
      found: fractions.map((_, f) => meanAndDeviation(outcome.found.map((row) => row[f]!))),
      rocAuc: meanAndDeviation(outcome.rocAuc),
      averagePrecision: meanAndDeviation(outcome.averagePrecision),
      recallAtNoise: meanAndDeviation(outcome.recallAtNoise),
      recallAt10: meanAndDeviation(outcome.recallAt10),
      recallAt20: meanAndDeviation(outcome.recallAt20),
    })),
  };
}
