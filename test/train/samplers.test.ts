import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../src/numeric/random.js';
import { SAMPLERS, type SamplerName } from '../../src/train/samplers/registry.js';
import type { Batch, SamplingTask } from '../../src/train/samplers/sampler.js';
import { inputErrorOf } from '../helpers/data-files.js';

const NAMES = Object.keys(SAMPLERS) as SamplerName[];

/** Labels in no order, some classes perhaps without an example; batches with room for ghosts, which the labels allow. */
const tasks = fc
  .record({
    counts: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 6 }),
    batchSize: fc.integer({ min: 1, max: 20 }),
    ghosts: fc.double({ min: 0, max: 1, noNaN: true }),
    order: fc.integer(),
  })
  .filter(({ counts }) => counts.some((count) => count > 0))
  .map(({ counts, batchSize, ghosts, order }): SamplingTask => {
    const sorted = counts.flatMap((count, label) => new Array<number>(count).fill(label));
    const labels = seededRandom(order).shuffle(Int32Array.from(sorted));
    const ghostSize = Math.floor(ghosts * Math.min(batchSize - 1, labels.length));
    return { labels, classes: counts.length, batchSize, ghostSize };
  });

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

const plan = (name: SamplerName, task: SamplingTask, seed: number): Batch[] =>
  SAMPLERS[name].planEpoch(task, seededRandom(seed));

const countsOf = (labels: Iterable<number>, classes: number): number[] => {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  return counts;
};

describe.each(NAMES)('%s', (name) => {
  test('puts every example into exactly one batch', () => {
    fc.assert(
      fc.property(tasks, seeds, (task, seed) => {
        const all = plan(name, task, seed).flatMap(({ examples }) => [...examples]);
        expect(all.sort((a, b) => a - b)).toEqual([...task.labels.keys()]);
      }),
    );
  });

  test('fills batches, but for as many short ones as cannot be avoided', () => {
    fc.assert(
      fc.property(tasks, seeds, (task, seed) => {
        const size = name === 'single-instance' ? 1 : task.batchSize - task.ghostSize;
        const batches = plan(name, task, seed);
        const sizes = batches.map(({ examples }) => examples.length);
        expect(Math.min(...sizes)).toBeGreaterThan(0);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(size);
        const pools = name === 'single-class' ? countsOf(task.labels, task.classes) : [task.labels.length];
        expect(batches).toHaveLength(pools.reduce((sum, count) => sum + Math.ceil(count / size), 0));
      }),
    );
  });

  test('names the class of a batch, where it has one', () => {
    fc.assert(
      fc.property(tasks, seeds, (task, seed) => {
        const wrong = plan(name, task, seed).filter(({ examples, label }) =>
          name === 'shuffled' ? label !== -1 : examples.some((index) => task.labels[index] !== label),
        );
        expect(wrong).toEqual([]);
      }),
    );
  });

  test('draws ghosts by class prior with largest remainder, none twice in a batch', () => {
    fc.assert(
      fc.property(tasks, seeds, (task, seed) => {
        const { labels, classes, ghostSize } = task;
        const quotas = countsOf(labels, classes).map((count) => (ghostSize * count) / labels.length);
        const missing = ghostSize - quotas.reduce((sum, quota) => sum + Math.floor(quota), 0);
        const remainders = quotas.map((quota) => quota - Math.floor(quota));
        // The smallest remainder that still gets one more, and the largest that does not.
        const sorted = [...remainders].sort((a, b) => b - a);
        const [last, next] = [sorted[missing - 1] ?? 1, sorted[missing] ?? 0];
        const wrong = plan(name, task, seed).filter(({ ghosts }) => {
          const drawn = countsOf(
            [...ghosts].map((index) => labels[index]!),
            classes,
          );
          const rightlyShared = drawn.every((count, label) => {
            const extra = count - Math.floor(quotas[label]!);
            if (remainders[label]! > next) return extra === 1;
            if (remainders[label]! < last) return extra === 0;
            return extra === 0 || extra === 1;
          });
          return !rightlyShared || new Set(ghosts).size !== ghostSize;
        });
        expect(wrong).toEqual([]);
      }),
    );
  });

  test('is a pure function of task and seed', () => {
    fc.assert(
      fc.property(tasks, seeds, (task, seed) => {
        const labels = task.labels.slice();
        expect(plan(name, task, seed)).toEqual(plan(name, task, seed));
        expect(task.labels).toEqual(labels);
      }),
      { numRuns: 30 },
    );
  });

  test('plans other epochs otherwise', () => {
    const labels = Int32Array.from({ length: 200 }, (_, i) => i % 4);
    const task = { labels, classes: 4, batchSize: 16, ghostSize: 4 };
    const plans = [0, 1, 2].map((epoch) => SAMPLERS[name].planEpoch(task, seededRandom(7, 1, epoch)));
    const orders = plans.map((batches) => batches.flatMap(({ examples }) => [...examples]).join());
    const ghosts = plans.map((batches) => batches.flatMap((batch) => [...batch.ghosts]).join());
    expect(new Set(orders).size).toBe(3);
    expect(new Set(ghosts).size).toBe(3);
  });

  test('draws ghosts from the whole training set, each example equally often', () => {
    // 300 ghosts a class over 10 examples each: 30 expected, and χ² has 9 degrees of freedom a class.
    const labels = Int32Array.from({ length: 30 }, (_, i) => i % 3);
    const counts = new Array<number>(30).fill(0);
    const task = { labels, classes: 3, batchSize: 7, ghostSize: 6 };
    let batches = 0;
    for (let epoch = 0; batches < 150; epoch++) {
      for (const { ghosts } of SAMPLERS[name].planEpoch(task, seededRandom(3, epoch))) {
        if (batches++ < 150) for (const index of ghosts) counts[index]!++;
      }
    }
    const statistic = counts.reduce((sum, count) => sum + (count - 30) ** 2 / 30, 0);
    // 27 degrees of freedom: above 55.5 once in 1000 seeds; drawing without repetition makes it smaller still.
    expect(statistic).toBeLessThan(55.5);
  });

  test('refuses more ghosts than there are examples', async () => {
    const labels = Int32Array.from([0, 0, 0, 1, 1]);
    const task = { labels, classes: 2, batchSize: 8, ghostSize: 6 };
    expect(await inputErrorOf(() => plan(name, task, 1))).toMatch(
      /^class 0 has 3 training examples, but 4 of the 6 ghosts .* `ghostSize`/,
    );
    expect(plan(name, { ...task, ghostSize: 5 }, 1)[0]!.ghosts).toHaveLength(5);
  });
});

test('single-class draws the class of a batch in proportion to what each class has left', () => {
  // Batches of one example: the order of classes is then a random permutation, so that the class at any place, also the
  // last, has the prior. 4000 epochs; five standard deviations of a count.
  const counts = [1, 2, 5];
  const labels = Int32Array.from(counts.flatMap((count, label) => new Array<number>(count).fill(label)));
  const epochs = 4000;
  const seen = labels.reduce((table) => [...table, [0, 0, 0]], [] as number[][]);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const task = { labels, classes: 3, batchSize: 1, ghostSize: 0 };
    plan('single-class', task, epoch).forEach(({ label }, place) => seen[place]![label]!++);
  }
  for (const atPlace of seen) {
    counts.forEach((count, label) => {
      const share = count / labels.length;
      expect(Math.abs(atPlace[label]! - epochs * share)).toBeLessThan(5 * Math.sqrt(epochs * share * (1 - share)));
    });
  }
});

test('single-class draws the second batch from what the first has left', () => {
  // 4 and 4 examples in batches of 3. After a batch of class c, 1 of 5 examples left is c's.
  const labels = Int32Array.from([0, 0, 0, 0, 1, 1, 1, 1]);
  const epochs = 4000;
  let again = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const [first, second] = plan('single-class', { labels, classes: 2, batchSize: 3, ghostSize: 0 }, epoch);
    if (first!.label === second!.label) again++;
  }
  // Five standard deviations.
  expect(Math.abs(again - epochs / 5)).toBeLessThan(5 * Math.sqrt((epochs * 4) / 25));
});
