/** How many labels are wrong: on labels that were drawn, some of them anew, from probabilities that are known. */
import { expect, test } from '@jest/globals';
import { estimateLabelModel, labelModelOf, type Says } from '../../../src/explain/audit/evidence/label-model.js';
import { findWrongLabels } from '../../../src/explain/audit/evidence/wrong-labels.js';
import type { Gathered } from '../../../src/explain/audit/evidence/gathered.js';
import { softmax } from '../../../src/numeric/probabilities.js';
import { seededRandom } from '../../../src/numeric/random.js';

const CLASSES = 4;
const ROWS = 1000;

/**
 * Labels drawn from probabilities, of which some are then any other class. The evidence is what a softmax layer learns of such
 * labels: the same probabilities, drawn together by a temperature, above the floor that wrong labels leave.
 * @param spread of the scores: the larger, the more examples are clear
 */
function drawn(share: number, seed: number, spread = 6) {
  const random = seededRandom(seed);
  const labels = new Int32Array(ROWS);
  const truth = new Int32Array(ROWS);
  const evidence = [new Float64Array(ROWS * CLASSES), new Float64Array(ROWS * CLASSES)] as const;
  for (let i = 0; i < ROWS; i++) {
    const scores = Array.from({ length: CLASSES }, () => spread * random.normal());
    const chosen = (p: ArrayLike<number>) => {
      let rest = random.uniform();
      for (let k = 0; k < CLASSES; k++) if ((rest -= p[k]!) < 0) return k;
      return CLASSES - 1;
    };
    truth[i] = chosen(softmax(scores));
    labels[i] = random.uniform() < share ? (truth[i]! + 1 + random.below(CLASSES - 1)) % CLASSES : truth[i]!;
    evidence.forEach((says, s) => {
      const drawnTogether = softmax(scores.map((score) => 0.6 * (score + (s + 0.5) * random.normal())));
      drawnTogether.forEach((p, k) => (says[i * CLASSES + k] = (1 - share) * p + (share / (CLASSES - 1)) * (1 - p)));
    });
  }
  return { labels, truth, evidence: evidence as readonly Says[] };
}

const countWrong = ({ labels, truth }: { labels: Int32Array; truth: Int32Array }) =>
  labels.reduce((count, label, i) => count + (label === truth[i] ? 0 : 1), 0);

test.each([0.05, 0.2])('a share of %d is within its interval, which excludes 0', async (share) => {
  const case_ = drawn(share, 1);
  const { share: found, interval } = await estimateLabelModel(case_.evidence, case_.labels, CLASSES);
  const truly = countWrong(case_) / ROWS;
  expect(interval[0]).toBeGreaterThan(0);
  expect(interval[0]).toBeLessThanOrEqual(truly);
  expect(interval[1]).toBeGreaterThanOrEqual(truly);
  expect(found).toBeGreaterThan(interval[0]);
  expect(found).toBeLessThan(interval[1]);
  // As wide as counting alone would be, and not much wider.
  expect(interval[1] - interval[0]).toBeLessThan(10 * Math.sqrt((truly * (1 - truly)) / ROWS));
});

test('where no label is wrong, the interval includes 0, however ambiguous the examples are', async () => {
  for (const seed of [1, 2]) {
    const { labels, evidence } = drawn(0, seed, 3);
    const { interval } = await estimateLabelModel(evidence, labels, CLASSES);
    expect(interval[0]).toBe(0);
    expect(interval[1]).toBeLessThan(0.02);
  }
});

test('no share nearby has a larger likelihood, nor has one at either end of the interval', async () => {
  const { labels, evidence } = drawn(0.1, 4);
  const { share, interval } = await estimateLabelModel(evidence, labels, CLASSES);
  const logLikelihood = async (at: number) => {
    const { likely } = await labelModelOf(evidence, labels, CLASSES, at);
    return labels.reduce((sum, label, i) => {
      const p = likely[i * CLASSES + label]!;
      return sum + Math.log((1 - at) * p + (at * (1 - p)) / (CLASSES - 1));
    }, 0);
  };
  const best = await logLikelihood(share);
  for (const at of [share - 0.005, share + 0.005]) expect(await logLikelihood(at)).toBeLessThan(best);
  // Half of 3.84, but for the parameters' own prior and the precision of the ends.
  for (const end of interval) expect(best - (await logLikelihood(end))).toBeCloseTo(1.92, 0);
});

test('how probable a label is wrong, and another one right, is how often that is so', async () => {
  const { labels, truth, evidence } = drawn(0.2, 5);
  const { posterior } = await estimateLabelModel(evidence, labels, CLASSES);
  let [expectedWrong, wrong] = [0, 0];
  const bins = Array.from({ length: 5 }, () => ({ count: 0, sum: 0, right: 0 }));
  labels.forEach((label, i) => {
    const row = posterior.subarray(i * CLASSES, (i + 1) * CLASSES);
    expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expectedWrong += 1 - row[label]!;
    if (label !== truth[i]) wrong++;
    row.forEach((p, k) => {
      if (k === label) return;
      const bin = bins[Math.min(4, Math.floor(5 * p))]!;
      bin.count++;
      bin.sum += p;
      if (k === truth[i]) bin.right++;
    });
  });
  expect(expectedWrong / wrong).toBeGreaterThan(0.9);
  expect(expectedWrong / wrong).toBeLessThan(1.1);
  // Four standard errors of a share, and 0.03 for what the model leaves out.
  for (const { count, sum, right } of bins) {
    const p = sum / count;
    expect(Math.abs(right / count - p)).toBeLessThan(0.03 + 4 * Math.sqrt((p * (1 - p)) / count));
  }
});

test('where hardly an example is clear, no number is said', async () => {
  const request = ({ labels, evidence }: ReturnType<typeof drawn>) => ({
    gathered: { probabilities: evidence[0]!, votes: evidence[1]! } as unknown as Gathered,
    inputs: undefined,
    inputsAreFeatures: true,
    beginsEarly: false,
    labels,
    classes: CLASSES,
  });
  const vague = await findWrongLabels(request(drawn(0.1, 6, 1)));
  expect(vague.counted).toBeUndefined();
  expect(vague.clear).toBeLessThan(0.1);
  const clear = await findWrongLabels(request(drawn(0.1, 6)));
  expect(clear).toMatchObject({ from: 'inputs', counted: { estimated: expect.any(Number) } });
  expect(clear.clear).toBeGreaterThan(0.1);
});
