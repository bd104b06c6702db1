import { describe, expect, test } from '@jest/globals';
import { GraphBuilder } from '../../src/graph/builder.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { float32, float64, int64, toNumbers } from '../../src/tensor.js';
import { LOSSES, type LossName } from '../../src/train/losses/registry.js';
import { compareWithDifferences, randomSeeds, SMALL_STEPS } from '../helpers/gradients/differences.js';
import { inFloat64 } from '../helpers/gradients/float64.js';
import { compareSecondWithDifferences, differentiableModel, gradients } from '../helpers/gradients/gradient-graphs.js';
import { randomNumbers } from '../helpers/random-tensors.js';
import { runModel } from '../helpers/run-model.js';
import { runtime } from '../helpers/training.js';

type Scores = readonly (readonly number[])[];

/** Of one row, in float64, from the definition. */
const DEFINITIONS: Readonly<Record<LossName, (scores: readonly number[], label: number) => number>> = {
  'cross-entropy': (scores, label) => {
    const highest = Math.max(...scores);
    return highest + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - highest), 0)) - scores[label]!;
  },
  'binary-cross-entropy': (scores, label) => {
    // −log σ(s) = log(1 + e^−s); 1 − σ(s) = σ(−s).
    const minusLogSigmoid = (s: number) => (s > 0 ? Math.log1p(Math.exp(-s)) : -s + Math.log1p(Math.exp(s)));
    const terms = scores.map((s, i) => minusLogSigmoid(isTarget(scores, label, i) ? s : -s));
    return terms.reduce((sum, term) => sum + term, 0) / scores.length;
  },
  'mean-squared-error': (scores, label) =>
    scores.reduce((sum, s, i) => sum + (s - Number(isTarget(scores, label, i))) ** 2, 0) / scores.length,
};

const isTarget = (scores: readonly number[], label: number, output: number) =>
  scores.length === 1 ? label === 1 : output === label;

const NAMES = Object.keys(LOSSES) as LossName[];

/** Loss and gradient of the first `examples` rows; the others are ghosts. */
async function ours(name: LossName, scores: Scores, labels: readonly number[], examples: number) {
  const g = new GraphBuilder();
  const outputs = scores[0]!.length;
  g.input('scores', 'float32', ['rows', outputs]);
  g.input('labels', 'int64', ['rows']);
  g.input('weights', 'float32', ['rows', 1]);
  const emitted = LOSSES[name].emit(g, { scores: 'scores', outputs, labels: 'labels', weights: 'weights' });
  g.output(g.rename(emitted.loss, 'loss'), 'float32', []);
  g.output(g.rename(emitted.gradient, 'gradient'), 'float32', ['rows', outputs]);
  const session = await runtime.createSession(encodeModel(g.model()));
  const weights = scores.map((_, row) => (row < examples ? 1 / examples : 0));
  const { loss, gradient } = await session.run({
    scores: float32(scores.flat(), [scores.length, outputs]),
    labels: int64(labels),
    weights: float32(weights, [weights.length, 1]),
  });
  await session.release();
  // −0 is 0.
  return { loss: toNumbers(loss!), gradient: toNumbers(gradient!).map((value) => value + 0) };
}

function meanLoss(name: LossName, scores: Scores, labels: readonly number[], examples: number): number {
  return labels.slice(0, examples).reduce((sum, label, i) => sum + DEFINITIONS[name](scores[i]!, label), 0) / examples;
}

function randomScores(rows: number, outputs: number, range = 3): { scores: number[][]; labels: number[] } {
  const next = randomNumbers(rows + 10 * outputs);
  const scores = Array.from({ length: rows }, () =>
    Array.from({ length: outputs }, () => Math.fround((2 * next() - 1) * range)),
  );
  return { scores, labels: scores.map(() => Math.floor(next() * Math.max(2, outputs))) };
}

/** The loss and its gradient in closed form, as functions of scores and weights in float64. */
async function double(name: LossName, scores: Scores, labels: readonly number[]) {
  const [rows, outputs] = [scores.length, scores[0]!.length];
  const g = new GraphBuilder();
  g.input('scores', 'float32', ['batch', outputs]);
  g.input('labels', 'int64', ['batch']);
  g.input('weights', 'float32', ['batch', 1]);
  const emitted = LOSSES[name].emit(g, { scores: 'scores', outputs, labels: 'labels', weights: 'weights' });
  g.output(g.rename(emitted.loss, 'loss'), 'float32', []);
  g.output(g.rename(emitted.gradient, 'gradient'), 'float32', ['batch', outputs]);
  const model = inFloat64(g.model());
  const feeds = {
    scores: float64(scores.flat(), [rows, outputs]),
    labels: int64(labels),
    weights: float64(
      labels.map((_, row) => (1 + row) / 10),
      [rows, 1],
    ),
  };
  return { model, differentiable: await differentiableModel(name, model, feeds) };
}

describe.each(NAMES)('%s', (name) => {
  test.each(name === 'cross-entropy' ? [2, 5] : [1, 2, 5])('of %i outputs, differentiated twice', async (outputs) => {
    const { scores, labels } = randomScores(7, outputs);
    const { model, differentiable } = await double(name, scores, labels);
    const session = await runtime.createSession(encodeModel(model));
    const seeds = await randomSeeds(session, differentiable, SMALL_STEPS);
    const by = ['scores', 'weights'];
    const found = await gradients(differentiable, seeds, by);
    for (const input of by)
      await compareWithDifferences(session, differentiable, seeds, input, found[input], SMALL_STEPS);
    await session.release();
    await compareSecondWithDifferences(differentiable, seeds, by, SMALL_STEPS);
  });

  test('the gradient in closed form is that of the loss, also for scores of 0', async () => {
    const scores = [[0, 0, 0], ...randomScores(4, 3).scores];
    const { model, differentiable } = await double(name, scores, [2, 0, 1, 2, 1]);
    const { gradient } = await runModel(model, differentiable.feeds);
    const found = await gradients(differentiable, { loss: float64([1], []) }, ['scores']);
    // A few roundings of float64.
    expect(toNumbers(found.scores!)).toBeAllClose(toNumbers(gradient!), { relative: 1e-13, absolute: 1e-15 });
  });

  test.each(name === 'cross-entropy' ? [2, 5] : [1, 2, 5])('of %i outputs and its gradient', async (outputs) => {
    const { scores, labels } = randomScores(7, outputs);
    const examples = 5;
    const { loss, gradient } = await ours(name, scores, labels, examples);
    // A handful of float32 roundings, and ONNX Runtime's exp and log, which are good to about 1e-6.
    expect(loss).toBeAllClose([meanLoss(name, scores, labels, examples)], { relative: 2e-6 });
    const step = 1e-5;
    const numeric = scores.flatMap((row, i) =>
      row.map((_, j) => {
        const at = (by: number) =>
          meanLoss(
            name,
            scores.map((other, k) => (k === i ? other.map((s, l) => (l === j ? s + by : s)) : other)),
            labels,
            examples,
          );
        return (at(step) - at(-step)) / (2 * step);
      }),
    );
    expect(gradient).toBeAllClose(numeric, { relative: 2e-6 });
    expect(gradient.slice(examples * outputs)).toEqual(new Array<number>((7 - examples) * outputs).fill(0));
  });

  test('does not see ghosts', async () => {
    const { scores, labels } = randomScores(6, 3);
    const others = scores.map((row, i) => (i < 4 ? row : row.map((score) => 50 - 9 * score)));
    const otherLabels = labels.map((label, i) => (i < 4 ? label : (label + 1) % 3));
    expect(await ours(name, others, otherLabels, 4)).toEqual(await ours(name, scores, labels, 4));
  });

  test('holds for scores of any size', async () => {
    const { scores, labels } = randomScores(8, 4, 1000);
    const { loss, gradient } = await ours(name, scores, labels, 8);
    expect(loss).toBeAllClose([meanLoss(name, scores, labels, 8)], { relative: 2e-6 });
    expect(gradient.every(Number.isFinite)).toBe(true);
  });
});
