/** Factors that keep what an update does to the inputs that a layer sees. */
import { describe, expect, test } from '@jest/globals';
import { GraphBuilder } from '../../../src/graph/builder.js';
import { encodeModel } from '../../../src/onnx/codec.js';
import { float32 } from '../../../src/tensor.js';
import { distance, INT8, norm, normal, openFactors, random } from '../../helpers/factors.js';
import { runtime } from '../../helpers/training.js';

/** Rows times columns, row-major. */
const multiply = (a: Float32Array, b: Float32Array, inner: number): Float32Array => {
  const [rows, columns] = [a.length / inner, b.length / inner];
  const product = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++)
      for (let j = 0; j < columns; j++) product[i * columns + j]! += a[i * inner + k]! * b[k * columns + j]!;
  return product;
};

const transpose = (a: Float32Array, columns: number): Float32Array => {
  const rows = a.length / columns;
  return a.map((_, at) => a[(at % rows) * columns + Math.floor(at / rows)]!);
};

describe('factors of version 2 follow the inputs', () => {
  /** Inputs of few directions, [vectors, features]. */
  const few = (vectors: number, features: number, directions: number) =>
    multiply(normal(vectors * directions), normal(directions * features), directions);

  test.each([false, true])(
    'and keep all that an update does to them, and all that is seen from what the layer makes of them: transposed %s',
    async (transposed) => {
      const [inputs, outputs, rank, batch] = [40, 30, 9, 64];
      const [rows, columns] = transposed ? [inputs, outputs] : [outputs, inputs];
      const factors = await openFactors([{ rows, columns, rank, version: 2, input: { features: inputs, transposed } }]);
      const before = normal(rows * columns, 0.1);
      // Six directions of inputs; the three of outputs that are followed are not all that there are.
      const samples = few(batch, inputs, 6);
      const update = normal(rows * columns, 1e-3);
      const run = () => factors.run([update], [before], [float32(samples, [batch, inputs])]);
      for (let step = 0; step < 11; step++) await run();
      const [found] = await run();
      await factors.release();
      const stored = before.map((value, i) => Math.fround(Math.fround(value + update[i]!) - value));
      const onInputs = (weight: Float32Array) =>
        transposed ? multiply(samples, weight, inputs) : multiply(samples, transpose(weight, columns), inputs);
      const [exact, kept] = [onInputs(stored), onInputs(found!.decoded)];
      expect(distance(kept, exact) / norm(exact)).toBeLessThan(INT8);
      // Random updates are of full rank: nearly all else of them is lost.
      expect(found!.lost).toBeGreaterThan(0.7);
    },
  );

  test('in the order of their size, and what is not seen any more stays', async () => {
    const [rows, columns, rank, batch] = [20, 24, 6, 50];
    const factors = await openFactors([
      { rows, columns, rank, version: 2, input: { features: columns, transposed: false } },
    ]);
    const axes = (sizes: Record<number, number>) =>
      float32(
        Float32Array.from({ length: batch * columns }, (_, at) => (sizes[at % columns] ?? 0) * random.normal()),
        [batch, columns],
      );
    const run = async (sizes: Record<number, number>) =>
      (await factors.run([normal(rows * columns, 1e-3)], [normal(rows * columns)], [axes(sizes)]))[0]!.subspace;
    let subspace: Float32Array = new Float32Array();
    for (let step = 0; step < 30; step++) subspace = await run({ 3: 9, 7: 3, 11: 1, 5: 0.3 });
    // Four directions, one less than a third of the rank would leave them with no other.
    [3, 7, 11, 5].forEach((axis, i) => expect(Math.abs(subspace[i * columns + axis]!)).toBeGreaterThan(0.95));
    const still = await run({});
    expect(still).toEqual(subspace);
    await factors.release();
  });

  test('of a convolution, with its padding, strides and dilations', async () => {
    const windows = {
      ...{ kernel: [3, 2], strides: [2, 1], dilations: [1, 2], begins: [1, 0], ends: [1, 1] },
      ...{ input: [4, 4], output: [2, 3], channels: 5, filters: 16, group: 1, taps: 6, places: 6 },
    };
    const [rows, columns, rank, batch] = [16, 30, 12, 8];
    const input = { features: 5, transposed: false, windows };
    const factors = await openFactors([{ rows, columns, rank, version: 2, input }]);
    const images = float32(few(batch, 80, 1), [batch, 5, 4, 4]);
    const g = new GraphBuilder({ name: 'convolution' });
    const attributes = { strides: windows.strides, dilations: windows.dilations, pads: [1, 0, 1, 1] };
    const weight = g.op('Reshape', [g.input('weight', 'float32', [rows, columns]), g.ints([rows, 5, 3, 2])]);
    g.output(g.rename(g.op('Conv', [g.input('x', 'float32', [batch, 5, 4, 4]), weight], attributes), 'y'), 'float32');
    const session = await runtime.createSession(encodeModel(g.model()));
    const convolve = async (values: Float32Array) =>
      (await session.run({ x: images, weight: float32(values, [rows, columns]) })).y!.data as Float32Array;
    const before = normal(rows * columns, 0.1);
    const update = normal(rows * columns, 1e-3);
    for (let step = 0; step < 11; step++) await factors.run([update], [before], [images]);
    const [found] = await factors.run([update], [before], [images]);
    const stored = before.map((value, i) => Math.fround(Math.fround(value + update[i]!) - value));
    const [exact, kept] = [await convolve(stored), await convolve(found!.decoded)];
    // One image, more or less bright, has six windows, and eight directions of thirty are followed.
    expect(distance(kept, exact) / norm(exact)).toBeLessThan(INT8);
    expect(found!.lost).toBeGreaterThan(0.4);
    await session.release();
    await factors.release();
  });

  test.each([0, 1e30, 1e-30])('and are numbers where inputs are %d', async (size) => {
    const [rows, columns, rank] = [8, 12, 3];
    const input = { features: columns, transposed: false };
    const factors = await openFactors([{ rows, columns, rank, version: 2, input }]);
    for (let step = 0; step < 3; step++) {
      const inputs = float32(normal(16 * columns, size), [16, columns]);
      const [found] = await factors.run([normal(rows * columns)], [normal(rows * columns)], [inputs]);
      expect(found!.decoded.every(Number.isFinite)).toBe(true);
      expect(found!.subspace.every(Number.isFinite)).toBe(true);
    }
    await factors.release();
  });
});
