/** From a model with its training data, or a run as such, to a folder with the influence by its last layer. */
import { readInputs, type Input } from '../data/input.js';
import { layerInfluence, type LayerInfluenceOptions } from '../explain/influence/layer-influence.js';
import { featureMap } from '../explain/feature-map/feature-map.js';
import { listedInInfluence } from '../explain/feature-map/listed.js';
import { featuresOfLayerData } from '../explain/feature-map/of-layer-data.js';
import { openLayerData, type LayerData } from '../explain/representer/layer-data.js';
import type { InfluenceResult } from '../results/influence.js';
import { withoutTimes } from '../results/without-times.js';
import { openResultFolder } from '../results/result-folder.js';
import { readSampleWeights } from '../run/sample-weights.js';
import type { LossName } from '../train/losses/registry.js';
import { readOptions } from '../train/options.js';
import { writeInfluence, type InfluenceFolderRequest } from './influence-request.js';
import { openRun, REPLAY_MEMORY } from './open-run.js';
import { replayRun } from './replay-run.js';
import { picturesOf } from './pictures-of.js';
import { runAsModel } from './run-as-model.js';

/**
 * Values training examples by what the last layer sees of them, and writes result and report.
 * @param verify how many of the strongest supporters of each input the run is trained again without; 0 for not at all
 * @throws InputError when model, data and inputs do not fit together, the run cannot be replayed for `verify`, or the folder
 *   cannot be written
 */
export async function layerInfluenceToFolder(
  request: InfluenceFolderRequest,
  options: LayerInfluenceOptions,
  verify: number,
): Promise<InfluenceResult> {
  const { out, runtime, runDirectory, onNotice, onProgress } = request;
  const run = runDirectory === undefined ? undefined : await ofRun(request, runDirectory);
  const opened = run?.request ?? request;
  const layerData = await openLayerData(opened);
  try {
    const inputs = await inputsOf(request, layerData, run?.known);
    const reads = [opened.modelPath, opened.dataSpec, ...request.inputs];
    const folder = await openResultFolder(out, { force: request.force ?? false, reads });
    const again = run && verify > 0 ? await openAgain(request, run, verify) : undefined;
    try {
      const { result, effects } = await layerInfluence({
        layerData,
        inputs,
        options,
        loss: run?.loss,
        further: { run: runDirectory ?? null, layer: layerData.layer.name, verify, ...again?.options },
        again,
        fineTuning: run ? undefined : fineTuning(request, options),
        runtime,
        onNotice,
        onProgress,
      });
      const map = request.map === false ? undefined : await mapOf(layerData, result, inputs, run?.manifest.seed);
      const whole = { ...result, map };
      const found = { result: request.division?.kind === 'merge' ? withoutTimes(whole) : whole, effects };
      await writeInfluence(folder, found, {
        allValues: request.allValues,
        pictures: picturesOf({ train: layerData.pictures, test: layerData.test?.data }, inputs),
        data: layerData.examplesFrom,
      });
      return found.result;
    } finally {
      await again?.replay.release();
    }
  } finally {
    await layerData.release();
  }
}

async function mapOf(layerData: LayerData, { queries }: InfluenceResult, inputs: readonly Input[], seed = 0) {
  const { features } = await layerData.featuresOf(inputs);
  const source = featuresOfLayerData(layerData, features);
  return featureMap(source, { data: layerData.examplesFrom, listed: listedInInfluence(queries), seed });
}

/** The run, to be trained again, and the options that this takes. */
async function openAgain(
  request: InfluenceFolderRequest,
  { manifest, directory }: Awaited<ReturnType<typeof ofRun>>,
  count: number,
) {
  const { runtime, dataSpec, memory = REPLAY_MEMORY, allowDrift = false } = request;
  const run = await openRun({ runDirectory: directory, manifest, dataSpec, runtime });
  return {
    replay: await replayRun(run, manifest, request),
    classifier: { ...run.classifier, normalization: manifest.input.normalization },
    count,
    options: { memory: Math.round(memory / 2 ** 20), 'allow-drift': allowDrift, seed: manifest.seed },
  };
}

/** A run by its latest model, and what it was trained with. */
async function ofRun(request: InfluenceFolderRequest, runDirectory: string) {
  const found = await runAsModel(request, runDirectory, 'ask a `model`');
  const { manifest, dataSpec } = found;
  const weights = await readSampleWeights(runDirectory, manifest);
  if (weights?.some((weight) => weight !== 1)) {
    request.onNotice?.('the run has weights of its examples; methods of the last layer take every example to weigh 1');
  }
  const loss: LossName = readOptions(manifest.options).loss;
  // Inputs may be brought to another size than the data were.
  const { resize = found.request.resize, channels = found.request.channels } = request;
  return {
    request: { ...found.request, onNotice: request.onNotice },
    loss,
    manifest,
    directory: runDirectory,
    known: { spec: manifest.data.spec, path: dataSpec, resize, channels },
  };
}

async function inputsOf(
  { inputs, inputSplit, onNotice }: InfluenceFolderRequest,
  { pictures, preprocessing }: LayerData,
  known: Awaited<ReturnType<typeof ofRun>>['known'] | undefined,
): Promise<Input[]> {
  if (inputs.length === 0) return [];
  const shape = pictures?.kind === 'image' ? pictures.shape : undefined;
  const { resize, channels } = known ?? preprocessing;
  return readInputs(inputs, {
    ...preprocessing,
    resize,
    channels,
    onNotice,
    split: inputSplit ?? 'test',
    shape,
    known: known && { spec: known.spec, path: known.path },
  });
}

/** The commands that give the metagradient of a fine-tuning; none where there is no model to train. */
function fineTuning(
  { modelPath, dataSpec, inputs, resize, channels, mean, std }: InfluenceFolderRequest,
  { measure }: LayerInfluenceOptions,
): readonly string[] | undefined {
  if (modelPath === undefined || dataSpec === undefined) return undefined;
  const [input] = inputs;
  const how = [
    resize && `--resize ${resize.width}x${resize.height}`,
    channels && `--channels ${channels}`,
    mean && `--mean=${mean.join()}`,
    std && `--std=${std.join()}`,
  ].flatMap((flag) => (flag ? ` ${flag}` : []));
  const asked = input === undefined ? `--measure ${measure}` : `--input ${quoted(input)}`;
  return [
    `onnx-explain train --model ${quoted(modelPath)} --data ${quoted(dataSpec)}${how.join('')} --epochs 3 --lr 0.001 --out fine-tuning`,
    `onnx-explain influence fine-tuning ${asked} --out why`,
  ];
}

/** As a POSIX shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
