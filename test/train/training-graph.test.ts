import { describe, expect, test } from '@jest/globals';
import { makeNode, valueInfo } from '../../src/graph/builder.js';
import { traceableLayers } from '../../src/graph/layers.js';
import { graphOf, type Model } from '../../src/onnx/model.js';
import { decodeTensor, encodeTensor } from '../../src/onnx/tensor-proto.js';
import { float32 } from '../../src/tensor.js';
import { planEpoch } from '../../src/train/schedule.js';
import { TRAIN_DEFAULTS } from '../../src/train/options.js';
import { batchNorm, conv, dense, dropout, flatten, layer } from '../../src/zoo/network.js';
import { linear, network, relu, tinyCnn } from '../helpers/networks.js';
import { consecutiveSteps, memoryDataset, randomDataset, runSteps } from '../helpers/training.js';

const weightsOf = (model: Model) =>
  new Map(graphOf(model).initializer.map((stored) => [stored.name, decodeTensor(stored).data as Float32Array]));

const tracedLayers = (model: Model) =>
  traceableLayers(graphOf(model)).map(({ name, weight, bias }) => ({
    name,
    tensors: bias === undefined ? [weight] : [weight, bias],
  }));

test('how many steps go into one call changes nothing, to the bit', async () => {
  const model = tinyCnn([1, 14, 14], 4);
  const data = randomDataset(5, 150, [1, 14, 14], 4);
  const options = { ...TRAIN_DEFAULTS, sampler: 'single-class' as const, batchSize: 16, ghostSize: 4, seed: 3 };
  // Two epochs, with the short last batches that each class has.
  const first = planEpoch(options, { labels: data.labels, classes: 4 }, 0, 1);
  const steps = [...first, ...planEpoch(options, { labels: data.labels, classes: 4 }, 1, first.length + 1)];
  const request = {
    model,
    data,
    normalization: { mean: [0.5], std: [0.5] },
    rows: 16,
    ghostSize: 4,
    optimizer: 'adam',
    weightDecay: 1e-3,
    clipNorm: 0.5,
    layers: tracedLayers(model),
  } as const;
  const whole = await runSteps(request, steps);
  expect(await runSteps(request, steps, 1)).toEqual(whole);
  expect(await runSteps(request, steps, 7)).toEqual(whole);
});

test('what is logged is what happened to the weights, to the bit', async () => {
  const model = tinyCnn([1, 8, 8], 3);
  const request = { model, data: randomDataset(2, 40, [1, 8, 8], 3), rows: 8, layers: tracedLayers(model) };
  const steps = consecutiveSteps(5, 8);
  let before = weightsOf(model);
  for (let count = 1; count <= steps.length; count++) {
    const { weights, deltas } = await runSteps(request, steps.slice(0, count));
    for (const { name, tensors } of request.layers) {
      const moves = tensors.flatMap((tensor) =>
        Array.from(weights[tensor]!, (value, i) => Math.fround(value - before.get(tensor)![i]!)),
      );
      expect([...deltas[name]!.slice(-moves.length)]).toEqual(moves);
      expect(deltas[name]!.length).toBe(count * moves.length);
    }
    before = new Map(Object.entries(weights));
  }
});

describe('ghosts', () => {
  const plan = (ghosts: readonly number[]) =>
    consecutiveSteps(3, 6).map((step) => ({ ...step, ghosts: Int32Array.from(ghosts) }));

  test('do nothing where there is no batch norm', async () => {
    const model = network([6], (net, x) => dense(net, 'fc2', relu(net, 'relu', dense(net, 'fc1', x, 5)), 3));
    const data = randomDataset(4, 40, [6], 3);
    const request = { model, data, normalization: { mean: [0.5], std: [0.5] } };
    const without = await runSteps({ ...request, rows: 6 }, plan([]));
    const withGhosts = await runSteps({ ...request, rows: 10, ghostSize: 4 }, plan([20, 21, 22, 23]));
    expect(withGhosts.losses).toBeAllClose(without.losses, { relative: 1e-6 });
    for (const [name, weight] of Object.entries(without.weights)) {
      // The same sums with zeros among the terms: rounding at most.
      expect(withGhosts.weights[name]).toBeAllClose(weight, { relative: 1e-6 });
    }
  });

  test('count with their pixels, not with their labels', async () => {
    const model = tinyCnn([1, 8, 8], 3);
    const data = randomDataset(4, 40, [1, 8, 8], 3);
    const run = (labels: Int32Array, ghosts: readonly number[]) =>
      runSteps({ model, data: { ...data, labels }, rows: 10, ghostSize: 4 }, plan(ghosts));
    const original = await run(data.labels, [20, 21, 22, 23]);
    const relabelled = data.labels.map((label, i) => (i >= 20 ? (label + 1) % 3 : label));
    expect(await run(relabelled, [20, 21, 22, 23])).toEqual(original);
    expect((await run(data.labels, [30, 31, 32, 33])).losses).not.toEqual(original.losses);
  });
});

describe('gradients', () => {
  // Scores are W x with W = 0 and a loss of mean squares: the gradient is −2/(n·outputs) Σ t xᵀ, by hand.
  const x = Float32Array.of(3, 0, 4, 0);
  const zeroWeights = () => {
    const model = linear(4, 2);
    for (const stored of graphOf(model).initializer) stored.rawData = new Uint8Array(stored.rawData.length);
    return model;
  };
  const data = memoryDataset([4], x, [1], 2);
  const request = { model: zeroWeights(), data, rows: 1, loss: 'mean-squared-error' } as const;
  // Row 1 is −x, so its norm is 5.
  const gradient = [0, 0, 0, 0, -3, 0, -4, 0];
  const step = consecutiveSteps(1, 1, () => 0.5);

  test('are not touched below the limit', async () => {
    const { weights } = await runSteps({ ...request, clipNorm: 5.1 }, step);
    expect([...weights['fc.weight']!]).toEqual(gradient.map((value) => 0 - 0.5 * value));
  });

  test('are scaled down to the limit, direction kept', async () => {
    const { weights } = await runSteps({ ...request, clipNorm: 1 }, step);
    // As PyTorch has it: limit / (norm + 1e-6).
    expect(weights['fc.weight']).toBeAllClose(
      gradient.map((value) => (-0.5 * value) / (5 + 1e-6)),
      { relative: 3e-7 },
    );
  });

  test('are clipped before weight decay is added', async () => {
    const model = zeroWeights();
    const start = Float32Array.of(1, 2, 3, 4, 0, 0, 0, 0);
    graphOf(model).initializer[0]!.rawData = new Uint8Array(start.buffer);
    const { weights } = await runSteps({ ...request, model, clipNorm: 1, weightDecay: 0.1 }, step);
    // Scores are (1·3 + 3·4, 0) = (15, 0), targets (0, 1): dL/ds = (15, −1), so the rows of the gradient are 15x and −x.
    const full = [...x].map((value) => 15 * value).concat(gradient.slice(4));
    const norm = Math.hypot(...full);
    const expected = full.map((value, i) => start[i]! - 0.5 * (value / (norm + 1e-6) + 0.1 * start[i]!));
    expect(weights['fc.weight']).toBeAllClose(expected, { relative: 3e-7 });
  });
});

describe('dropout and batch norm in front of the first layer', () => {
  test('drop pixels', async () => {
    const model = network([8], (net, x) => dense(net, 'fc', dropout(net, 'dropout', x, 0.5), 3));
    const data = randomDataset(4, 8, [8], 3);
    const run = (seed: number) =>
      runSteps(
        { model, data, rows: 8 },
        consecutiveSteps(1, 8).map((step) => ({ ...step, seed })),
      );
    expect((await run(1)).losses).not.toEqual((await run(2)).losses);
    expect((await run(1)).losses).toEqual((await run(1)).losses);
  });

  test('normalise with the statistics of the batch, also where nothing before them is trained', async () => {
    const model = network([8], (net, x) => dense(net, 'fc', batchNorm(net, 'bn', x, false), 3));
    const data = randomDataset(4, 8, [8], 3);
    const { weights } = await runSteps({ model, data, rows: 8 }, consecutiveSteps(1, 8));
    const mean = Array.from({ length: 8 }, (_, c) => {
      const pixels = Array.from({ length: 8 }, (_, row) => data.all![row * 8 + c]!);
      return pixels.reduce((sum, value) => sum + value, 0) / 8;
    });
    // momentum 0.9 keeps nine tenths of a running mean of 0.
    expect(weights['bn.running_mean']).toBeAllClose(
      mean.map((value) => 0.1 * value),
      { relative: 1e-6 },
    );
  });
});

test('a model may call its values what the training graph calls its own', async () => {
  const taken = [
    'pool',
    'labels',
    'indices',
    'counts',
    'steps',
    'losses',
    'seeds',
    'rows',
    'loss',
    'carried_0',
    'delta_0',
  ];
  const build = (names: readonly string[]) =>
    network([1, 6, 6], (net, x) => {
      let h = conv(net, names[0]!, x, { channels: 3, kernel: 3 });
      names.slice(1).forEach((name) => (h = layer(net, 'Identity', name, [h.name], h.shape)));
      return dense(net, 'fc', flatten(net, 'flatten', h), 3);
    });
  const plain = build(taken.map((_, i) => `value${i}`));
  const clashing = build(taken);
  const data = randomDataset(4, 24, [1, 6, 6], 3);
  const run = (model: Model) => runSteps({ model, data, rows: 8, layers: tracedLayers(model) }, consecutiveSteps(3, 8));
  expect((await run(clashing)).losses).toEqual((await run(plain)).losses);
});

test('a batch may be as large as the data', async () => {
  const count = 150_000;
  const model = linear(1, 2);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const data = memoryDataset([1], Uint8Array.from(labels), labels, 2);
  const [step] = consecutiveSteps(1, count);
  const steps = [step!, { ...step!, step: 2 }];
  const { losses } = await runSteps({ model, data, rows: count }, steps);
  expect(losses[1]).toBeLessThan(losses[0]!);
});

test('weights that the class scores do not depend on stay as they are', async () => {
  const model = network([6], (net, x) => dense(net, 'fc', x, 3));
  const graph = graphOf(model);
  graph.initializer.push(encodeTensor('auxiliary.weight', float32(new Float32Array(12).fill(1), [2, 6])));
  graph.node.push(makeNode('Gemm', ['input', 'auxiliary.weight'], ['auxiliary'], { transB: 1 }));
  graph.output.push(valueInfo('auxiliary', 'float32', ['batch', 2]));
  const { weights } = await runSteps({ model, data: randomDataset(4, 8, [6], 3), rows: 8 }, consecutiveSteps(1, 8));
  expect(Object.keys(weights)).toEqual(['fc.weight', 'fc.bias']);
});
