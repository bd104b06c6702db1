/** Sums and strongest points beside a slow version, written down from [Yeh et al. 2018], Eq. 2, in float64. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openExplainer } from '../../../src/explain/representer/explain-scores.js';
import { openPoints } from '../../../src/explain/representer/points.js';
import { weightOf, type PointSet } from '../../../src/explain/representer/point-set.js';
import type { FeatureMatrix } from '../../../src/explain/representer/features/features.js';
import type { Runtime } from '../../../src/runtime/runtime.js';
import { gaussian, randomNumbers } from '../../helpers/random-tensors.js';
import { runtime } from '../../helpers/run-model.js';

/** Values of all points for one query, and what follows from them. */
function slowly(set: PointSet, query: ArrayLike<number>, target: number, topK: number) {
  const { features, bias, labels } = set;
  const { rows, columns, data } = features;
  const byClass = new Float64Array(labels.reduce((a, b) => Math.max(a, b), 0) + 1);
  let [positive, total, lengths] = [0, 0, 0];
  const norm = (at: ArrayLike<number>, start: number) => {
    let square = bias ? 1 : 0;
    for (let k = 0; k < columns; k++) square += at[start + k]! ** 2;
    return Math.sqrt(square);
  };
  const points = Array.from({ length: rows }, (_, index) => {
    let similarity = bias ? 1 : 0;
    for (let k = 0; k < columns; k++) similarity += data[index * columns + k]! * query[k]!;
    const alpha = weightOf(set, index, target);
    const value = alpha * similarity;
    byClass[labels[index]!]! += value;
    positive += Math.max(0, value);
    total += Math.abs(value);
    lengths += Math.abs(alpha) * norm(data, index * columns) * norm(query, 0);
    return { index, label: labels[index]!, alpha, similarity, value };
  });
  const listed = (sign: number) =>
    points
      .filter(({ value }) => sign * value > 0)
      .sort((a, b) => sign * (b.value - a.value) || a.index - b.index)
      .slice(0, topK);
  return { byClass, positive, total, lengths, excitatory: listed(1), inhibitory: listed(-1) };
}

/** Types of the sessions that look for the strongest values, as they are made. */
function watched(): { runtime: Runtime; types: string[] } {
  const types: string[] = [];
  const createSession: Runtime['createSession'] = async (model, options) => {
    const session = await runtime.createSession(model, options);
    const queries = session.inputs.find(({ name }) => name === 'queries');
    if (queries) types.push(queries.type);
    return session;
  };
  return { runtime: { ...runtime, createSession }, types };
}

/** Explains queries, holds every number to the slow version, and says which types were computed in. */
async function compared(set: PointSet, queries: FeatureMatrix, targets: readonly number[], topK: number) {
  const { runtime: own, types } = watched();
  const points = openPoints(set, own);
  const { columns, rows } = set.features;
  try {
    const explained = await points.explain(queries, targets, topK);
    expect(explained).toHaveLength(queries.rows);
    explained.forEach((found, q) => {
      const query = queries.data.subarray(q * columns, (q + 1) * columns);
      const slow = slowly(set, query, targets[q]!, topK);
      expect(found.excitatory).toEqual(slow.excitatory);
      expect(found.inhibitory).toEqual(slow.inhibitory);
      // Float64 sums of as many products, in whatever order.
      const rounding = 2 * (rows + columns + 4) * 2 ** -53 * slow.lengths + 1e-300;
      slow.byClass.forEach((value, c) => expect(Math.abs(found.byClass[c]! - value)).toBeLessThanOrEqual(rounding));
      expect(found.sum).toBe(found.byClass.reduce((a, b) => a + b, 0));
      expect(found.negative).toBe(found.sum - found.positive);
      const isLinear = [...set.features.data, ...query].every((value) => value >= 0);
      const lost = isLinear
        ? rounding
        : Math.min(1e-3 * slow.total, (columns + 9) * 2 ** -24 * slow.lengths) + rounding;
      expect(Math.abs(found.positive - slow.positive)).toBeLessThanOrEqual(lost);
    });
  } finally {
    await points.release();
  }
  return types;
}

/** Numbers with what makes floating point hard. */
const NUMBERS: Record<string, (next: () => number) => number> = {
  usual: (next) => 2 * next() - 1,
  'behind a ReLU': (next) => Math.max(0, next() - 0.5),
  'small whole numbers': (next) => Math.floor(5 * next()) - 2,
  'far from 0': (next) => 4096 + next(),
  huge: (next) => (next() - 0.5) * 1e30,
  tiny: (next) => (next() - 0.5) * 1e-30,
  'of all sizes': (next) => (next() - 0.5) * 10 ** (40 * next() - 20),
  zero: () => 0,
};
const ALPHAS: Record<string, (next: () => number) => number> = {
  usual: (next) => next() - 0.5,
  'few different': (next) => Math.floor(3 * next()) - 1,
  huge: (next) => (next() - 0.5) * 1e90,
  tiny: (next) => (next() - 0.5) * 1e-90,
  'of all sizes': (next) => (next() - 0.5) * 10 ** (-60 * next()),
  negative: (next) => -next(),
};

const problems = fc.record({
  features: fc.constantFrom(...Object.keys(NUMBERS)),
  query: fc.constantFrom(...Object.keys(NUMBERS)),
  alpha: fc.constantFrom(...Object.keys(ALPHAS)),
  rows: fc.integer({ min: 1, max: 90 }),
  columns: fc.integer({ min: 1, max: 20 }),
  outputs: fc.integer({ min: 1, max: 3 }),
  classes: fc.integer({ min: 1, max: 4 }),
  queries: fc.integer({ min: 1, max: 4 }),
  topK: fc.integer({ min: 1, max: 12 }),
  bias: fc.boolean(),
  isShort: fc.boolean(),
  isQueryShort: fc.boolean(),
  /** Rows that are the same as others, so that their values tie. */
  repeated: fc.constantFrom(0, 0.3, 1),
  seed: fc.integer(),
});

test('lists, their order and sums are those of the slow version, whatever the numbers', async () => {
  await fc.assert(
    fc.asyncProperty(problems, async (p) => {
      const next = randomNumbers(p.seed);
      const numbers = (count: number, draw: (next: () => number) => number) =>
        Float64Array.from({ length: count }, () => draw(next));
      const stored = (isShort: boolean, values: Float64Array) => (isShort ? new Float32Array(values) : values);
      const data = numbers(p.rows * p.columns, NUMBERS[p.features]!);
      const alpha = numbers(p.rows * p.outputs, ALPHAS[p.alpha]!);
      for (let i = 1; i < p.rows; i++) {
        if (next() >= p.repeated) continue;
        const other = Math.floor(next() * i);
        data.copyWithin(i * p.columns, other * p.columns, (other + 1) * p.columns);
        alpha.copyWithin(i * p.outputs, other * p.outputs, (other + 1) * p.outputs);
      }
      const set: PointSet = {
        features: { rows: p.rows, columns: p.columns, data: stored(p.isShort, data) },
        alpha,
        outputs: p.outputs,
        bias: p.bias,
        labels: Int32Array.from({ length: p.rows }, () => Math.floor(next() * p.classes)),
      };
      const asked = numbers(p.queries * p.columns, NUMBERS[p.query]!);
      const targets = Array.from({ length: p.queries }, () => Math.floor(next() * Math.max(2, p.outputs)));
      const queries = { rows: p.queries, columns: p.columns, data: stored(p.isQueryShort, asked) };
      await compared(set, queries, targets, p.topK);
    }),
    { numRuns: 150 },
  );
});

describe('what is computed in float32', () => {
  const [rows, columns, outputs] = [3000, 40, 3];
  const set = (data: Float32Array): PointSet => ({
    features: { rows, columns, data },
    alpha: Float64Array.from(gaussian(rows * outputs, 2)),
    outputs,
    bias: true,
    labels: Int32Array.from({ length: rows }, (_, i) => i % 4),
  });
  const queries = { rows: 5, columns, data: gaussian(5 * columns, 3) };
  const targets = [0, 1, 2, 0, 1];

  test('usual features are, and nothing else', async () => {
    expect(await compared(set(gaussian(rows * columns, 1)), queries, targets, 10)).toEqual(['float32']);
  });

  test('one query and many give the same', async () => {
    const points = openPoints(set(gaussian(rows * columns, 1)), runtime);
    const all = await points.explain(queries, targets, 10);
    for (const [q, target] of targets.entries()) {
      const one = { rows: 1, columns, data: queries.data.subarray(q * columns, (q + 1) * columns) };
      const [alone] = await points.explain(one, [target], 10);
      // Sums of values above 0 are added up in another order, of products that may be rounded in another.
      expect({ ...alone, positive: 0, negative: 0 }).toEqual({ ...all[q], positive: 0, negative: 0 });
      expect(alone!.positive).toBeCloseTo(all[q]!.positive, 3);
    }
    await points.release();
  });

  test('features that differ by less than float32 tells are computed in float64', async () => {
    // Products are 40 × 10⁸, told apart to some 500; values differ by less.
    const close = gaussian(rows * columns, 1).map((value) => 1e4 + value / 100);
    const large = { ...queries, data: queries.data.map((value) => 1e4 + value) };
    const level = { ...set(close), alpha: new Float64Array(rows * outputs).fill(0.5) };
    expect(await compared(level, large, targets, 10)).toEqual(['float32', 'float64']);
  });

  test('points that are all the same are listed in their order', async () => {
    const same = new Float32Array(rows * columns).fill(0.1);
    const level = { ...set(same), alpha: new Float64Array(rows * outputs).fill(0.25) };
    const ones = { ...queries, data: queries.data.map(() => 1) };
    expect(await compared(level, ones, targets, 3)).toEqual(['float32', 'float64']);
  });

  test('products beyond float32 are computed in float64', async () => {
    const huge = gaussian(rows * columns, 1).map((value) => value * 1e25);
    const far = { ...queries, data: queries.data.map((value) => value * 1e25) };
    expect(await compared(set(huge), far, targets, 10)).toEqual(['float32', 'float64']);
  });
});

test('points in several blocks, queries in several parts', async () => {
  // 256 queries are answered with 16,384 points in a call.
  const [rows, columns, count] = [20_000, 3, 300];
  const set: PointSet = {
    features: { rows, columns, data: gaussian(rows * columns, 5) },
    alpha: Float64Array.from(gaussian(rows * 2, 6)),
    outputs: 2,
    bias: false,
    labels: Int32Array.from({ length: rows }, (_, i) => i % 3),
  };
  const queries = { rows: count, columns, data: gaussian(count * columns, 7) };
  const points = openPoints(set, runtime);
  const targets = Array.from({ length: count }, (_, q) => q % 2);
  const explained = await points.explain(queries, targets, 4);
  for (const q of [0, 1, 255, 256, 299]) {
    const slow = slowly(set, queries.data.subarray(q * columns, (q + 1) * columns), targets[q]!, 4);
    expect(explained[q]!.excitatory).toEqual(slow.excitatory);
    expect(explained[q]!.inhibitory).toEqual(slow.inhibitory);
    expect(explained[q]!.byClass).toBeAllClose(slow.byClass, { absolute: 1e-9 });
    // 20,000 products that are good for 6e-8 each.
    expect(explained[q]!.positive / slow.positive).toBeCloseTo(1, 6);
  }
  await points.release();
});

test('targets whose sums do not fit into memory together are answered in turn', async () => {
  const [rows, columns, outputs] = [200, 5, 4];
  const set: PointSet = {
    features: { rows, columns, data: gaussian(rows * columns, 11) },
    alpha: Float64Array.from(gaussian(rows * outputs, 12)),
    outputs,
    bias: true,
    labels: Int32Array.from({ length: rows }, (_, i) => i % outputs),
  };
  const queries = { rows: 9, columns, data: gaussian(9 * columns, 13) };
  const targets = [3, 0, 1, 1, 2, 0, 3, 3, 1];
  // Each takes 8 · 5 · 6 + 4 · 200 bytes.
  for (const atOnce of [1, 3, 4]) {
    const explainer = openExplainer(set, runtime, atOnce * 1040);
    for (let again = 0; again < 2; again++) {
      const explained = await explainer.explain(queries, targets, 5);
      explained.forEach(({ byClass, excitatory, inhibitory }, q) => {
        const slow = slowly(set, queries.data.subarray(q * columns, (q + 1) * columns), targets[q]!, 5);
        expect({ excitatory, inhibitory }).toEqual({ excitatory: slow.excitatory, inhibitory: slow.inhibitory });
        expect(byClass).toBeAllClose(slow.byClass, { absolute: 1e-11 });
      });
    }
    await explainer.release();
  }
});

test('values are those of the paper in float64, whatever the features are stored in', async () => {
  const [rows, columns] = [700, 1100];
  const data = gaussian(rows * columns, 8);
  const alpha = Float64Array.from(gaussian(rows, 9));
  const labels = new Int32Array(rows);
  const query = gaussian(columns, 10);
  for (const features of [data, Float64Array.from(data)]) {
    const set: PointSet = { features: { rows, columns, data: features }, alpha, outputs: 1, bias: true, labels };
    const points = openPoints(set, runtime);
    // Blocks of 476 rows; products of length 33 · 33, so that 1e-12 is a few roundings.
    for (const target of [0, 1]) {
      const values = await points.values(query, target);
      slowly(set, query, target, rows).excitatory.forEach(({ index, value }) =>
        expect(Math.abs(values[index]! - value)).toBeLessThan(1e-12 * 1100),
      );
    }
    expect(await points.allValues(query)).toEqual(await points.values(query, 1));
    await points.release();
  }
});
