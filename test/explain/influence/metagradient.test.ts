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
import { openReplay } from '../../../src/replay/recorded.js';
import { readManifest } from '../../../src/run/manifest-file.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import type { Runtime } from '../../../src/runtime/runtime.js';
import type { TrainOptions } from '../../../src/train/options.js';
import { openRun } from '../../../src/workflows/open-run.js';
import { startTraining } from '../../../src/workflows/train.js';
import {
  batchNorm,
  conv,
  dense,
  dropout,
  flatten,
  layer,
  type Feature,
  type NetworkBuilder,
} from '../../../src/zoo/network.js';
import { float32 } from '../../../src/tensor.js';
import { asFed } from '../../../src/classifier/feeds.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { feedsInFloat64, inFloat64 } from '../../helpers/gradients/float64.js';
import { network, relu, tinyCnn } from '../../helpers/networks.js';
import { randomNumbers } from '../../helpers/random-tensors.js';
import type { Tensor } from '../../../src/tensor.js';
import { writePatterns } from '../../helpers/small-run.js';

const single = nodeRuntime({ threads: 1 });

/** The same runtime with every float32 a float64. */
const double: Runtime = {
  ...single,
  createSession: async (bytes, options) => {
    const session = await single.createSession(encodeModel(inFloat64(decodeModel(bytes, 'model'))), options);
    return {
      ...session,
      run: (feeds, fetches) => session.run(feedsInFloat64(feeds as Record<string, Tensor>), fetches),
    };
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

/**
 * A convolution as a product of matrices, [channels, C·k·k] × [C·k·k, positions], which ONNX Runtime also has in float64: the
 * pixels of each position are gathered.
 */
function unfoldedConv(net: NetworkBuilder, name: string, x: Feature, channels: number, kernel: number): Feature {
  const [from, height, width] = x.shape as [number, number, number];
  const size: [number, number] = [height - kernel + 1, width - kernel + 1];
  const places: number[] = [];
  for (let c = 0; c < from; c++) {
    for (let at = 0; at < kernel ** 2; at++) {
      for (let y = 0; y < size[0]; y++) {
        for (let z = 0; z < size[1]; z++) {
          places.push((c * height + y + Math.floor(at / kernel)) * width + z + (at % kernel));
        }
      }
    }
  }
  const { g } = net;
  const fanIn = from * kernel ** 2;
  const shape = (dims: number[]) => g.ints([0, ...dims]);
  const pixels = g.op('Reshape', [x.name, shape([from * height * width])]);
  const columns = g.op('Gather', [pixels, g.ints(places)], { axis: 1 });
  const matrix = g.op('Reshape', [columns, shape([fanIn, size[0] * size[1]])]);
  const next = randomNumbers(channels);
  const drawn = Float32Array.from({ length: channels * fanIn }, () => (next() - 0.5) * Math.sqrt(24 / fanIn));
  const weight = g.initializer(`${name}.weight`, float32(drawn, [channels, fanIn]));
  const bias = g.initializer(`${name}.bias`, float32(new Float32Array(channels), [channels, 1]));
  const product = g.op('Add', [g.op('MatMul', [weight, matrix]), bias]);
  return layer(net, 'Reshape', name, [product, shape([channels, ...size])], [channels, ...size]);
}

/** 2×2 maxima as ReduceMax, for the same reason. */
function unfoldedPool(net: NetworkBuilder, name: string, x: Feature): Feature {
  const [channels, height, width] = x.shape as [number, number, number];
  const shape = [channels, height / 2, width / 2];
  const windows = net.g.op('Reshape', [x.name, net.g.ints([0, channels, height / 2, 2, width / 2, 2])]);
  return layer(net, 'ReduceMax', name, [windows, net.g.ints([3, 5])], shape, { keepdims: 0 });
}

describe('LeNet in float64, its convolutions and maxima written out, to a millionth', () => {
  const build = (normalise: boolean) =>
    network([1, 12, 12], (net, x) => {
      const activate = (name: string, h: Feature) =>
        relu(net, `relu_${name}`, normalise ? batchNorm(net, `bn_${name}`, h) : h);
      let h = unfoldedPool(net, 'pool1', activate('conv1', unfoldedConv(net, 'conv1', x, 6, 3)));
      h = unfoldedPool(net, 'pool2', activate('conv2', unfoldedConv(net, 'conv2', h, 16, 2)));
      h = activate('fc1', dense(net, 'fc1', flatten(net, 'flatten', h), 20));
      h = dropout(net, 'dropout', activate('fc2', dense(net, 'fc2', h, 12)), 0.2);
      return dense(net, 'fc3', h, 4);
    });
  test.each([
    ['momentum, shuffled', false, {}],
    ['batch norm, ghosts, one class a batch', true, { sampler: 'single-class', ghostSize: 4 }],
    ['adam, decay, clipping', false, { optimizer: 'adam', learningRate: 0.003, weightDecay: 0.01, clipNorm: 1 }], // prettier-ignore
  ] as const)('%s', async (name, normalise, options) => {
    // No ReLU and no maximum changes sides for so small a difference.
    // Adam is without batch norm: before it, the gradient of a bias is rounding, which Adam makes a step of.
    expect(error(await compare(`lenet ${name}`, build(normalise), { ...options, epochs: 3 }, double, 2 ** -18))).toBeLessThan(1e-6); // prettier-ignore
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
