/** From a run (or a model) and inputs to a folder with result.json and a report of which training examples made the decisions. */
import { readInputs, type Input } from '../data/input.js';
import { InputError } from '../errors.js';
import { influence, INFLUENCE_DEFAULTS, type InfluenceOptions } from '../explain/influence/influence.js';
import { listedInInfluence } from '../explain/feature-map/listed.js';
import { mapOfClassifier } from '../explain/feature-map/of-classifier.js';
import type { Reporting } from '../progress.js';
import { openReplay } from '../replay/recorded.js';
import { memoryForCotangents } from '../replay/room.js';
import { accuracyOfRun } from '../results/accuracy.js';
import type { InfluenceResult } from '../results/influence.js';
import { withoutTimes } from '../results/without-times.js';
import { openResultFolder } from '../results/result-folder.js';
import { earlierResize } from '../run/earlier-resize.js';
import { readManifest } from '../run/manifest-file.js';
import type { RunManifest } from '../run/manifest.js';
import { hashOf } from '../shards/hash.js';
import { picturesOf } from './pictures-of.js';
import { factsOf } from './facts-of.js';
import { replayedInfluences } from './replayed-influences.js';
import { askedInfluence, writeInfluence, type InfluenceFolderRequest } from './influence-request.js';
import { layerInfluenceToFolder } from './layer-influence.js';
import { checkMemory, openRun, REPLAY_MEMORY, type OpenedRun } from './open-run.js';

/**
 * Explains decisions by what training would have made of them without single examples, and writes result and report.
 * @throws InputError when run, inputs and data do not fit together, the run cannot be replayed, or the folder cannot be
 *   written
 */
export async function influenceToFolder(request: InfluenceFolderRequest): Promise<InfluenceResult> {
  const { memory = REPLAY_MEMORY } = request;
  checkNumbers({ ...INFLUENCE_DEFAULTS, ...request.options });
  checkMemory(memory);
  const asked = askedInfluence(request);
  return 'replayed' in asked
    ? replayedToFolder(request, asked.run, asked.replayed)
    : layerInfluenceToFolder(request, asked.layer, asked.verify);
}

async function replayedToFolder(
  request: InfluenceFolderRequest,
  runDirectory: string,
  options: InfluenceOptions,
): Promise<InfluenceResult> {
  const { out, onNotice, onProgress, memory = REPLAY_MEMORY, division } = request;
  const manifest = await readManifest(runDirectory);
  const earlier = earlierResize(runDirectory, manifest);
  if (earlier !== undefined) onNotice?.(earlier);
  const run = await openRun({ runDirectory, manifest, dataSpec: request.dataSpec, runtime: request.runtime, onNotice });
  const inputs = await inputsOf(request, manifest, run);
  const folder = await openResultFolder(out, {
    force: request.force ?? false,
    reads: [...request.inputs, run.train.path],
  });
  const classifier = { ...run.classifier, normalization: manifest.input.normalization };
  division?.madeFrom({ ...factsOf(manifest), input: hashOf(inputs.map(({ data }) => data)) });
  const { weights, ...found } = await replayedInfluences({
    ...request,
    run,
    manifest,
    wantsWeights: request.map !== false,
    asked: {
      classifier,
      loss: run.options.loss,
      train: run.train,
      inputs,
      test: run.test,
      options,
      memory: memoryForCotangents(memory),
      runtime: run.runtime,
      provenance: {
        model: manifest.model,
        data: { spec: manifest.data.spec, fingerprint: manifest.data.fingerprint },
        options: {
          run: runDirectory,
          method: options.method,
          measure: options.measure,
          target: options.target,
          'top-k': options.topK,
          verify: options.verify,
          memory: Math.round(memory / 2 ** 20),
          'allow-drift': request.allowDrift ?? false,
          seed: manifest.seed,
        },
        accuracy: accuracyOfRun(manifest, run.test),
        classNames: [...manifest.data.classNames],
      },
      onProgress,
      onNotice,
    },
  });
  const shown = { data: run.train, inputs, listed: listedInInfluence(found.result.queries), seed: manifest.seed };
  const map = weights && (await mapOfClassifier(classifier, shown, run.runtime, weights));
  const whole = { ...found.result, map };
  const result = division?.kind === 'merge' ? withoutTimes(whole) : whole;
  const pictures = picturesOf({ train: run.train }, inputs);
  await writeInfluence(folder, { ...found, result }, { allValues: request.allValues, pictures, data: run.train });
  return result;
}

/**
 * Effect of every training example of a run on the mean loss over its test split.
 * @throws InputError where there is no test split, or the run cannot be replayed
 */
export async function heldOutEffects(
  run: OpenedRun,
  manifest: RunManifest,
  { onProgress }: Reporting,
): Promise<Float64Array> {
  const replay = await openReplay({ ...run, manifest, memory: REPLAY_MEMORY });
  try {
    const { effects } = await influence({
      replay,
      classifier: { ...run.classifier, normalization: manifest.input.normalization },
      loss: run.options.loss,
      train: run.train,
      inputs: [],
      test: run.test,
      options: { ...INFLUENCE_DEFAULTS, measure: 'test-loss' },
      memory: memoryForCotangents(REPLAY_MEMORY),
      runtime: run.runtime,
      provenance: {
        model: manifest.model,
        data: { spec: manifest.data.spec, fingerprint: manifest.data.fingerprint },
        options: {},
        classNames: [...manifest.data.classNames],
      },
      onProgress,
    });
    return effects.values;
  } finally {
    await replay.release();
  }
}

function checkNumbers({ topK, verify }: { readonly topK: number; readonly verify: number }): void {
  const whole = (value: number, name: string, least: number) => {
    if (Number.isSafeInteger(value) && value >= least) return;
    throw new InputError(`\`${name}\` ${value}: expected a whole number from ${least}`);
  };
  whole(topK, 'topK', 1);
  whole(verify, 'verify', 0);
}

async function inputsOf(
  request: InfluenceFolderRequest,
  { data, input }: RunManifest,
  { train }: OpenedRun,
): Promise<Input[]> {
  if (request.inputs.length === 0) return [];
  const { normalization, ...reading } = input;
  return readInputs(request.inputs, {
    ...reading,
    ...normalization,
    resize: request.resize ?? input.resize,
    channels: request.channels ?? input.channels,
    onNotice: request.onNotice,
    split: request.inputSplit,
    shape: data.kind === 'image' ? data.shape : undefined,
    known: { spec: data.spec, path: train.path },
  });
}
