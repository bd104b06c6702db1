import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cholesky, invertLower } from '../../src/numeric/cholesky.js';

const matrices = fc.integer({ min: 1, max: 7 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    entries: fc.array(fc.double({ min: -2, max: 2, noNaN: true }), {
      minLength: size * size,
      maxLength: size * size,
    }),
  }),
);

const product = (a: ArrayLike<number>, b: ArrayLike<number>, size: number, transposed: boolean) =>
  Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += a[i * size + k]! * (transposed ? b[j * size + k]! : b[k * size + j]!);
    return sum;
  });

test('L Lᵀ is the matrix, and the inverse undoes L', () => {
  fc.assert(
    fc.property(matrices, ({ size, entries }) => {
      // X Xᵀ + 1 is positive definite.
      const matrix = Float64Array.from(product(entries, entries, size, true));
      for (let i = 0; i < size; i++) matrix[i * size + i]! += 1;
      const lower = cholesky(matrix, size)!;
      const identity = Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
      // Entries up to 29, conditions up to about 200: float64 leaves some 1e-13.
      expect(product(lower, lower, size, true)).toBeAllClose(matrix, { absolute: 1e-12 });
      expect(product(invertLower(lower, size), lower, size, false)).toBeAllClose(identity, { absolute: 1e-11 });
    }),
  );
});

test('a matrix that is not positive definite has no factor', () => {
  expect(cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBeUndefined();
  expect(cholesky(Float64Array.of(NaN), 1)).toBeUndefined();
});
