/**
 * Metagradients against differences of real trainings: the weight of one example is moved either way, everything is trained
 * again, and the measure is taken. In float64 the two agree to a millionth; ONNX Runtime has no convolution in float64.
 */
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { metagradient } from '../../../src/explain/influence/methods/metagradient.js';
import { openOutcome } from '../../../src/explain/influence/outcome.js';
import { measureAt, type RunSubject } from '../../../src/explain/influence/subject.js';
import { decodeModel, encodeModel } from '../../../src/onnx/codec.js';
import { writeModelFile } from '../../../src/onnx/file.js';
import type { Model } from '../../../src/onnx/model.js';
import { openReplay } from '../../../src/replay/replay.js';
import { readManifest } from '../../../src/run/manifest-file.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import type { Runtime } from '../../../src/runtime/runtime.js';
import type { TrainOptions } from '../../../src/train/options.js';
import { openRun } from '../../../src/workflows/open-run.js';
import { startTraining } from '../../../src/workflows/train.js';
import { batchNorm, conv, dense, dropout, flatten, layer, relu, type Feature } from '../../../src/zoo/network.js';
import { asFed } from '../../../src/classifier/feeds.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { feedsInFloat64, inFloat64 } from '../../helpers/gradients/float64.js';
import { network, tinyCnn } from '../../helpers/networks.js';
import { writePatterns } from '../../helpers/small-run.js';

const single = nodeRuntime({ threads: 1 });

/** The same runtime with every float32 a float64. */
const double: Runtime = {
  ...single,
  createSession: async (bytes, options) => {
    const session = await single.createSession(encodeModel(inFloat64(decodeModel(bytes, 'model'))), options);
    return { ...session, run: (feeds, fetches) => session.run(feedsInFloat64(feeds), fetches) };
  },
};

const folder = temporaryFolder();
const EXAMPLES = 48;
const data = writePatterns(join(folder, 'data'), EXAMPLES);

const mlp = (parts: { norm?: boolean; drop?: boolean } = {}) =>
  network([1, 12, 12], (net, x) => {
    let h = dense(net, 'fc1', flatten(net, 'flatten', x), 10);
    if (parts.norm) h = batchNorm(net, 'norm', h);
    h = relu(net, 'relu', h);
    if (parts.drop) h = dropout(net, 'dropout', h, 0.3);
    return dense(net, 'fc2', h, 4);
  });

/**
 * Compares the metagradient of the margin of one test example with differences, for some training examples.
 * @param step by which weights are moved
 * @returns both, by example
 */
async function compare(name: string, model: Model, options: Partial<TrainOptions>, runtime: Runtime, step: number) {
  const runDirectory = join(folder, name.replace(/\W/g, '-'));
  const modelPath = `${runDirectory}.onnx`;
  await writeModelFile(modelPath, model);
  await startTraining({
    modelPath,
    dataSpec: data,
    runDirectory,
    runtime: single,
    options: { epochs: 3, batchSize: 12, learningRate: 0.05, sampler: 'shuffled', log: false, ...options },
  });
  const manifest = await readManifest(runDirectory);
  const run = await openRun({ runDirectory, manifest, runtime: single });
  const replay = await openReplay({ ...run, runtime, manifest, memory: 2 ** 28, allowDrift: runtime === double });
  const classifier = { ...run.classifier, normalization: manifest.input.normalization };
  const outcome = await openOutcome(classifier, replay.carried, 'margin', 'cross-entropy', runtime);
  try {
    const test = run.test!;
    const x = asFed(classifier, await test.examples([3]), test.shape, test.spec);
    const query = { batches: () => [{ x, targets: [test.labels[3]!] }], scale: 1 };
    const subject: RunSubject = { replay, classifier, runtime, outcome, queries: [query], memory: 2 ** 28 };
    const { values } = await metagradient.effects(subject);
    const measured = async (weights: Float32Array) =>
      (await measureAt(outcome, await replay.retrain(weights), query)).value;
    const pairs: { ours: number; differences: number }[] = [];
    for (let example = 0; example < EXAMPLES; example += 7) {
      const moved = (by: number) => Float32Array.from({ length: EXAMPLES }, (_, i) => (i === example ? 1 + by : 1));
      const [up, down] = [moved(step), moved(-step)];
      const differences = ((await measured(up)) - (await measured(down))) / (up[example]! - down[example]!);
      pairs.push({ ours: values[example]!, differences });
    }
    return pairs;
  } finally {
    await outcome.release();
    await replay.release();
  }
}

/** ‖a − b‖∞ / ‖b‖∞ */
function error(pairs: readonly { ours: number; differences: number }[]): number {
  const most = (values: readonly number[]) => Math.max(...values.map(Math.abs));
  return (
    most(pairs.map(({ ours, differences }) => ours - differences)) / most(pairs.map(({ differences }) => differences))
  );
}

describe('in float64, to a millionth', () => {
  const runs: readonly [string, Model, Partial<TrainOptions>][] = [
    ['sgd', mlp(), { optimizer: 'sgd' }],
    ['momentum', mlp(), { optimizer: 'momentum' }],
    ['nesterov', mlp(), { optimizer: 'nesterov' }],
    ['adam', mlp(), { optimizer: 'adam', learningRate: 0.01 }],
    ['decay and clipping', mlp(), { weightDecay: 0.01, clipNorm: 0.5 }],
    ['a rate that falls', mlp(), { learningRateSteps: [1, 2], learningRateFactor: 0.3 }],
    ['dropout', mlp({ drop: true }), {}],
    ['batch norm', mlp({ norm: true }), {}],
    ['batch norm with ghosts', mlp({ norm: true }), { sampler: 'single-class', ghostSize: 4 }],
    ['batch norm by ghosts only', mlp({ norm: true }), { ghostStatistics: 'ghost-only', ghostSize: 4 }],
    ['mean squares', mlp(), { loss: 'mean-squared-error' }],
    ['binary cross entropy', mlp(), { loss: 'binary-cross-entropy' }],
  ];
  test.each(runs)('%s', async (name, model, options) => {
    // Measured: 3e-9 to 7e-8, the truncation of the differences.
    expect(error(await compare(name, model, options, double, 2 ** -12))).toBeLessThan(1e-6);
  });
});

describe('in float32, to two per cent', () => {
  const smooth = network([1, 12, 12], (net, x) => {
    const tanh = (name: string, h: Feature) => layer(net, 'Tanh', name, [h.name], h.shape);
    let h = tanh('tanh1', batchNorm(net, 'norm', conv(net, 'conv1', x, { channels: 4, kernel: 3, bias: false })));
    h = tanh('tanh2', conv(net, 'conv2', h, { channels: 4, kernel: 3, stride: 2 }));
    return dense(net, 'fc', dropout(net, 'dropout', flatten(net, 'flatten', h), 0.3), 4);
  });
  test.each([
    ['momentum, ghosts', { sampler: 'single-class', ghostSize: 4 }],
    ['adam, decay, clipping', { optimizer: 'adam', learningRate: 0.005, weightDecay: 0.01, clipNorm: 1 }],
  ] as const)('a smooth convolutional network with batch norm and dropout: %s', async (name, options) => {
    expect(error(await compare(name, smooth, options, single, 2 ** -8))).toBeLessThan(0.02);
  });

  test('ReLUs and maxima, as long as no difference crosses a kink: few steps, at a low rate', async () => {
    const options = { ghostSize: 4, epochs: 1, learningRate: 0.003 };
    expect(error(await compare('kinks', tinyCnn([1, 12, 12], 4), options, single, 2 ** -9))).toBeLessThan(0.02);
  });
});
