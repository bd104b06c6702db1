/** From a run to a folder with how its explanations changed while it was trained: result, series, maps and report. */
import { takingPart } from '../data/corrections/taking-part.js';
import type { Split } from '../data/dataset.js';
import { UNIT_RANGE } from '../data/normalization.js';
import { encodeNpy } from '../data/npy/encode.js';
import { withDefaults } from '../defaults.js';
import { inPlace } from '../errors.js';
import { boundsOf } from '../explain/attribution/bounds.js';
import { ATTRIBUTION_DEFAULTS, type AttributionSettings } from '../explain/attribution/settings.js';
import { checkBlur, CHECKED, codecBlur, type Blur, type MeasureMeans } from '../explain/trends/codec-blur.js';
import { judgeCondition } from '../explain/trends/conditions.js';
import { correlate } from '../explain/trends/correlation.js';
import { openExplainer } from '../explain/trends/explainer.js';
import { judgeFit } from '../explain/trends/fit.js';
import { MEASURES } from '../explain/trends/measures.js';
import { shownSteps } from '../explain/trends/steps.js';
import {
  explainFinal,
  meansUnder,
  measureTrends,
  type MeasuredSeries,
  type TrendsSubject,
} from '../explain/trends/trends.js';
import { publish } from '../lists/publish.js';
import { trendsLists } from '../lists/trends.js';
import type { DeltaLog } from '../log/read/reader.js';
import type { WeightsAt } from '../replay/weights.js';
import { trendsReport } from '../report/trends/report.js';
import { accuracyOfRun } from '../results/accuracy.js';
import { assembleResult } from '../results/assemble.js';
import { openResultFolder } from '../results/result-folder.js';
import type { TrendsCorrelation, TrendsImage, TrendsResult, TrendsSeries } from '../results/trends.js';
import type { RunManifest } from '../run/manifest.js';
import { guessing, type Guessing } from '../train/chance.js';
import { picturesOf } from './pictures-of.js';
import { readRules } from './attribute.js';
import { listContext } from './list-context.js';
import { askedTrends, TRENDS_COMPOSITE, type AskedTrends, type TrendsFolderRequest } from './trends-request.js';
import { drawImages, openPerformance, openTrendsRun, type DrawnImages, type TrendsRun } from './trends-subject.js';

/**
 * Measures how explanations changed while a run was trained, and writes result, series, maps and report.
 * @throws InputError when the run has no log or is not finished, its data have no test split, a method does not fit the model,
 *   a map is not finite, the log's codec is too coarse, or the folder cannot be written
 */
export async function trendsToFolder(request: TrendsFolderRequest): Promise<TrendsResult> {
  const { runDirectory, out } = request;
  const begun = performance.now();
  const asked = await askedTrends(request);
  const run = await openTrendsRun({ ...request, manifest: asked.manifest });
  const folder = await openResultFolder(out, { force: request.force ?? false, reads: [runDirectory, run.train.path] });
  const { found, arrays } = await measured(request, asked, run);
  const result = assembleResult('trends', {
    ...found,
    conditions: asked.conditions.map((condition) => judgeCondition(condition, found)),
    seconds: (performance.now() - begun) / 1000,
  });
  const report = await trendsReport(result, (file) => arrays.get(file)!, picturesOf(run));
  for (const [file, array] of arrays) await folder.write(file, encodeNpy(array));
  await publish(folder, result, trendsLists(result, listContext(result.classNames, run.train)), report);
  return result;
}

async function measured(
  request: TrendsFolderRequest,
  { manifest, options, methods, steps }: AskedTrends,
  run: TrendsRun,
) {
  const { runDirectory, runtime, onProgress } = request;
  const { explained, weights } = run;
  const { seed, target } = options;
  const { classNames } = manifest.data;
  const drawn = await drawImages(run, options.images, seed);
  const settings = await settingsOf(request, drawn, explained, seed);
  const explainer = await openExplainer({
    runtime,
    classifier: explained,
    changing: weights.changing,
    images: { names: drawn.names, xs: drawn.xs, labels: drawn.labels },
    methods,
    settings,
    target,
    classNames,
  });
  const evaluated = await openPerformance(run, runtime, options.lossExamples, seed);
  const looked = { explainer, splits: drawn.images.map(({ split }) => split) };
  try {
    const finals = await inPlace(runDirectory, async () =>
      explainFinal(looked, await weights.checkpoint(manifest.steps)),
    );
    const blur = await blurOf(run, (at, place) => meansUnder(looked, finals, at, place));
    if (blur) checkBlur(runDirectory, blur);
    const subject: TrendsSubject = {
      ...looked,
      performance: evaluated,
      steps,
      walk: (at) => weights.walk(at),
      initial: weights.initial,
      checkpoints: { steps: weights.checkpoints, at: (step) => weights.checkpoint(step) },
      shown: { images: shownImages(drawn.images, options.show), steps: shownSteps(steps) },
      onProgress,
    };
    const trends = await inPlace(runDirectory, () => measureTrends(subject, finals));
    const { train, test } = trends.performance;
    const batch = await batchLosses(weights.log, steps);
    const found = {
      model: manifest.model,
      data: { spec: manifest.data.spec, fingerprint: manifest.data.fingerprint },
      options: {
        run: runDirectory,
        every: options.every,
        images: options.images,
        'loss-examples': options.lossExamples,
        method: methods.map(({ name }) => name),
        composite: settings.composite,
        rules: settings.rules,
        layer: settings.layer ?? null,
        relu: settings.relu,
        'ignore-bias': settings.ignoreBias,
        fallback: settings.fallback ?? null,
        low: [...settings.bounds.low],
        high: [...settings.bounds.high],
        target,
        'fail-on': [...(request.failOn ?? [])],
        seed,
      },
      accuracy: accuracyOfRun(manifest, run.test),
      classNames: [...classNames],
      steps: [...steps],
      stepsPerEpoch: stepsPerEpoch(manifest),
      weights: {
        source: weights.source,
        error: trends.error,
        measureError: blur?.share ?? 0,
        checkpoints: [...weights.checkpoints],
      },
      measures: MEASURES.map(({ name, says, unit }) => ({ name, says, unit })),
      images: [...drawn.images],
      target,
      loss: { name: run.options.loss, batch, train, test },
      fit: judgeFit({ steps, train, test, guess: guessOf(run, evaluated.test.labels) }),
      series: trends.series.map((each) => withRho(each, { batch, train: train.loss, test: test.loss }, seed)),
      strips: [...trends.strips],
    };
    return { found, arrays: trends.arrays };
  } finally {
    await explainer.release();
    for (const { evaluator } of Object.values(evaluated)) await evaluator.release();
  }
}

async function settingsOf(
  request: TrendsFolderRequest,
  { stored }: DrawnImages,
  { normalization }: TrendsRun['explained'],
  seed: number,
): Promise<AttributionSettings> {
  const given = { low: request.low ?? [], high: request.high ?? [] };
  return {
    ...withDefaults<AttributionSettings>({ ...ATTRIBUTION_DEFAULTS, composite: TRENDS_COMPOSITE }, request.settings),
    seed,
    rules: request.rulesFile === undefined ? {} : await readRules(request.rulesFile),
    bounds: boundsOf(given, stored, normalization ?? UNIT_RANGE),
  };
}

/** How much a lossy log blurs the measures; a replay has no such error. */
async function blurOf({ weights }: TrendsRun, measure: MeasureMeans): Promise<Blur | undefined> {
  if (weights.source === 'replay') return undefined;
  const exact: WeightsAt[] = [];
  for (const step of weights.checkpoints.slice(-CHECKED)) exact.push({ step, weights: await weights.checkpoint(step) });
  return codecBlur(weights.log, weights.initial, exact, measure);
}

/** The first image of each class, of test and train in turn: the images whose maps are kept. */
function shownImages(images: readonly TrendsImage[], count: number): number[] {
  const classes = [...new Set(images.map((image) => image.class))].sort((a, b) => a - b);
  const first = (split: Split, label: number) =>
    images.findIndex((image) => image.class === label && image.split === split);
  return classes
    .map((label, i) => {
      const [wanted, other] = i % 2 === 0 ? (['test', 'train'] as const) : (['train', 'test'] as const);
      const found = first(wanted, label);
      return found >= 0 ? found : first(other, label);
    })
    .slice(0, count);
}

/** Loss of the batch that led to each step; none led to step 0. */
async function batchLosses(log: DeltaLog, steps: readonly number[]): Promise<(number | null)[]> {
  const wanted = new Map(steps.map((step, i) => [step, i]));
  const losses = steps.map((): number | null => null);
  for await (const { step, loss } of log.steps({ lastStep: steps.at(-1)! })) {
    const place = wanted.get(step);
    if (place !== undefined) losses[place] = loss;
  }
  return losses;
}

function withRho(
  series: MeasuredSeries,
  losses: Readonly<Record<TrendsCorrelation['loss'], readonly (number | null)[]>>,
  seed: number,
): TrendsSeries {
  const rho = Object.entries(series.measures).flatMap(([measure, { mean }]) =>
    (['train', 'test', 'batch'] as const).map((loss) => ({ measure, loss, ...correlate(mean, losses[loss], seed) })),
  );
  return { ...series, rho };
}

/** What a network reaches that says the same for every input. @param testLabels of the examples that accuracy is computed of */
function guessOf({ train, options, classifier, sampleWeights }: TrendsRun, testLabels: Int32Array): Guessing {
  const learnt = takingPart(train);
  return guessing({
    loss: options.loss,
    labels: learnt.map((index) => train.labels[index]!),
    weights: Float32Array.from(learnt, (index) => sampleWeights?.[index] ?? 1),
    testLabels,
    classes: classifier.classes,
  });
}

function stepsPerEpoch({ epochs, steps }: RunManifest): number {
  return epochs[0]?.step ?? steps;
}
