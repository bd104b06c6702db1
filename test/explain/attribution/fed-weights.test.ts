import { expect, jest, test } from '@jest/globals';
import { openClassifier } from '../../../src/classifier/open.js';
import type { Example } from '../../../src/explain/attribution/method.js';
import { METHODS } from '../../../src/explain/attribution/methods/registry.js';
import type { FedWeights } from '../../../src/explain/attribution/pass-context.js';
import { ATTRIBUTION_DEFAULTS } from '../../../src/explain/attribution/settings.js';
import { seededRandom } from '../../../src/numeric/random.js';
import { graphOf, type Model } from '../../../src/onnx/model.js';
import { decodeTensor } from '../../../src/onnx/tensor-proto.js';
import { withWeights } from '../../../src/onnx/with-weights.js';
import type { Tensor } from '../../../src/tensor.js';
import { create } from '../../../src/zoo/create.js';
import { runtime } from '../../helpers/run-model.js';

jest.setTimeout(60_000);

const shape = [1, 12, 12];

/** Weights near the model's own, and running variances that stay above 0. */
function moved(model: Model, seed: number): Record<string, Tensor> {
  const random = seededRandom(seed);
  return Object.fromEntries(
    graphOf(model).initializer.flatMap((stored) => {
      const tensor = decodeTensor(stored);
      if (tensor.type !== 'float32') return [];
      const data = Float32Array.from(
        tensor.data as Float32Array,
        (value) => value * (1 + 0.3 * random.uniform()) + 0.01,
      );
      return [[stored.name, { ...tensor, data }] as const];
    }),
  );
}

const settings = { ...ATTRIBUTION_DEFAULTS, steps: 4, tolerance: Infinity, samples: 3, composite: 'trends' };

// A graph whose weights are fed is not folded when it is loaded: sums are rounded in another order.
const ROUNDING = 1e-4;

test.each(
  METHODS.flatMap((method) => ['simple-cnn', 'simple-cnn-bn'].map((name) => [method.name, name, method] as const)),
)(
  '%s of %s: weights that are fed give the maps of a model that holds them, in one session',
  async (_, name, method) => {
    const model = create(name, { inputShape: shape });
    const explained = await openClassifier(model, { runtime, form: { shape }, keepWeights: true });
    const random = seededRandom(8);
    const examples = [0, 1, 2].map((index): Example => ({
      x: Float32Array.from({ length: 144 }, () => random.uniform() * 2 - 1),
      target: index,
      index,
    }));
    let now = moved(explained.model, 0);
    const weights: FedWeights = { names: Object.keys(now), current: () => now };
    const open = await method.open({ runtime, explained, settings, weights });
    try {
      for (const seed of [1, 2]) {
        now = moved(explained.model, seed);
        const fed = await open.attribute(examples);
        const holding = { ...explained, model: withWeights(explained.model, now) };
        const other = await method.open({ runtime, explained: holding, settings });
        const stored = await other.attribute(examples);
        await other.release();
        stored.forEach(({ map, output }, i) => {
          const scale = Math.max(...map.map(Math.abs));
          expect(scale).toBeGreaterThan(0);
          const apart = map.map((value, k) => Math.abs(value - fed[i]!.map[k]!));
          expect(Math.max(...apart)).toBeLessThan(ROUNDING * scale);
          expect(Math.abs(fed[i]!.output - output)).toBeLessThan(ROUNDING * Math.abs(output));
        });
      }
    } finally {
      await open.release();
    }
  },
);
