import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { judgeFit, type FitEvidence } from '../../../src/explain/trends/fit.js';
import { seededRandom } from '../../../src/numeric/random.js';

const GUESS = { loss: Math.log(10), accuracy: 0.12 };

/** A loss as a function of how much of the training is over, 0 to 1. */
type Shape = (time: number) => number;

/** From guessing down to a floor, fast at first. */
const falling =
  (floor: number, speed: number): Shape =>
  (time) =>
    floor + (GUESS.loss - floor) * Math.exp(-speed * time);

/** What is added from a time on, in a straight line, until the end. */
const rising =
  (from: number, by: number): Shape =>
  (time) =>
    Math.max(0, (time - from) / (1 - from)) * by;

const sum =
  (...shapes: Shape[]): Shape =>
  (time) =>
    shapes.reduce((total, shape) => total + shape(time), 0);

/** A bump: how both losses leap at once, or the test loss between two descents. */
const bump =
  (middle: number, width: number, height: number): Shape =>
  (time) =>
    height * Math.exp(-(((time - middle) / width) ** 2));

/** What a run with such losses shows, with noise in the test loss. */
function run(test: Shape, train: Shape, { count = 600, noise = 0.01, seed = 1, accuracy = 0.9 } = {}): FitEvidence {
  const random = seededRandom(seed, 21);
  const times = Array.from({ length: count }, (_, i) => i / Math.max(1, count - 1));
  return {
    steps: times.map((_, i) => 10 * i),
    train: { loss: times.map((time) => train(time) * (1 + noise * random.normal())) },
    test: {
      loss: times.map((time) => test(time) * (1 + noise * random.normal())),
      accuracy: times.map((time) => 0.1 + (accuracy - 0.1) * (1 - Math.exp(-8 * time))),
    },
    guess: GUESS,
  };
}

const learning = falling(0.01, 10);

/** Clear cases of each label. */
const CASES: [ReturnType<typeof judgeFit>['label'], string, Shape, Shape, number?][] = [
  ['good fit', 'settles', falling(0.25, 12), learning],
  ['good fit', 'rises by 4 % of its least', sum(falling(0.25, 12), rising(0.6, 0.01)), learning],
  ['good fit', 'settles near 0, where 30 % are nothing', sum(falling(0.01, 20), rising(0.5, 0.003)), learning],
  ['still learning', 'falls to the end', falling(0.25, 2), falling(0.2, 2)],
  [
    'still learning',
    'rises with the training loss',
    sum(falling(0.3, 12), rising(0.8, 0.5)),
    sum(learning, rising(0.8, 0.5)),
  ],
  ['overfit', 'rises by 30 %', sum(falling(0.25, 12), rising(0.4, 0.08)), learning],
  ['overfit', 'rises by 70 %, but undoes little', sum(falling(0.1, 12), rising(0.4, 0.07)), learning],
  ['strong overfit', 'doubles', sum(falling(0.9, 12), rising(0.2, 1)), learning],
  ['strong overfit', 'ends worse than guessing', sum(falling(0.9, 12), rising(0.2, 3)), learning],
  ['double descent', 'rises and falls below', sum(falling(0.8, 8), bump(0.5, 0.12, 0.6)), learning],
  [
    'double descent',
    'rises and falls nearly as deep',
    sum(falling(0.8, 12), bump(0.5, 0.12, 0.6), rising(0.4, 0.05)),
    learning,
  ],
  [
    'good fit',
    'leaps together with the training loss',
    sum(falling(0.3, 12), bump(0.5, 0.05, 1)),
    sum(learning, bump(0.5, 0.05, 1)),
  ],
  [
    'overfit',
    'leaps with the training loss, and rises later',
    sum(falling(0.3, 12), bump(0.4, 0.05, 1), rising(0.6, 0.1)),
    sum(learning, bump(0.4, 0.05, 1)),
  ],
  ['not learned', 'stays at chance', () => GUESS.loss, () => GUESS.loss, 0.1],
  ['not learned', 'gets worse than chance', sum(() => GUESS.loss, rising(0, 2)), learning, 0.1],
  ['good fit', 'stays above chance, but ranks classes well', () => 2.4, () => 2.4],
];

describe('curves of each kind', () => {
  test.each(CASES)('%s: test loss %s', (...[label, , testLoss, trainLoss, accuracy]) => {
    // Noise of the weights, from none to 3 % of the loss; many steps and few.
    for (const noise of [0, 0.003, 0.03])
      for (const count of [60, 200, 600])
        for (const seed of [1, 2])
          expect({
            noise,
            count,
            seed,
            label: judgeFit(run(testLoss, trainLoss, { count, noise, seed, accuracy })).label,
          }).toEqual({ noise, count, seed, label });
  });

  test('a network that lost what it had learnt has not learned', () => {
    const back: Shape = sum(falling(0.3, 20), rising(0.6, 2.2));
    const evidence = run(back, back);
    const accuracy = evidence.test.accuracy.map((value, i) => (i > 400 ? 0.1 : value));
    expect(judgeFit({ ...evidence, test: { ...evidence.test, accuracy } }).label).toBe('not learned');
  });
});

describe('why', () => {
  test('the numbers stand in the sentence', () => {
    const evidence = run(sum(falling(0.25, 40), rising(0.5, 0.1)), falling(0.01, 40), { noise: 0 });
    expect(judgeFit(evidence).because).toBe(
      'Smoothed test loss was least, 0.25, at step 2,840, and rose by 0.095 (38 %) by the end, while training loss went from 0.01 to 0.01.',
    );
  });

  test('a handful of steps is judged, and said to be one', () => {
    const few = judgeFit(run(falling(0.25, 12), learning, { count: 4, noise: 0 }));
    expect(few).toEqual({ label: 'good fit', because: expect.stringContaining('Only 4 steps were measured.') });
    const one = judgeFit({
      steps: [0],
      train: { loss: [2.3] },
      test: { loss: [2.3], accuracy: [0.1] },
      guess: GUESS,
    });
    expect(one.label).toBe('not learned');
    expect(one.because).toContain(
      'Smoothed test accuracy was 10 % at best and test loss 2.3 at least: guessing reaches 12 % and 2.3.',
    );
  });

  test('without a loss of guessing, the first one stands for it', () => {
    const evidence = run(falling(0.02, 12), learning);
    expect(judgeFit({ ...evidence, guess: { loss: undefined, accuracy: 0.12 } }).label).toBe('good fit');
    const chance = run(falling(1.9, 12), learning, { accuracy: 0.1 });
    expect(judgeFit({ ...chance, guess: { loss: undefined, accuracy: 0.12 } }).label).toBe('not learned');
  });
});

const OVERFITTING = ['overfit', 'strong overfit', 'double descent'];

describe('whatever the curve', () => {
  const losses = fc.array(fc.double({ min: 0.001, max: 5, noNaN: true }), { minLength: 1, maxLength: 80 });
  const evidence = (test: number[], train: number[] = test): FitEvidence => ({
    steps: test.map((_, i) => i),
    train: { loss: train },
    test: { loss: test, accuracy: test.map(() => 0.5) },
    guess: GUESS,
  });

  test('a test loss that never rises is never overfit', () => {
    fc.assert(
      fc.property(losses, (values) => {
        const falls = values.sort((a, b) => b - a);
        expect(OVERFITTING).not.toContain(judgeFit(evidence(falls)).label);
        expect(OVERFITTING).not.toContain(
          judgeFit(
            evidence(
              falls,
              falls.map(() => 0.01),
            ),
          ).label,
        );
      }),
    );
  });

  test('nor is one that only does what the training loss does', () => {
    fc.assert(fc.property(losses, (values) => expect(OVERFITTING).not.toContain(judgeFit(evidence(values)).label)));
  });

  test('nor is noise around a level', () => {
    const labels = Array.from(
      { length: 200 },
      (_, seed) => judgeFit(run(falling(0.3, 30), learning, { noise: 0.2, seed })).label,
    );
    expect(labels.filter((label) => OVERFITTING.includes(label))).toEqual([]);
    // Four standard errors are 2.8 of a difference: one in 400 falls by chance.
    expect(labels.filter((label) => label !== 'good fit').length).toBeLessThanOrEqual(3);
  });

  test('how steps are numbered does not matter to the label', () => {
    fc.assert(
      fc.property(losses, fc.integer({ min: 1, max: 1000 }), (values, every) => {
        const one = evidence(
          values,
          values.map(() => 0.1),
        );
        expect(judgeFit({ ...one, steps: one.steps.map((step) => step * every) }).label).toBe(judgeFit(one).label);
      }),
    );
  });
});
