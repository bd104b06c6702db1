/**
 * A step of training (forward pass, loss, gradients, optimizer) differentiated as a whole, against central differences in
 * float64.
 */
import { describe, expect, test } from '@jest/globals';
import { prepareModel } from '../../src/graph/prepare.js';
import type { Model } from '../../src/onnx/model.js';
import { float64, toNumbers } from '../../src/tensor.js';
import { LOSSES, type LossName } from '../../src/train/losses/registry.js';
import { OPTIMIZERS, type OptimizerName } from '../../src/train/optimizers/registry.js';
import { dense, dropout } from '../../src/zoo/network.js';
import { network, RECURRENT, recurrentClassifier, relu } from '../helpers/networks.js';
import { checkStep } from '../helpers/gradients/step.js';
import { runtime } from '../helpers/training.js';

const CLASSES = 3;

function perceptron(outputs = CLASSES): Model {
  return network([4], (net, x) => dense(net, 'fc2', relu(net, 'relu', dense(net, 'fc1', x, 5)), outputs));
}

const small = { model: perceptron(), shape: [4], classes: CLASSES };

test.each(Object.keys(LOSSES) as LossName[])('with %s', async (loss) => {
  await checkStep({ ...small, loss });
});

test('with binary cross entropy of a single output', async () => {
  await checkStep({ model: perceptron(1), shape: [4], classes: 2, loss: 'binary-cross-entropy' });
});

describe.each(Object.keys(OPTIMIZERS) as OptimizerName[])('by %s', (optimizer) => {
  test('plainly', async () => {
    await checkStep({ ...small, optimizer });
  });

  test.each([
    ['gradients are clipped', 0.01],
    ['gradients are within the limit', 100],
  ])('with weight decay, where %s', async (_, clipNorm) => {
    await checkStep({ ...small, optimizer, clipNorm, weightDecay: 0.05 });
  });
});

test('with dropout, which is the same at every call', async () => {
  const model = network([4], (net, x) =>
    dense(net, 'fc2', dropout(net, 'dropout', relu(net, 'relu', dense(net, 'fc1', x, 8)), 0.5), CLASSES),
  );
  await checkStep({ ...small, model });
});

test.each(['RNN', 'LSTM', 'GRU'] as const)('of a model with a rolled-up %s', async (op) => {
  const { steps, width, classes } = RECURRENT;
  const model = await prepareModel(recurrentClassifier(op), runtime);
  await checkStep({ model, shape: [steps, width], classes, rows: 3, rollsUp: true, optimizer: 'momentum' });
});

describe('where nothing flows', () => {
  /** The first of five hidden units is dead: its bias is far below all that it is given. */
  const dead = { 'fc1.bias': float64([-100, 0, 0, 0, 0]) };
  const zerosOf = (dims: readonly number[]) => float64(new Float64Array(dims.reduce((n, size) => n * size, 1)), dims);
  const stateOf = (slot: string) => ({
    [`step/${slot}:fc1.weight`]: zerosOf([5, 4]),
    [`step/${slot}:fc1.bias`]: zerosOf([5]),
    [`step/${slot}:fc2.weight`]: zerosOf([CLASSES, 5]),
    [`step/${slot}:fc2.bias`]: zerosOf([CLASSES]),
  });

  test('Adam: a gradient and a second moment of 0 leave no influence, and no NaN', async () => {
    const fed = { ...dead, ...stateOf('mean'), ...stateOf('square') };
    // The root of the second moment has an infinite slope there, which differences cannot tell.
    const roots = Object.keys(stateOf('square'));
    const { found, seedOf } = await checkStep({ ...small, optimizer: 'adam', fed }, { except: roots });
    for (const tensor of Object.values(found)) expect(toNumbers(tensor!).every(Number.isFinite)).toBe(true);
    // What v was before matters to v after it, by β₂, and to nothing else.
    const name = 'step/square:fc1.weight';
    const handedOn = toNumbers(seedOf(name)).map((seed) => Math.fround(0.999) * seed);
    expect(toNumbers(found[name]!).slice(0, 4)).toBeAllClose(handedOn.slice(0, 4), { relative: 1e-12 });
  });

  test('clipping: gradients of norm 0 are not clipped', async () => {
    const none = float64(new Float64Array(6), [6, 1]);
    const { found } = await checkStep({ ...small, clipNorm: 0.5, fed: { weights: none } });
    for (const tensor of Object.values(found)) expect(toNumbers(tensor!).every(Number.isFinite)).toBe(true);
  });
});
