/** The gradient family against captum (scripts/fixtures/attribution/), and what must hold of it on its own. */
import { describe, expect, test } from '@jest/globals';
import { deconvNet } from '../../../../src/explain/attribution/methods/deconvnet.js';
import { gradCam } from '../../../../src/explain/attribution/methods/grad-cam.js';
import { gradient } from '../../../../src/explain/attribution/methods/gradient.js';
import { guidedBackprop } from '../../../../src/explain/attribution/methods/guided-backprop.js';
import { inputXGradient } from '../../../../src/explain/attribution/methods/input-x-gradient.js';
import { integratedGradients } from '../../../../src/explain/attribution/methods/integrated-gradients.js';
import { smoothGrad } from '../../../../src/explain/attribution/methods/smooth-grad.js';
import { InputError } from '../../../../src/errors.js';
import {
  attributionsOf,
  fixture,
  NETWORKS,
  references,
  relativeError,
  stacked,
  worstError,
} from '../../../helpers/attribution.js';

// captum in float32 is itself up to 3e-7 from captum in float64, which the references are; ours is as near. The bound
// leaves room for other orders of summation, and is far below the 1e-4 that is promised.
const TOLERANCE = 5e-6;

const methods = [gradient, inputXGradient, integratedGradients, guidedBackprop, deconvNet, gradCam];
const settings = { seed: 3, samples: 6 };
/** The quadrature as captum has it. */
const plain = { tolerance: Infinity };

describe.each(NETWORKS)('%s', (name) => {
  test.each(methods)('$name equals captum', async (method) => {
    const { explained, examples, arrays, lastConv } = await fixture(name);
    const given = method === gradCam ? { layer: lastConv } : plain;
    const found = await attributionsOf(method, explained, examples, given);
    expect(worstError(found, arrays[method.name]!.data)).toBeLessThan(TOLERANCE);
    const scores = arrays.scores!.data;
    const classes = scores.length / examples.length;
    const targets = examples.map(({ target }, i) => scores[i * classes + target]!);
    expect(found.map(({ output }) => output)).toBeAllClose(targets, { relative: 1e-6 });
  });

  test('Grad-CAM without its ReLU equals captum, and keeps what opposes', async () => {
    const { explained, examples, arrays, lastConv } = await fixture(name);
    const cut = await attributionsOf(gradCam, explained, examples, { layer: lastConv });
    const whole = await attributionsOf(gradCam, explained, examples, { layer: lastConv, relu: false });
    expect(worstError(whole, arrays['grad-cam without relu']!.data)).toBeLessThan(TOLERANCE);
    expect(stacked(cut).every((value) => value >= 0)).toBe(true);
    expect(stacked(whole).some((value) => value < 0)).toBe(true);
  });

  test('integrated gradients miss what captum’s miss, and less with more steps', async () => {
    const { explained, examples } = await fixture(name);
    const missing = async (steps: number) => {
      const found = await attributionsOf(integratedGradients, explained, examples, { ...plain, steps });
      return found.map(({ map, expected }) => map.reduce((sum, value) => sum + value, 0) - expected!);
    };
    // Sums of thousands of float32 numbers, about 1 in size.
    expect(await missing(50)).toBeAllClose(references.networks[name]!.convergenceDelta, { absolute: 1e-5 });
    const size = (deltas: readonly number[]) => Math.hypot(...deltas);
    expect(size(await missing(400))).toBeLessThan(size(await missing(10)));
  });

  test('integrated gradients, refined from 50 steps, sum to the difference within 1e-3, and are nearer to the limit', async () => {
    const { explained, examples } = await fixture(name);
    const mapsWith = (given: object) => attributionsOf(integratedGradients, explained, examples, given);
    const refined = await mapsWith({ steps: 50 });
    for (const { map, expected, steps } of refined) {
      const missed = Math.abs(map.reduce((sum, value) => sum + value, 0) - expected!);
      // The map itself is rounded to float32.
      expect(missed).toBeLessThan(1e-3 * Math.min(1, Math.abs(expected!)) + 1e-5);
      expect(steps).toBeGreaterThanOrEqual(50);
    }
    const limit = stacked(await mapsWith({ ...plain, steps: 400 }));
    const coarse = stacked(await mapsWith({ ...plain, steps: 50 }));
    expect(relativeError(stacked(refined), limit)).toBeLessThan(relativeError(coarse, limit));
  });

  test('one input explained alone is explained the same', async () => {
    const { explained, examples } = await fixture(name);
    const together = await attributionsOf(gradient, explained, examples);
    const alone = await attributionsOf(gradient, explained, examples.slice(1));
    // ONNX Runtime may block its products differently for another batch size.
    expect(relativeError(alone[0]!.map, together[1]!.map)).toBeLessThan(1e-6);
  });

  test('SmoothGrad without noise is the gradient; with noise it is reproducible', async () => {
    const { explained, examples } = await fixture(name);
    const plain = await attributionsOf(gradient, explained, examples);
    const still = await attributionsOf(smoothGrad, explained, examples, { ...settings, noise: 0 });
    expect(relativeError(stacked(still), stacked(plain))).toBeLessThan(1e-6);
    const noisy = await attributionsOf(smoothGrad, explained, examples, settings);
    expect(stacked(await attributionsOf(smoothGrad, explained, examples, settings))).toEqual(stacked(noisy));
    expect(relativeError(stacked(noisy), stacked(plain))).toBeGreaterThan(0.01);
    const other = await attributionsOf(smoothGrad, explained, examples, { ...settings, seed: 4 });
    expect(relativeError(stacked(other), stacked(noisy))).toBeGreaterThan(0.01);
  });
});

test('Grad-CAM without a layer takes the activation of the last convolution', async () => {
  const { explained, examples } = await fixture('resnet18');
  const [first] = await attributionsOf(gradCam, explained, examples);
  const node = explained.model.graph!.node.find((candidate) => candidate.name === first!.layer);
  expect(node?.opType).toBe('Relu');
  expect(explained.values.of(node!.output[0]!).dims).toEqual(['batch', 64, 2, 2]);
});

describe('what does not fit is refused in one line', () => {
  test.each([
    [gradCam, { layer: 'conv9' }, /layer "conv9" does not exist here; the nearest are /],
    [gradCam, { layer: 'fc1.weight' }, /needs channels over the input's space; choose a convolution, such as /],
    [integratedGradients, { steps: 0 }, /`steps` 0: expected a whole number from 1/],
    [integratedGradients, { tolerance: 0 }, /`tolerance` 0: expected a number above 0, or off/],
    [smoothGrad, { samples: 1.5 }, /`samples` 1\.5/],
    [smoothGrad, { noise: -1 }, /`noise` -1/],
  ] as const)('%#', async (method, given, message) => {
    const { explained, examples } = await fixture('lenet');
    const run = attributionsOf(method, explained, examples, given);
    await expect(run).rejects.toThrow(InputError);
    await expect(attributionsOf(method, explained, examples, given)).rejects.toThrow(message);
  });
});
