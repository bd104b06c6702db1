/** Factors of updates, as the training graph finds them. */
import { expect, test } from '@jest/globals';
import { GraphBuilder } from '../../src/graph/builder.js';
import { layerLayout } from '../../src/log/format/layer.js';
import { lowrank, lowRankParts } from '../../src/log/codecs/lowrank.js';
import { seededRandom } from '../../src/numeric/random.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { float32, type Tensor } from '../../src/tensor.js';
import { emitLowRankUpdates, initialSubspace, type FactoredInput } from '../../src/train/low-rank-update.js';
import { lowRankPayloads } from '../../src/train/low-rank-payloads.js';

const runtime = nodeRuntime({ threads: 1 });

interface Weight {
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  /** Of the input, [rows of a batch, features]. */
  readonly input?: Pick<FactoredInput, 'transposed'> & { readonly features: number };
}

/** A graph that factors updates of some weights, and what it takes and gives. */
async function openFactors(weights: readonly Weight[]) {
  const g = new GraphBuilder({ name: 'factors' });
  const named = weights.map(({ input, ...weight }, i) => ({
    ...weight,
    layer: `layer${i}`,
    weight: g.input(`before${i}`, 'float32', [weight.rows, weight.columns]),
    next: g.input(`after${i}`, 'float32', [weight.rows, weight.columns]),
    subspace: g.input(`subspace${i}`, 'float32', [weight.rank, weight.columns]),
    input: input && { ...input, dims: 2, axis: 1, value: g.input(`input${i}`, 'float32', ['batch', input.features]) },
  }));
  const emitted = emitLowRankUpdates(g, named);
  emitted.forEach(({ left, right, numbers, subspace }, i) => {
    const { rank, rows, columns } = weights[i]!;
    g.output(g.rename(left, `left${i}`), 'int8', [rank, rows]);
    g.output(g.rename(right, `right${i}`), 'int8', [rank, columns]);
    g.output(g.rename(numbers, `numbers${i}`), 'float32', [2 * rank + 1]);
    g.output(g.rename(subspace, `next${i}`), 'float32', [rank, columns]);
  });
  const session = await runtime.createSession(encodeModel(g.model()));
  let subspaces = weights.map(({ rank, columns }, i) => initialSubspace(i, rank, columns));
  return {
    release: () => session.release(),
    /** @param updates of each weight, from weights that are `before` */
    run: async (updates: readonly Float32Array[], before?: readonly Float32Array[], inputs?: readonly Tensor[]) => {
      const feeds: Record<string, Tensor> = {};
      weights.forEach(({ rows, columns, input }, i) => {
        const start = before?.[i] ?? new Float32Array(rows * columns);
        feeds[`before${i}`] = float32(start, [rows, columns]);
        feeds[`after${i}`] = float32(
          start.map((value, at) => value + updates[i]![at]!),
          [rows, columns],
        );
        feeds[`subspace${i}`] = subspaces[i]!;
        if (input) feeds[`input${i}`] = inputs![i]!;
      });
      const outputs = await session.run(feeds);
      subspaces = weights.map((_, i) => outputs[`next${i}`]!);
      return weights.map(({ rank, rows, columns }, i) => {
        const layout = layerLayout({ name: '', tensors: [{ name: 'weight', dims: [rows, columns] }] });
        const names = { left: `left${i}`, right: `right${i}`, numbers: `numbers${i}` };
        const [payload] = lowRankPayloads(outputs, { layer: '', layout, rank, ...names });
        const decoded = new Float32Array(rows * columns);
        lowrank.decode(payload!, layout, decoded);
        return { decoded, ...lowRankParts(payload!, layout), subspace: subspaces[i]!.data as Float32Array };
      });
    },
  };
}

const random = seededRandom(5, 0);
const normal = (length: number, scale = 1) => Float32Array.from({ length }, () => scale * random.normal());

/** A matrix of that rank, with singular values that fall off by `decay`. */
function product(rows: number, columns: number, rank: number, scale = 1, decay = 0.5): Float32Array {
  const sum = new Float32Array(rows * columns);
  for (let j = 0; j < rank; j++) {
    const [u, v] = [normal(rows), normal(columns)];
    for (let a = 0; a < rows; a++)
      for (let b = 0; b < columns; b++) sum[a * columns + b]! += scale * decay ** j * u[a]! * v[b]!;
  }
  return sum;
}

const norm = (values: Float32Array) => Math.hypot(...values);
const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, i) => value - b[i]!));

/**
 * Rounding to int8 takes of each row at most half a level an element, so of the whole at most √n / 254 of the largest: 0.04 for
 * 100 normal numbers, on either side.
 */
const INT8 = 0.06;

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
