/** The course of a training, from its log, against its checkpoints. */
import { join } from 'node:path';
import { beforeAll, expect, jest, test } from '@jest/globals';
import { epochsToLookAt } from '../../../src/explain/audit/evidence/epoch-weights.js';
import { followCourse, type Course } from '../../../src/explain/audit/evidence/course.js';
import { evidenceOfInputs } from '../../../src/explain/audit/evidence/inputs.js';
import { weightsFromReplay } from '../../../src/explain/audit/evidence/replay-weights.js';
import { weightsFromLog } from '../../../src/explain/audit/evidence/log-weights.js';
import type { WeightsOfEpochs } from '../../../src/explain/audit/evidence/epoch-weights.js';
import { RANKINGS } from '../../../src/explain/audit/rankings/registry.js';
import type { Evidence, Ranking } from '../../../src/explain/audit/rankings/ranking.js';
import { FIT_DEFAULTS } from '../../../src/explain/representer/cached-fit.js';
import { openLayerData, type LayerData } from '../../../src/explain/representer/layer-data.js';
import { writeModelFile, readModelFile } from '../../../src/onnx/file.js';
import { graphOf } from '../../../src/onnx/model.js';
import { decodeTensor } from '../../../src/onnx/tensor-proto.js';
import { readManifest } from '../../../src/run/manifest-file.js';
import type { RunManifest } from '../../../src/run/manifest.js';
import { auditToFolder } from '../../../src/workflows/audit.js';
import { openRun } from '../../../src/workflows/open-run.js';
import { startTraining } from '../../../src/workflows/train.js';
import { dense } from '../../../src/zoo/network.js';
import { blobs, writeNpz } from '../../helpers/blobs.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { network, relu } from '../../helpers/networks.js';
import { smallRun } from '../../helpers/small-run.js';
import { runtime } from '../../helpers/training.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const run = join(folder, 'run');
const EPOCHS = 5;
const ROWS = 60;
const FLIPPED = [4, 11, 25];

let manifest: RunManifest;
let weights: WeightsOfEpochs;
let layerData: LayerData;
let course: Course;

beforeAll(async () => {
  const flip = (_: Float32Array, labels: Uint8Array) => FLIPPED.forEach((i) => (labels[i] = (labels[i]! + 1) % 3));
  const { x: x_test, y: y_test } = blobs(30);
  writeNpz(folder, 'data.npz', { ...blobs(ROWS, flip), x_test, y_test });
  const model = network([4], (net, x) => dense(net, 'fc2', relu(net, 'relu', dense(net, 'fc1', x, 8)), 3));
  await writeModelFile(join(folder, 'm.onnx'), model);
  // A checkpoint at the end of every epoch, which has five steps.
  const options = { epochs: EPOCHS, batchSize: 12, checkpointEvery: 5, keepCheckpoints: 9, learningRate: 0.05 };
  manifest = await startTraining({
    modelPath: join(folder, 'm.onnx'),
    dataSpec: join(folder, 'data.npz'),
    runDirectory: run,
    options: { ...options, sampler: 'shuffled', codec: 'float32' },
    runtime,
  });
  weights = (await weightsFromLog(run, manifest)) as WeightsOfEpochs;
  layerData = await openLayerData({
    modelPath: join(run, 'model.onnx'),
    dataSpec: join(folder, 'data.npz'),
    cache: null,
    runtime,
  });
  const { network: opened, train } = layerData;
  course = await followCourse({ weights, network: opened!, train, classes: 3, seed: 0, runtime });
  await layerData.release();
});

/** The scores of a stored model, computed here: [rows][classes]. */
async function scoresOf(path: string): Promise<number[][]> {
  const { model } = await readModelFile(path);
  const tensors = new Map(graphOf(model).initializer.map((stored) => [stored.name, decodeTensor(stored)]));
  const layer = (x: number[], name: string) => {
    const { data, dims } = tensors.get(`${name}.weight`)!;
    const bias = tensors.get(`${name}.bias`)!.data as Float32Array;
    return Array.from({ length: dims[0]! }, (_, j) =>
      x.reduce((sum, value, k) => sum + value * Number(data[j * dims[1]! + k]), bias[j]!),
    );
  };
  const examples = blobs(ROWS).x.data;
  return Array.from({ length: ROWS }, (_, i) => {
    const x = Array.from(examples.subarray(4 * i, 4 * i + 4));
    return layer(
      layer(x, 'fc1').map((value) => Math.max(0, value)),
      'fc2',
    );
  });
}

test('the weights of every epoch are those of its checkpoint', async () => {
  expect(weights.epochs).toBe(EPOCHS);
  for await (const { epoch, weights: found } of weights.walk([1, 2, 4, 5])) {
    const { model } = await readModelFile(
      join(run, manifest.checkpoints.find(({ step }) => step === 5 * epoch)!.model),
    );
    for (const stored of graphOf(model).initializer) {
      const { data } = decodeTensor(stored);
      // 25 float32 differences, each off by 2^-24 of itself.
      (data as Float32Array).forEach((value, k) =>
        expect(Math.abs((found[stored.name]!.data[k] as number) - value)).toBeLessThan(1e-6),
      );
    }
  }
});

test('aum, mean-loss and forgetting are what their papers say of the checkpoints', async () => {
  const { labels } = layerData.train;
  const perEpoch: number[][][] = [];
  for (const { model } of manifest.checkpoints) perEpoch.push(await scoresOf(join(run, model)));
  expect(perEpoch).toHaveLength(EPOCHS);
  const evidence = { labels, classes: 3, course: () => Promise.resolve(course) } as unknown as Evidence;
  const scores = async (ranking: Ranking) => (await ranking.rank(evidence)).scores;
  const [aum, meanLoss, forgetting] = [
    await scores(RANKINGS.aum),
    await scores(RANKINGS['mean-loss']),
    await scores(RANKINGS.forgetting),
  ];
  labels.forEach((label, i) => {
    let [margins, losses, forgotten] = [0, 0, 0];
    const right: boolean[] = [];
    for (const says of perEpoch) {
      const row = says[i]!;
      const others = row.filter((_, k) => k !== label);
      margins += (row[label]! - Math.max(...others)) / EPOCHS;
      const total = row.reduce((sum, score) => sum + Math.exp(score), 0);
      losses -= Math.log(Math.exp(row[label]!) / total) / EPOCHS;
      right.push(row[label]! > Math.max(...others));
    }
    for (let e = 1; e < EPOCHS; e++) if (right[e - 1] && !right[e]) forgotten++;
    // Scores are computed in float32 there.
    expect(aum[i]).toBeCloseTo(-margins, 4);
    expect(meanLoss[i]).toBeCloseTo(losses, 4);
    expect(forgetting[i]).toBe(right.includes(true) ? forgotten : EPOCHS);
  });
});

test('combined is the weighted mean of normalised ranks over the epochs before memorisation', async () => {
  const { labels, data } = layerData.train;
  const others = (await evidenceOfInputs(data, labels, 3, 0, runtime))!;
  const inputs = () => Promise.resolve(others);
  const evidence = { labels, classes: 3, inputs, course: () => Promise.resolve(course) } as unknown as Evidence;
  const { scores, reason } = await RANKINGS.combined.rank(evidence);
  const { gathered, gatheredMargins, gatheredEpochs } = course;
  const lists = [
    Array.from(gatheredMargins, (margin) => -margin),
    Array.from(labels, (label, i) => -gathered.probabilities[3 * i + label]!),
    Array.from(labels, (label, i) => -gathered.votes[3 * i + label]!),
    Array.from(labels, (label, i) => -others.probabilities[3 * i + label]!),
    Array.from(labels, (label, i) => -others.votes[3 * i + label]!),
  ];
  // How much better than chance each agrees with the labels.
  const skill = (probabilities: Float64Array) =>
    labels.filter((label, i) => {
      const row = [...probabilities.subarray(3 * i, 3 * i + 3)];
      return row.indexOf(Math.max(...row)) === label;
    }).length /
      ROWS -
    1 / 3;
  const weight = Math.min(1, skill(others.probabilities) / skill(gathered.probabilities)) ** 2 / 2;
  expect(weight).toBeGreaterThan(0.25);
  labels.forEach((_, i) => {
    const ranks = lists.map((list) => {
      const below = list.filter((value) => value < list[i]!).length;
      const same = list.filter((value) => value === list[i]!).length;
      return (below + (same - 1) / 2) / (ROWS - 1);
    });
    const [a, b, c, d, e] = ranks as [number, number, number, number, number];
    expect(scores[i]).toBeCloseTo((a + b + c + weight * (d + e)) / (3 + 2 * weight), 12);
  });
  expect(reason).toMatch(/memorised its labels: it repeats \d+ % of the \d+ labels/);
  expect(gatheredEpochs.every((epoch) => epochsToLookAt(EPOCHS).includes(epoch))).toBe(true);
  // The three flipped labels come first.
  const order = [...labels.keys()].sort((a, b) => scores[b]! - scores[a]!);
  expect(order.slice(0, 3).sort((a, b) => a - b)).toEqual(FLIPPED);
});

test('the weights of batch norm are in the log of a run, unless that is of chosen layers', async () => {
  const every = { epochs: 3, checkpointEvery: 4, keepCheckpoints: 9, batchSize: 16 };
  const { directory } = await smallRun(join(folder, 'normalised'), every, 48);
  expect(await weightsFromLog(directory, await readManifest(directory))).toMatchObject({ epochs: 3, source: 'log' });
});

test('where the log has not all that was trained, epochs are trained again, to the bit', async () => {
  const every = { epochs: 3, checkpointEvery: 4, keepCheckpoints: 9, layers: ['conv1', 'conv2', 'fc1', 'fc2'] };
  const { directory: runDirectory } = await smallRun(join(folder, 'layers'), { ...every, batchSize: 16 }, 48);
  const trained = await readManifest(runDirectory);
  const found = await weightsFromLog(runDirectory, trained);
  expect(found).toEqual({ unlogged: expect.arrayContaining(['bn.scale', 'bn.shift', 'bn.mean', 'bn.var']) });

  const opened = await openRun({ runDirectory, manifest: trained, runtime });
  const again = await weightsFromReplay(opened, trained);
  expect(again).toMatchObject({ epochs: 3, source: 'replay' });
  const ends = new Set(trained.epochs.map(({ step }) => step));
  expect(trained.checkpoints.filter(({ step }) => ends.has(step))).toHaveLength(3);
  for await (const { epoch, weights: all } of again.walk([1, 3])) {
    const { step } = trained.epochs[epoch - 1]!;
    const { model } = await readModelFile(
      join(runDirectory, trained.checkpoints.find((one) => one.step === step)!.model),
    );
    for (const stored of graphOf(model).initializer) expect(all[stored.name]!.data).toEqual(decodeTensor(stored).data);
  }

  const options = { ...opened.options, learningRate: 0.021 };
  const other = (await weightsFromReplay({ ...opened, options }, trained)).walk([3]);
  await expect(other[Symbol.asyncIterator]().next()).rejects.toThrow(/its weights are not those that were recorded/);

  const { lambda, solver, tolerance, maxIterations } = FIT_DEFAULTS;
  const { course: used, suspects } = await auditToFolder({
    ...{ runDirectory, runtime, out: join(folder, 'normalised-audit') },
    options: { lambda, solver, tolerance, maxIterations, by: 'combined', topK: 5, seed: 0 },
  });
  expect(used).toMatchObject({ source: 'replay', epochs: [1, 2, 3] });
  expect(suspects).toHaveLength(5);
});
