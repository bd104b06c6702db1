/**
 * Training with tracing: runs the training graph over the planned steps, hands every update to the log, evaluates after
 * each epoch, and leaves a run directory that explanations and a resumed training can start from.
 */
import { InputError, inPlace } from '../errors.js';
import { checkProvider } from '../run/provider.js';
import { withThreads } from '../runtime/threads.js';
import { canonicalJson } from '../run/canonical-json.js';
import { checkWholeRun } from '../run/check-run.js';
import { clearRun, sweepRun } from '../run/clean.js';
import { lockRun } from '../run/lock.js';
import type { EpochRecord, RunManifest } from '../run/manifest.js';
import { readManifest } from '../run/manifest-file.js';
import { checkFolders } from '../run/run-files.js';
import { chanceNotice, type NetworkAtChance } from './chance-cause.js';
import { initialState, weightsIn, withSubspaces } from './carried-state.js';
import { readCheckpoint } from './checkpoint.js';
import { createEvaluator, type Evaluator } from './evaluation.js';
import { checkOptions } from './options.js';
import { beginningOf, openRunWriter, type RunWriter } from './run-writer.js';
import { callSize, nextBoundary, planEpoch, taskOf } from './schedule.js';
import { setUp, type Setup, type TrainRequest } from './setup.js';
import { recordsOf } from './step-records.js';
import type { Tensor } from '../tensor.js';
import { codecsNotice, fallbackNotice, tryFactors, watchTolerance } from './tolerance.js';
import { createTrainer, type PlannedStep, type Trainer } from './trainer.js';

/**
 * Trains a model.
 * @returns the run's final manifest
 * @throws InputError when options, model and data do not fit together, when the loss or a weight is no longer a number
 *   (what came before is kept), or when the run directory is in use
 */
export async function train(given: TrainRequest): Promise<RunManifest> {
  const { classifier, options, runDirectory, source } = given;
  const runtime = withThreads(given.runtime, given.resume ? given.resume.threads : given.runtime.threads);
  const request = { ...given, runtime };
  checkOptions(options);
  if (given.resume) checkProvider(runDirectory, given.resume, runtime.provider);
  let setup = await setUp(request);
  const beginning = beginningOf(request, setup);
  const lock = await lockRun(runDirectory, beginning.run);
  let trainer: Trainer | undefined;
  let evaluator: Evaluator | undefined;
  let run: RunWriter | undefined;
  try {
    if (request.resume) await checkResumable(runDirectory, request.resume);
    const start = request.resume?.checkpoints.at(-1);
    const open = async () => {
      const { graph, pool, rows } = setup;
      const initial = await inPlace(source.path, () => initialState(classifier.model, graph.carried));
      const passing = [...graph.carried, ...graph.subspaces];
      const state = start ? await readCheckpoint(runDirectory, start, passing) : withSubspaces(initial, graph);
      return createTrainer(graph, pool, rows, state, runtime);
    };
    trainer = await open();
    if (!start) {
      const fallen = new Map<string, number>();
      const first = planEpoch(options, taskOf(request.train, setup.classes), 0, 1);
      for (;;) {
        const excess = await tryFactors(trainer, setup.graph, first, options.codecTolerance);
        // A run that stopped before its first checkpoint has been tried: only what the trial leaves is wanted.
        if (excess.length === 0 || request.resume) break;
        for (const { layer, rank } of excess) fallen.set(layer, rank);
        await trainer.release();
        setup = await setUp(request, fallen);
        for (const each of excess) request.onNotice?.(fallbackNotice(each, setup.codecs.get(each.layer)!));
        trainer = await open();
      }
    }
    evaluator = setup.testPool && (await makeEvaluator(request, setup));
    // Only now, when nothing about the request can be wrong any more, is anything removed.
    if (request.resume) await sweepRun(runDirectory, request.resume);
    else await clearRun(runDirectory, lock.previousRun);
    run = await openRunWriter(request, setup, beginning, lock, await trainer.state());
    for (const warning of run.warnings) request.onNotice?.(warning);
    const chosen = codecsNotice(setup.codecs);
    if (chosen !== undefined) request.onNotice?.(chosen);
    return await runSteps(request, setup, trainer, evaluator, run);
  } finally {
    await run?.close();
    await trainer?.release();
    await evaluator?.release();
    await lock.release();
  }
}

/** @throws InputError when the run changed since its manifest was read, or is not as it was written */
async function checkResumable(runDirectory: string, manifest: RunManifest): Promise<void> {
  if (canonicalJson(await readManifest(runDirectory)) !== canonicalJson(manifest)) {
    const problem = 'another training has continued the run meanwhile';
    throw new InputError({ file: runDirectory, problem, mend: 'look at what it did, and try again' });
  }
  await checkFolders(runDirectory);
  await checkWholeRun(runDirectory, manifest);
}

async function makeEvaluator({ classifier, runtime }: TrainRequest, setup: Setup): Promise<Evaluator> {
  const changing = setup.graph.carried.flatMap(({ weight }) => weight ?? []);
  return createEvaluator(classifier, setup.testPool!, changing, setup.graphOptions, runtime);
}

async function runSteps(
  request: TrainRequest,
  setup: Setup,
  trainer: Trainer,
  evaluator: Evaluator | undefined,
  run: RunWriter,
): Promise<RunManifest> {
  const { options, train: data, onProgress, onNotice } = request;
  const task = taskOf(data, setup.classes);
  const size = callSize(setup.bytesPerStep);
  const watch = watchTolerance(setup.graph.factors, options.codecTolerance, onNotice);
  let done = run.manifest.steps;
  let firstStep = 1;
  let toldOfChance = false;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const steps = planEpoch(options, task, epoch, firstStep);
    const lastStep = firstStep + steps.length - 1;
    const totalSteps = steps.length * options.epochs;
    while (done < lastStep) {
      const boundary = nextBoundary(done, [options.checkpointEvery, run.segmentSteps], lastStep);
      const count = Math.min(size.next(), boundary - done);
      const batch = steps.slice(done - firstStep + 1, done - firstStep + 1 + count);
      const started = performance.now();
      const result = await trainer.run(batch);
      size.record(count, (performance.now() - started) / 1000);
      if (!result.finite) throw await keepUntil(request, trainer, run, batch, epoch);
      watch.add(result.payloads);
      await run.append(recordsOf(batch, epoch, result.losses), result, () => trainer.state());
      done += count;
      if (done === boundary) watch.tell(done);
      if (done % options.checkpointEvery === 0) await run.checkpoint(done, await trainer.state());
      else if (done % run.segmentSteps === 0) await run.seal();
      onProgress?.({ step: done, totalSteps, epoch: epoch + 1, loss: result.losses.at(-1)! });
    }
    if (!run.manifest.epochs.some((record) => record.epoch === epoch + 1)) {
      const weights = weightsIn(await trainer.state(), setup.graph.carried);
      const finished = run.endEpoch(epoch + 1, done, await evaluator?.evaluate(weights));
      onProgress?.({ step: done, totalSteps, epoch: epoch + 1, loss: finished.trainLoss, finished });
      if (finished.atChance) {
        if (!toldOfChance) onNotice?.(await chanceNotice(atChance(request, setup, weights, finished)));
        else if (epoch === options.epochs - 1) onNotice?.(`after epoch ${epoch + 1} the network is still at chance`);
        toldOfChance = true;
      }
    }
    firstStep = lastStep + 1;
  }
  return run.finish(done, await trainer.state(), 'finished');
}

function atChance(
  { classifier, train, options, runtime }: TrainRequest,
  { graph, graphOptions, guessing }: Setup,
  after: Readonly<Record<string, Tensor>>,
  record: EpochRecord,
): NetworkAtChance {
  const before = weightsIn(initialState(classifier.model, graph.carried), graph.carried);
  const { parameters } = graphOptions;
  return { classifier, train, options, parameters, before, after, record, guessing, runtime };
}

/**
 * Ends a training that diverges within some steps, which have been tried in vain: they are run again one by one, and
 * those before the one that diverges are kept.
 * @returns the error to throw
 */
async function keepUntil(
  { runDirectory }: TrainRequest,
  trainer: Trainer,
  run: RunWriter,
  steps: readonly PlannedStep[],
  epoch: number,
): Promise<InputError> {
  for (const step of steps) {
    const result = await trainer.run([step]);
    const { losses } = result;
    if (!result.finite) {
      const what = Number.isFinite(losses[0]) ? 'an updated weight' : 'the loss';
      const kept = step.step - 1;
      await run.finish(kept, await trainer.state(), 'diverged');
      return new InputError(
        `${runDirectory}: ${what} is no longer a number at step ${step.step} (epoch ${epoch + 1}); the log and the model up to step ${kept} are kept; lower \`learningRate\` or set \`clipNorm\``,
      );
    }
    await run.append(recordsOf([step], epoch, losses), result, () => trainer.state());
  }
  throw new Error('internal: steps that diverge together do not diverge one by one');
}
