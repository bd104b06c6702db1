/** The model-randomisation check, small; scripts/model-randomisation.ts runs it on a trained model. */
import { expect, test } from '@jest/globals';
import { METHODS } from '../../../src/explain/attribution/methods/registry.js';
import { randomisationCheck, reinitialised } from '../../../src/explain/attribution/randomisation.js';
import { ATTRIBUTION_DEFAULTS } from '../../../src/explain/attribution/settings.js';
import { decodeTensor } from '../../../src/onnx/tensor-proto.js';
import { fixture } from '../../helpers/attribution.js';
import { runtime } from '../../helpers/run-model.js';

test('maps of every method depend on the weights, and the less the more of them are forgotten', async () => {
  const { explained, examples } = await fixture('lenet');
  const { layers, series } = await randomisationCheck({
    runtime,
    model: explained.model,
    exampleDims: explained.input.dims,
    examples,
    methods: METHODS,
    settings: { ...ATTRIBUTION_DEFAULTS, steps: 8, samples: 4, seed: 1 },
  });
  expect(layers).toEqual(['fc3.weight', 'fc2.weight', 'fc1.weight', 'conv2.weight', 'conv1.weight']);
  expect(series.map(({ method }) => method)).toEqual(METHODS.map(({ name }) => name));
  for (const { method, signed, magnitudes } of series) {
    expect(signed).toHaveLength(6);
    // The same map, ranked twice.
    expect(signed[0]).toBeCloseTo(1, 12);
    expect(magnitudes[0]).toBeCloseTo(1, 12);
    // Two maps of 784 unrelated values correlate by chance with a deviation of 0.04 if pixels were independent; neighbours
    // are not, and guided backpropagation keeps part of the picture whatever the weights are (Adebayo et al. 2018).
    expect([method, Math.abs(signed.at(-1)!) < 0.5]).toEqual([method, true]);
  }
});

test('only the named weights and their biases are drawn anew, the same ones for the same seed', async () => {
  const { explained } = await fixture('lenet');
  const weights = (model: typeof explained.model) =>
    new Map(
      model.graph!.initializer.map((stored) => [stored.name, Array.from(decodeTensor(stored).data as Float32Array)]),
    );
  const [before, after] = [weights(explained.model), weights(reinitialised(explained.model, ['fc2.weight'], 1))];
  const changed = [...before.keys()].filter((name) => before.get(name)!.join() !== after.get(name)!.join());
  expect(changed.sort()).toEqual(['fc2.bias', 'fc2.weight']);
  expect(after.get('fc2.bias')!.every((value) => value === 0)).toBe(true);
  const values = after.get('fc2.weight')!;
  const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
  // N(0, 2 / 120): 10,080 draws give the variance to about 1.4 %.
  expect(variance * 60).toBeGreaterThan(0.93);
  expect(variance * 60).toBeLessThan(1.07);
  expect(weights(reinitialised(explained.model, ['fc2.weight'], 1))).toEqual(after);
});
