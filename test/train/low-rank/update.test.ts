/** Factors of updates, as the training graph finds them. */
import { expect, test } from '@jest/globals';
import { float32 } from '../../../src/tensor.js';
import { distance, INT8, norm, normal, openFactors, product, random, type Weight } from '../../helpers/factors.js';

test.each([1e-6, 1, 1e4])(
  'an update of the rank comes back up to the rounding of its factors, at scale %d',
  async (scale) => {
    const [rows, columns, rank] = [24, 40, 5];
    const factors = await openFactors([{ rows, columns, rank }]);
    for (const own of [1, 3, 5]) {
      const update = product(rows, columns, own, scale);
      const [found] = await factors.run([update]);
      expect(found!.rank).toBe(own);
      expect(distance(found!.decoded, update) / norm(update)).toBeLessThan(INT8);
      // What is said to be lost is what is lost.
      expect(Math.abs(found!.lost - distance(found!.decoded, update) / norm(update))).toBeLessThan(2e-3);
    }
    await factors.release();
  },
);

test('of an update of full rank, a subspace that has warmed up takes nearly as much as there is to take', async () => {
  const [rows, columns, rank] = [30, 50, 4];
  const factors = await openFactors([{ rows, columns, rank }]);
  const update = product(rows, columns, 12, 1, 0.8);
  let lost = 1;
  for (let step = 0; step < 12; step++) lost = (await factors.run([update]))[0]!.lost;
  await factors.release();
  // The best there is, by as many power steps in float64 that nothing is rounded in.
  const best = bestShare(update, rows, columns, rank);
  expect(lost).toBeGreaterThan(best - 1e-3);
  expect(lost).toBeLessThan(best + 0.02);
});

test('a step without a change is of rank 0, loses nothing and leaves the subspace as it is', async () => {
  const [rows, columns, rank] = [8, 12, 3];
  const factors = await openFactors([{ rows, columns, rank }]);
  const [before] = await factors.run([product(rows, columns, 3)]);
  const [still] = await factors.run([new Float32Array(rows * columns)]);
  expect(still!.rank).toBe(0);
  expect(still!.lost).toBe(0);
  expect(still!.decoded.every((value) => value === 0)).toBe(true);
  expect(still!.subspace).toEqual(before!.subspace);
  await factors.release();
});

test('weights of several ranks and shapes do not touch one another', async () => {
  const weights: Weight[] = [
    { rows: 10, columns: 20, rank: 3 },
    { rows: 16, columns: 9, rank: 3 },
    { rows: 12, columns: 12, rank: 4 },
  ];
  const updates = weights.map(({ rows, columns, rank }) => product(rows, columns, rank, 0.01));
  const together = await openFactors(weights);
  const found = await together.run(updates);
  found.forEach(({ decoded }, i) => {
    expect(distance(decoded, updates[i]!) / norm(updates[i]!)).toBeLessThan(INT8);
  });
  const [nothing] = await together.run([new Float32Array(200), updates[1]!, updates[2]!]);
  expect(nothing!.rank).toBe(0);
  await together.release();
});

test.each([false, true])(
  'what an update does to the mean input, and gives to what it makes, is kept: transposed %s',
  async (transposed) => {
    const [rows, columns, rank] = transposed ? [40, 30, 6] : [30, 40, 6];
    const features = 40;
    const factors = await openFactors([{ rows, columns, rank, input: { features, transposed } }]);
    const before = normal(rows * columns, 0.1);
    // Positive inputs, as behind a ReLU, have a mean worth the name.
    const batch = float32(
      Float32Array.from({ length: 20 * features }, () => Math.abs(random.normal())),
      [20, features],
    );
    const update = normal(rows * columns, 1e-3);
    const [found] = await factors.run([update], [before], [batch]);
    const mean = Float32Array.from({ length: features }, (_, i) => {
      let sum = 0;
      for (let n = 0; n < 20; n++) sum += batch.data[n * features + i]!;
      return sum / 20;
    });
    const stored = before.map((value, i) => Math.fround(Math.fround(value + update[i]!) - value));
    const apply = (matrix: Float32Array, to: Float32Array, onRows: boolean) =>
      Float32Array.from({ length: onRows ? columns : rows }, (_, i) =>
        to.reduce((sum, value, j) => sum + value * matrix[onRows ? j * columns + i : i * columns + j]!, 0),
      );
    const exact = apply(stored, mean, transposed);
    const kept = apply(found!.decoded, mean, transposed);
    // The rest of a random update of full rank is lost, all but a fifth.
    expect(found!.lost).toBeGreaterThan(0.7);
    expect(distance(kept, exact) / norm(exact)).toBeLessThan(INT8);
    const made = apply(before, mean, transposed);
    const back = apply(found!.decoded, made, !transposed);
    const exactBack = apply(stored, made, !transposed);
    expect(distance(back, exactBack) / norm(exactBack)).toBeLessThan(INT8);
    await factors.release();
  },
);

/** ‖Δ − Δ_k‖ / ‖Δ‖ of the best approximation of rank k, by orthogonal iteration. */
function bestShare(update: Float32Array, rows: number, columns: number, rank: number): number {
  let basis = Array.from({ length: rank }, () => Array.from(normal(columns)));
  let energy = 0;
  for (let round = 0; round < 60; round++) {
    const left = basis.map((v) =>
      Array.from({ length: rows }, (_, a) => v.reduce((sum, x, b) => sum + x * update[a * columns + b]!, 0)),
    );
    orthonormalise(left);
    basis = left.map((u) =>
      Array.from({ length: columns }, (_, b) => u.reduce((sum, x, a) => sum + x * update[a * columns + b]!, 0)),
    );
    energy = basis.flat().reduce((sum, x) => sum + x * x, 0);
  }
  return Math.sqrt(Math.max(0, 1 - energy / norm(update) ** 2));
}

function orthonormalise(vectors: number[][]): void {
  vectors.forEach((vector, i) => {
    for (const other of vectors.slice(0, i)) {
      const dot = vector.reduce((sum, x, at) => sum + x * other[at]!, 0);
      other.forEach((x, at) => (vector[at]! -= dot * x));
    }
    const length = Math.hypot(...vector);
    vector.forEach((x, at) => (vector[at] = x / length));
  });
}
