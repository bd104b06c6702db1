/** Layered explanations of a small network, and the parts that they are made of. */
import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../../../src/errors.js';
import type { Classifier } from '../../../../src/classifier/classifier.js';
import { openClassifier } from '../../../../src/classifier/open.js';
import { meanPairwiseCosine } from '../../../../src/explain/attribution/mim/agreement.js';
import { influenceSum } from '../../../../src/explain/attribution/mim/influence.js';
import { KERNELS } from '../../../../src/explain/attribution/mim/kernels/registry.js';
import { layeredExplanation } from '../../../../src/explain/attribution/mim/layered.js';
import { unitLayers } from '../../../../src/explain/attribution/mim/layers.js';
import { MOST_ACTIVE } from '../../../../src/explain/attribution/mim/most-active.js';
import { probeFidelity, PROBE_FEATURES, sketchOf } from '../../../../src/explain/attribution/mim/probe.js';
import { rankLayers } from '../../../../src/explain/attribution/mim/ranking.js';
import { LAYERED_DEFAULTS } from '../../../../src/explain/attribution/mim/settings.js';
import { gini } from '../../../../src/numeric/statistics.js';
import { only, topUnits } from '../../../../src/explain/attribution/mim/top-units.js';
import { indexOfMax } from '../../../../src/numeric/vectors.js';
import { GraphBuilder } from '../../../../src/graph/builder.js';
import { BATCH } from '../../../../src/graph/values.js';
import { float32 } from '../../../../src/tensor.js';
import { fixture, NETWORKS } from '../../../helpers/attribution.js';
import { randomNumbers } from '../../../helpers/random-tensors.js';
import { runtime } from '../../../helpers/run-model.js';

/** Random inputs of a network, the same each time. */
function examplesOf({ input }: Classifier, count: number, seed: number) {
  const size = input.dims.reduce((a, b) => a * b, 1);
  const next = randomNumbers(seed);
  const all = Float32Array.from({ length: count * size }, () => 3 * next() - 1.5);
  return {
    count,
    rows: (from: number, to: number) => Promise.resolve(all.subarray(from * size, to * size)),
    one: (index: number) => all.slice(index * size, (index + 1) * size),
  };
}

/** x [batch, 2] → relu(x W) [batch, 3] → scores [batch, 2]; a branch that is constant besides. */
async function tiny(): Promise<Classifier> {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [BATCH, 2]);
  const hidden = g.op('Relu', [g.op('MatMul', [x, g.initializer('w1', float32([1, -1, 2, 1, 1, -2], [2, 3]))])]);
  const scores = g.op('MatMul', [hidden, g.initializer('w2', float32([1, 0, 0, 1, 0, 1], [3, 2]))]);
  g.output(g.rename(scores, 'scores'), 'float32', [BATCH, 2]);
  return openClassifier(g.model(), { runtime, form: { shape: [2] } });
}

describe('parts', () => {
  test('the units with the largest |φ|, at least one', () => {
    expect(Array.from(topUnits([1, -5, 3, -3], 0.5))).toEqual([1, 2]);
    expect(Array.from(topUnits([1, -5, 3], 0.001))).toEqual([1]);
    expect(Array.from(only(Float32Array.of(4, 5, 6), [2]))).toEqual([0, 0, 6]);
    expect(indexOfMax([1, 7, 7])).toBe(1);
  });

  test('spread is 0 where all units are alike, towards 1 where one has it all', () => {
    expect(gini([2, -2, 2, -2])).toBeCloseTo(0, 12);
    expect(gini([0, 0, 0, 9])).toBeCloseTo(0.75, 12);
    expect(gini([0, 0])).toBe(0);
    expect(gini([1, -2, 3])).toBeCloseTo(gini([10, 20, -30]), 12);
  });

  test('agreement is the mean cosine of all pairs', () => {
    const [a, b, c] = [Float32Array.of(1, 0), Float32Array.of(0, 2), Float32Array.of(3, 0)];
    expect(meanPairwiseCosine([a, b, c])).toBeCloseTo(1 / 3, 12);
    expect(meanPairwiseCosine([a])).toBe(0);
    expect(meanPairwiseCosine([a, Float32Array.of(0, 0)])).toBe(0);
  });

  test('a probe finds what is linear, and not what is noise', async () => {
    const next = randomNumbers(4);
    const rows = 200;
    const features = Float32Array.from({ length: rows * 5 }, () => next() - 0.5);
    const linear = Float32Array.from({ length: rows }, (_, row) => 3 * features[row * 5]! - features[row * 5 + 3]! + 7);
    const noise = Float32Array.from({ length: rows }, () => next());
    const fidelity = (outputs: Float32Array) => probeFidelity(runtime, Float32Array.from(features), outputs, rows);
    // The penalty of 1e-3 keeps it just below 1.
    expect(await fidelity(linear)).toBeGreaterThan(0.999);
    expect(await fidelity(noise)).toBeLessThan(0.2);
  });

  test('wide layers are hashed, their inner products nearly kept', () => {
    const units = 4 * PROBE_FEATURES;
    const next = randomNumbers(5);
    const sketch = sketchOf(units, 1);
    const [a, b] = [0, 1].map(() => Float32Array.from({ length: units }, () => next()));
    const [fa, fb] = [a!, b!].map((values) => {
      const target = new Float32Array(PROBE_FEATURES);
      sketch(values, 0, target, 0);
      return target;
    });
    const dot = (u: Float32Array, v: Float32Array) => u.reduce((sum, value, i) => sum + value * v[i]!, 0);
    const exact = dot(a!, b!);
    // Its standard deviation is about √2/√4096 = 2.2 % of ‖a‖‖b‖, which is 4/3 of the product here.
    expect(Math.abs(dot(fa!, fb!) - exact)).toBeLessThan(0.1 * exact);
  });

  test('the best layer is one in the middle', () => {
    const layer = (name: string) => ({ name, op: 'Relu', value: name, units: 1 });
    const scores = [
      { layer: layer('a'), fidelity: 0.9, spread: 0.9 },
      { layer: layer('b'), fidelity: 0.5, spread: 0.6 },
      { layer: layer('c'), fidelity: 0.7, spread: 0.7 },
      { layer: layer('d'), fidelity: 0.8, spread: 0.2 },
      { layer: layer('scores'), fidelity: 1, spread: 0.95 },
    ];
    const { best, layers, reason } = rankLayers(scores);
    expect(best.layer.name).toBe('c');
    expect(layers.map(({ depth }) => depth)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(layers.map(({ fidelityRank, spreadRank }) => [fidelityRank, spreadRank])).toEqual([
      [2, 2],
      [5, 4],
      [4, 3],
      [3, 5],
      [1, 1],
    ]);
    expect(reason).toMatch(/^c has the best places of the 3 layers in the middle of the network/);
    expect(rankLayers(scores.slice(0, 1)).best.layer.name).toBe('a');
  });
});

describe('a tiny network', () => {
  test('φ of a layer is that of its activations and predicted labels, whichever way they are streamed', async () => {
    const explained = await tiny();
    const data = examplesOf(explained, 150, 7);
    const x = data.one(3);
    const activate = (row: Float32Array) =>
      [1, -1, 2].map((w, j) => Math.max(0, row[0]! * w + row[1]! * [1, 1, -2][j]!));
    const label = (units: readonly number[]) => (units[0]! >= units[1]! + units[2]! ? 0 : 1);
    const predicted = label(activate(x));
    for (const target of [predicted, 1 - predicted]) {
      const explanation = await layeredExplanation({
        runtime,
        explained,
        data,
        settings: { ...LAYERED_DEFAULTS, layers: ['Relu_1'], kernel: 'inverse' },
        examples: [{ x, target, index: 0 }],
      });
      const [layer] = explanation.examples[0]!.layers;
      const points = Array.from({ length: data.count }, (_, i) => activate(data.one(i)));
      const sum = influenceSum(Float32Array.from(activate(x)), KERNELS.inverse);
      sum.add(
        Float32Array.from(points.flat()),
        points.map((units) => label(units) === predicted),
      );
      const side = target === predicted ? 1 : -1;
      expect(layer!.phi).toBeAllClose(
        Array.from(sum.phi, (value) => side * value),
        { relative: 1e-6 },
      );
      const active = explanation.mostActive.get(layer!.layer)!;
      for (const unit of [0, 1, 2]) {
        const order = points.map((_, i) => i).sort((a, b) => points[b]![unit]! - points[a]![unit]! || a - b);
        expect(active.of(unit).map(({ position }) => position)).toEqual(order.slice(0, MOST_ACTIVE));
        expect(active.of(unit)[0]!.activation).toBeCloseTo(points[order[0]!]![unit]!, 5);
      }
    }
  });

  test('reconstructions go the way of DeconvNet: through Wᵀ, the signal cut at zero', async () => {
    const explained = await tiny();
    const data = examplesOf(explained, 60, 8);
    const x = Float32Array.of(1, 0.5);
    const { examples } = await layeredExplanation({
      runtime,
      explained,
      data,
      settings: { ...LAYERED_DEFAULTS, layers: ['Relu_1'], shares: [1] },
      examples: [{ x, target: 0, index: 0 }],
    });
    const [layer] = examples[0]!.layers;
    // Activations are [1.5, 0, 1]: Max is unit 0, whose weights are (1, 1); all units besides send 1 · (2, −2) back.
    expect(Array.from(layer!.max)).toEqual([1.5, 1.5]);
    expect(Array.from(layer!.shares[0]!.all)).toEqual([1.5 + 2, 1.5 - 2]);
    const { positive, negative, all } = layer!.shares[0]!;
    expect(Array.from(positive, (value, i) => value + negative[i]!)).toBeAllClose(all, { relative: 1e-6 });
  });

  test.each([
    [{ layers: ['nothing'] }, 0, /layer "nothing" does not exist here; the nearest are/],
    [{}, 0, /the model sees all of the data as class 0: MIM compares it with the rest/],
    [{}, 1, /the model sees none of the data as class 1/],
  ])('%j, target %i is refused', async (settings, target, message) => {
    const explained = await tiny();
    const x = Float32Array.of(2, 2);
    const data = { count: 5, rows: (from: number, to: number) => Promise.resolve(onlyClass0(to - from)) };
    const run = layeredExplanation({
      runtime,
      explained,
      data,
      settings: { ...LAYERED_DEFAULTS, ...settings },
      examples: [{ x, target, index: 0 }],
    });
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toThrow(InputError);
  });

  test('a constant layer is refused when it is asked for', async () => {
    const g = new GraphBuilder();
    const x = g.input('x', 'float32', [BATCH, 2]);
    const nothing = g.op('Mul', [x, g.scalar(0)]);
    g.output(g.rename(g.op('Add', [x, nothing]), 'scores'), 'float32', [BATCH, 2]);
    const explained = await openClassifier(g.model(), { runtime, form: { shape: [2] } });
    const data = examplesOf(explained, 20, 9);
    const run = layeredExplanation({
      runtime,
      explained,
      data,
      settings: { ...LAYERED_DEFAULTS, layers: ['Mul_1'] },
      examples: [{ x: data.one(0), target: 0, index: 0 }],
    });
    await expect(run).rejects.toThrow('layer "Mul_1" is constant over the data; choose another layer');
  });
});

/** Inputs whose first unit wins. */
function onlyClass0(rows: number): Float32Array {
  return Float32Array.from({ length: 2 * rows }, (_, i) => 2 + (i % 5) / 10);
}

test.each(NETWORKS)('every layer of %s can be explained', async (name) => {
  const { explained, examples } = await fixture(name);
  const layers = unitLayers(explained);
  expect(layers.at(-1)!.value).toBe(explained.scores);
  const ops = new Set(layers.map(({ op }) => op));
  expect(ops).toContain('Relu');
  expect(ops).toContain(name === 'resnet18' ? 'ReduceMean' : 'MaxPool');
  // From the input over the darkest to its negative: on the way the decision of a random network changes.
  const { x } = examples[0]!;
  const count = 24;
  const rows = (from: number, to: number) => {
    const data = new Float32Array((to - from) * x.length);
    for (let row = from; row < to; row++) {
      const tone = 1 - (4 * row) / count;
      data.set(
        x.map((value, i) => tone * value + ((i * 7 + row) % 5) / 4),
        (row - from) * x.length,
      );
    }
    return Promise.resolve(data);
  };
  const { ranking, examples: explanations } = await layeredExplanation({
    runtime,
    explained,
    data: { count, rows },
    settings: LAYERED_DEFAULTS,
    examples: [examples[0]!],
  });
  // The scores are linear in themselves.
  expect(ranking.layers.at(-1)!.fidelity).toBeGreaterThan(0.99);
  expect(explanations[0]!.layers.map(({ layer }) => layer)).toEqual(layers.slice(0, -1));
  for (const { max, phi, layer } of explanations[0]!.layers) {
    expect(max.some((value) => value !== 0)).toBe(true);
    expect(phi.length).toBe(layer.units);
  }
});
