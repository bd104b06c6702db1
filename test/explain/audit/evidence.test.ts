/** Evidence about labels against slow versions written from the papers. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { confidentLabels } from '../../../src/explain/audit/evidence/confident.js';
import { epochsToLookAt, someOfEpochs } from '../../../src/explain/audit/evidence/epoch-weights.js';
import { evidenceRanks, normalisedRanks } from '../../../src/explain/audit/evidence/gathered.js';
import { smallExamples, weightOfInputs } from '../../../src/explain/audit/evidence/inputs.js';
import { networkSays } from '../../../src/explain/audit/evidence/margins.js';
import { memorisation } from '../../../src/explain/audit/evidence/memorised.js';
import { neighbourCount, neighbourVotes, opponentsOf } from '../../../src/explain/audit/evidence/neighbours.js';
import { FOLD_LAMBDA, FOLDS, foldsOf, outOfFold } from '../../../src/explain/audit/evidence/out-of-fold.js';
import { seededRandom } from '../../../src/numeric/random.js';
import { randomNumbers } from '../../helpers/random-tensors.js';
import { memoryDataset, runtime } from '../../helpers/training.js';

/** Examples of three classes about three corners, some of them with another label. */
function labelledRows(rows: number, columns = 4, seed = 3) {
  const next = randomNumbers(seed);
  const classes = 3;
  const labels = Int32Array.from({ length: rows }, (_, i) => (i % 7 === 0 ? i + 1 : i) % classes);
  const data = Float32Array.from({ length: rows * columns }, (_, k) => {
    return (k % columns === Math.floor(k / columns) % classes ? 1 : 0) + 0.7 * (next() - 0.5);
  });
  return { features: { rows, columns, data }, labels, classes };
}

const row = (data: ArrayLike<number>, width: number, i: number) =>
  Array.from({ length: width }, (_, k) => data[i * width + k]!);

test('out-of-fold probabilities are those of a softmax regression that plain gradient descent finds without the fold', async () => {
  const { features, labels, classes } = labelledRows(30);
  const { rows, columns } = features;
  const found = await outOfFold({ features, labels, classes }, 5, runtime);

  // Features about their mean, with mean squared length 1, and a 1 for the bias, which is held back like the rest.
  const means = Array.from({ length: columns }, (_, k) => {
    return labels.reduce((sum, _label, i) => sum + features.data[i * columns + k]!, 0) / rows;
  });
  const centred = Array.from(labels, (_, i) => row(features.data, columns, i).map((value, k) => value - means[k]!));
  const squares = centred.flat().reduce((sum, value) => sum + value ** 2, 0);
  const x = centred.map((values) => [...values.map((value) => value * Math.sqrt(rows / squares)), 1]);
  const folds = foldsOf(labels, 5);
  for (let fold = 0; fold < FOLDS; fold++) {
    const inside = [...labels.keys()].filter((i) => folds[i] !== fold);
    const weights = Array.from({ length: classes }, () => new Array<number>(columns + 1).fill(0));
    const says = (i: number) => {
      const powers = weights.map((w) => Math.exp(w.reduce((sum, value, k) => sum + value * x[i]![k]!, 0)));
      const total = powers.reduce((a, b) => a + b);
      return powers.map((power) => power / total);
    };
    for (let iteration = 0; iteration < 4000; iteration++) {
      const gradient = weights.map((w) => w.map((value) => 2 * FOLD_LAMBDA * value));
      for (const i of inside) {
        says(i).forEach((p, j) => {
          const residual = (p - (labels[i] === j ? 1 : 0)) / inside.length;
          x[i]!.forEach((value, k) => (gradient[j]![k]! += residual * value));
        });
      }
      weights.forEach((w, j) => w.forEach((_, k) => (w[k]! -= 1.5 * gradient[j]![k]!)));
    }
    for (const i of labels.keys()) {
      if (folds[i] !== fold) continue;
      // The solver stops at a gradient of 1e-5, which the curvature 2λ = 2e-3 of the penalty lets be 5e-3 from the optimum.
      says(i).forEach((p, j) => expect(Math.abs(found[i * classes + j]! - p)).toBeLessThan(5e-3));
    }
  }
}, 60_000);

test('folds part every class evenly', () => {
  const labels = Int32Array.from({ length: 53 }, (_, i) => (i < 40 ? 0 : i < 50 ? 1 : 2));
  const folds = foldsOf(labels, 1);
  for (const [label, least, most] of [
    [0, 8, 8],
    [1, 2, 2],
    [2, 0, 1],
  ] as const) {
    for (let fold = 0; fold < FOLDS; fold++) {
      const count = folds.filter((value, i) => value === fold && labels[i] === label).length;
      expect(count).toBeGreaterThanOrEqual(least);
      expect(count).toBeLessThanOrEqual(most);
    }
  }
});

test('votes and opponents are those of a search through all pairs', async () => {
  const { features, labels, classes } = labelledRows(40);
  const { columns, data } = features;
  const cosine = (i: number, j: number) => {
    const [a, b] = [row(data, columns, i), row(data, columns, j)];
    const dot = (u: number[], v: number[]) => u.reduce((sum, value, k) => sum + value * v[k]!, 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };
  const nearest = (i: number) => [...labels.keys()].filter((j) => j !== i).sort((a, b) => cosine(i, b) - cosine(i, a));

  const votes = await neighbourVotes({ features, labels, classes }, runtime);
  const count = neighbourCount(40, 3);
  expect(count).toBe(7);
  for (const i of labels.keys()) {
    const voters = nearest(i).slice(0, count);
    const total = voters.reduce((sum, j) => sum + Math.max(0, cosine(i, j)), 0);
    for (let c = 0; c < classes; c++) {
      const own = voters.filter((j) => labels[j] === c).reduce((sum, j) => sum + Math.max(0, cosine(i, j)), 0);
      // Similarities are computed in float32.
      expect(votes[i * classes + c]!).toBeCloseTo(own / total, 5);
    }
  }
  const chosen = Int32Array.of(0, 7, 39);
  const opponents = await opponentsOf({ features, labels }, chosen, 4, runtime);
  chosen.forEach((i, k) => {
    const expected = nearest(i)
      .filter((j) => labels[j] !== labels[i])
      .slice(0, 4);
    expect(opponents[k]!.map(({ index }) => index)).toEqual(expected);
    opponents[k]!.forEach(({ index, similarity }) => expect(similarity).toBeCloseTo(cosine(i, index), 5));
  });
});

test('the confident joint is Algorithm 1 of the paper', () => {
  const classes = 3;
  const next = randomNumbers(9);
  const labels = Int32Array.from({ length: 50 }, () => Math.floor(classes * next()));
  const probabilities = Float64Array.from({ length: 150 }, () => next());
  for (const i of labels.keys()) {
    const total = row(probabilities, classes, i).reduce((a, b) => a + b);
    for (let j = 0; j < classes; j++) probabilities[i * classes + j]! /= total;
  }
  const { thresholds, confident, estimatedErrors } = confidentLabels(probabilities, labels, classes);

  const joint = Array.from({ length: classes }, () => [0, 0, 0]);
  for (let j = 0; j < classes; j++) {
    const own = [...labels.keys()].filter((i) => labels[i] === j);
    const mean = own.reduce((sum, i) => sum + probabilities[i * classes + j]!, 0) / own.length;
    expect(thresholds[j]).toBeCloseTo(mean, 12);
  }
  labels.forEach((label, i) => {
    const above = [0, 1, 2].filter((j) => probabilities[i * classes + j]! >= thresholds[j]!);
    const best = above.sort((a, b) => probabilities[i * classes + b]! - probabilities[i * classes + a]!)[0] ?? -1;
    expect(confident[i]).toBe(best);
    if (best >= 0) joint[label]![best]!++;
  });
  let off = 0;
  joint.forEach((counts, y) => {
    const total = counts.reduce((a, b) => a + b);
    const examples = labels.filter((label) => label === y).length;
    counts.forEach((value, j) => (off += y === j ? 0 : (value / total) * examples));
  });
  expect(estimatedErrors).toBeCloseTo(off, 9);
});

test('margins and losses of several scores, and of a single one', () => {
  const several = networkSays(Float32Array.of(1, 3, 2, 0, -1, 4), Int32Array.of(1, 0), 3, 'softmax');
  expect([...several.margins]).toEqual([1, -4]);
  expect([...several.given]).toEqual([1, 2]);
  expect(several.losses[0]).toBeCloseTo(-Math.log(Math.exp(3) / (Math.E + Math.exp(3) + Math.exp(2))), 12);
  const single = networkSays(Float32Array.of(2, 2), Int32Array.of(1, 0), 1, 'sigmoid');
  expect([...single.margins]).toEqual([2, -2]);
  expect([...single.given]).toEqual([1, 1]);
  expect(single.losses[1]).toBeCloseTo(Math.log(1 + Math.exp(2)), 12);
});

test('pictures become means over squares, of which those at the edges may be cut; short vectors stay, long ones go', async () => {
  const pixels = Uint8Array.from({ length: 2 * 2 * 21 * 23 }, (_, i) => (i * 37) % 251);
  const small = (await smallExamples(memoryDataset([2, 21, 23], pixels, [0, 1], 2)))!;
  // 966 numbers in squares of 2 × 2: 11 rows and 12 columns of each channel.
  expect([small.rows, small.columns]).toEqual([2, 2 * 11 * 12]);
  const pixel = (example: number, channel: number, y: number, x: number) =>
    pixels[((example * 2 + channel) * 21 + y) * 23 + x]!;
  const square = (example: number, channel: number, row: number, column: number) =>
    small.data[(example * 2 + channel) * 132 + row * 12 + column]!;
  const inside = [pixel(1, 1, 4, 6), pixel(1, 1, 4, 7), pixel(1, 1, 5, 6), pixel(1, 1, 5, 7)];
  expect(square(1, 1, 2, 3)).toBeCloseTo(inside.reduce((a, b) => a + b) / 4, 4);
  expect(square(0, 1, 10, 11)).toBeCloseTo(pixel(0, 1, 20, 22), 4);
  expect(square(0, 0, 0, 11)).toBeCloseTo((pixel(0, 0, 0, 22) + pixel(0, 0, 1, 22)) / 2, 4);

  const vector = Float32Array.of(1, 2, 3, 4, 5, 6);
  expect((await smallExamples(memoryDataset([3], vector, [0, 1], 2)))!.data).toEqual(vector);
  expect(await smallExamples(memoryDataset([300], new Float32Array(300), [0], 2))).toBeUndefined();
});

test('inputs count for the more, the better they tell the labels', () => {
  const labels = Int32Array.of(0, 1, 0, 1);
  const says = (...classes: number[]) => ({
    probabilities: Float64Array.from(classes.flatMap((one) => (one === 0 ? [1, 0] : [0, 1]))),
    votes: new Float64Array(),
  });
  const right = says(0, 1, 0, 1);
  expect(weightOfInputs(right, right, labels, 2)).toBe(0.5);
  expect(weightOfInputs(right, says(0, 1, 0, 0), labels, 2)).toBe(0.5);
  // A quarter above chance against a half: squared, a quarter of ½.
  expect(weightOfInputs(says(0, 1, 0, 0), right, labels, 2)).toBe(0.125);
  expect(weightOfInputs(says(1, 0, 0, 1), right, labels, 2)).toBe(0);
});

test('memorisation is the accuracy on labels that others contradict', () => {
  const labels = Int32Array.of(0, 0, 1, 1, 2);
  expect(memorisation(Int32Array.of(0, 1, 1, 0, 0), Int32Array.of(0, 0, 1, 0, 2), labels)).toEqual({
    contradicted: 3,
    repeated: 2 / 3,
  });
  expect(memorisation(labels, labels, labels)).toEqual({ contradicted: 0, repeated: 0 });
});

test('long trainings are looked at in even strides that end with the last epoch', () => {
  expect(epochsToLookAt(3)).toEqual([1, 2, 3]);
  expect(epochsToLookAt(40)).toHaveLength(40);
  expect(epochsToLookAt(100, 40).slice(0, 3)).toEqual([1, 4, 7]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), (epochs) => {
      const seen = epochsToLookAt(epochs);
      expect(seen.length).toBeLessThanOrEqual(40);
      expect(seen.at(-1)).toBe(epochs);
      expect(seen[0]).toBeGreaterThanOrEqual(1);
      const strides = new Set(seen.slice(1).map((epoch, i) => epoch - seen[i]!));
      expect(strides.size).toBeLessThanOrEqual(1);
      const some = someOfEpochs(seen, 6);
      expect(some).toHaveLength(Math.min(6, seen.length));
      expect(some.at(-1)).toBe(epochs);
      expect(new Set(some).size).toBe(some.length);
    }),
  );
});

test('what is said of an example does not depend on where it stands', async () => {
  const rows = 36;
  const { features, labels, classes } = labelledRows(rows, 5, 11);
  const next = randomNumbers(4);
  const scores = Float32Array.from({ length: rows * classes }, () => next());
  const everything = async (order: Int32Array) => {
    const take = <T extends Float32Array | Float64Array>(data: T, width: number): T => {
      const taken = data.slice() as T;
      order.forEach((from, to) => taken.set(data.subarray(from * width, (from + 1) * width), to * width));
      return taken;
    };
    const own = Int32Array.from(order, (from) => labels[from]!);
    const moved = { ...features, data: take(features.data, features.columns) };
    const votes = await neighbourVotes({ features: moved, labels: own, classes }, runtime);
    const { margins, losses } = networkSays(take(scores, classes), own, classes, 'softmax');
    const probabilities = take(Float64Array.from(scores), classes);
    const { confident } = confidentLabels(probabilities, own, classes);
    const ranks = evidenceRanks({ probabilities, votes }, own, classes);
    return [margins, losses, normalisedRanks(margins), ...ranks, confident];
  };
  const still = await everything(Int32Array.from({ length: rows }, (_, i) => i));
  for (let seed = 0; seed < 5; seed++) {
    const order = seededRandom(seed).shuffle(Int32Array.from({ length: rows }, (_, i) => i));
    const moved = await everything(order);
    still.forEach((values, list) => {
      // Votes are sums in another order; everything else is the same number.
      order.forEach((from, to) => expect(moved[list]![to]!).toBeCloseTo(values[from]!, 12));
    });
  }
});
