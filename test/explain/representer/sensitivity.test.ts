/** Sensitivity maps: those of all training points sum to the gradient of the score by the input (Sec. 4.4). */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { FIT_DEFAULTS, cachedFit } from '../../../src/explain/representer/cached-fit.js';
import { scoresAt } from '../../../src/explain/representer/fit/objective.js';
import { openSensitivity, pointSeeds, scoreSeed } from '../../../src/explain/representer/sensitivity.js';
import { openLayerData } from '../../../src/explain/representer/layer-data.js';
import { randomNumbers } from '../../helpers/random-tensors.js';
import { runtime } from '../../helpers/run-model.js';

const plain = { samples: 1, noise: 0, seed: 0 };

test('the sum over all training points is the gradient by the input', async () => {
  const modelPath = fileURLToPath(new URL('../../fixtures/representer/network.onnx', import.meta.url));
  const layerData = await openLayerData({ modelPath, dataSpec: 'fashion-mnist-sample', cache: null, runtime });
  expect(existsSync(`${modelPath}.cache`)).toBe(false);
  const { network, layer, train } = layerData;
  const { body } = network!;
  const sensitivity = await openSensitivity(network!, runtime);
  try {
    const { fit, points } = await cachedFit(layerData, { ...FIT_DEFAULTS, lambda: 0.01 }, runtime);
    const example = (await train.data.examples(Int32Array.of(17))) as Uint8Array;
    const input = body.prepare(example, train.data.shape, 'example 17');
    const [target, size] = [3, input.data.length];

    const all = Array.from({ length: train.features.rows }, (_, i) => i);
    const { shape, data: parts } = await sensitivity.maps(input, pointSeeds(points, all, target), plain);
    expect(shape).toEqual([all.length, 1, 28, 28]);
    const sum = new Float64Array(size);
    parts.forEach((value, k) => (sum[k % size]! += value));

    const seed = scoreSeed(fit.weights, layer.columns, layer.outputs, target);
    const { data: whole } = await sensitivity.maps(input, seed, plain);
    const largest = whole.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeGreaterThan(0.01);
    // 5,000 float32 maps whose magnitudes add up to some hundred times their sum.
    expect(sum).toBeAllClose(whole, { absolute: 1e-4 * largest });

    // The network is linear between the kinks of its ReLUs, so that a step of 1e-3 errs by float32's rounding only.
    const next = randomNumbers(2);
    const direction = Float32Array.from({ length: size }, () => next() - 0.5);
    const scoreAt = async (step: number) => {
      const moved = Float32Array.from(input.data, (value, k) => value + step * direction[k]!);
      const { features } = await body.compute(moved, train.data.shape, 'moved');
      return (await scoresAt(features, fit.weights, layer.outputs, runtime))[target]!;
    };
    const slope = ((await scoreAt(1e-3)) - (await scoreAt(-1e-3))) / 2e-3;
    expect(whole.reduce((total, value, k) => total + value * direction[k]!, 0)).toBeCloseTo(slope, 2);
  } finally {
    await sensitivity.release();
    await layerData.release();
  }
});

test('averaging over noise: the same seed gives the same maps, no noise gives the map itself', async () => {
  const modelPath = fileURLToPath(new URL('../../fixtures/representer/network.onnx', import.meta.url));
  const layerData = await openLayerData({ modelPath, dataSpec: 'fashion-mnist-sample', cache: null, runtime });
  const sensitivity = await openSensitivity(layerData.network!, runtime);
  try {
    const { train, layer, network } = layerData;
    const example = (await train.data.examples(Int32Array.of(4))) as Uint8Array;
    const input = network!.body.prepare(example, train.data.shape, 'example 4');
    const seed = scoreSeed(layer.weights!, layer.columns, layer.outputs, 1);
    const maps = async (samples: number, noise: number, from: number) =>
      (await sensitivity.maps(input, seed, { samples, noise, seed: from })).data;
    const itself = await maps(1, 0.15, 0);
    expect(await maps(3, 0, 5)).toBeAllClose(itself, { relative: 1e-6 });
    expect(await maps(4, 1, 5)).toEqual(await maps(4, 1, 5));
    expect(await maps(4, 1, 6)).not.toEqual(await maps(4, 1, 5));
  } finally {
    await sensitivity.release();
    await layerData.release();
  }
});
