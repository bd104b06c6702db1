import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { float16Values, fromBfloat16, fromFloat16, toFloat16 } from '../../src/numeric/float16.js';
import { fallingOrder, risingOrder } from '../../src/numeric/order.js';
import { sigmoid, softmax } from '../../src/numeric/probabilities.js';
import { gini, meanAndDeviation, median, midRanks, pearson, quantile, spearman } from '../../src/numeric/statistics.js';
import { cosine, indexOfMax, maxNorm } from '../../src/numeric/vectors.js';

const numbers = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 30 });

test('mid-ranks count what is below, and half of what is equal', () => {
  fc.assert(
    fc.property(numbers, (values) => {
      const expected = values.map((value) => {
        const below = values.filter((other) => other < value).length;
        const equal = values.filter((other) => other === value).length;
        return below + (equal + 1) / 2;
      });
      expect([...midRanks(values)]).toEqual(expected);
    }),
  );
});

test('mid-ranks of what is not a number end, too', () => {
  expect(midRanks([NaN, NaN, 1])).toHaveLength(3);
});

test('orders are stable, and each the other turned where nothing is equal', () => {
  expect([...risingOrder([2, 1, 2, 0])]).toEqual([3, 1, 0, 2]);
  expect([...fallingOrder([2, 1, 2, 0])]).toEqual([0, 2, 1, 3]);
});

test('floats are ordered by their bytes as they are by comparison', () => {
  const special = fc.constantFrom(0, -0, Infinity, -Infinity, 1e-45, -1e-45, 3.4e38, 1, -1);
  fc.assert(
    fc.property(fc.array(fc.oneof(special, fc.float({ noNaN: true })), { maxLength: 40 }), (values) => {
      const floats = Float32Array.from(values);
      expect(risingOrder(floats)).toEqual(risingOrder([...floats]));
      expect(midRanks(floats)).toEqual(midRanks([...floats]));
    }),
  );
  // Large enough for each byte to tell values apart.
  const many = Float32Array.from({ length: 3000 }, (_, i) => Math.sin(i * i) * 10 ** (i % 9));
  expect(risingOrder(many)).toEqual(risingOrder([...many]));
  const withoutPlace = Float32Array.of(1, NaN, 0);
  expect(risingOrder(withoutPlace)).toEqual(risingOrder([...withoutPlace]));
});

test.each([
  [[], 0.5, 0],
  [[3, 1, 2], 0, 1],
  [[3, 1, 2], 0.5, 2],
  [[3, 1, 2], 1, 3],
])('the quantile of %j at %d is %d', (values, q, expected) => {
  expect(quantile(values, q)).toBe(expected);
});

test('what the textbook says of small samples', () => {
  expect(median([4, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(meanAndDeviation([1, 2, 3, 4])).toEqual({ mean: 2.5, deviation: Math.sqrt(5 / 3) });
  expect(meanAndDeviation([7])).toEqual({ mean: 7, deviation: 0 });
  expect(pearson([1, 2, 3], [2, 4, 6])).toBe(1);
  expect(pearson([1, 2, 3], [5, 5, 5])).toBe(0);
  expect(spearman([1, 2, 3], [1, 10, 1000])).toBe(1);
  expect(gini([1, 1, 1, 1])).toBe(0);
  expect(gini([0, 0, 0, 8])).toBe(0.75);
  expect(cosine([1, 0], [0, 0])).toBe(0);
  expect(indexOfMax([1, 3, 3])).toBe(1);
  expect(maxNorm([1, NaN, 3])).toBeNaN();
});

test('softmax is the shares of the exponentials, and overflows for no score', () => {
  const [a, b] = softmax([1, 2]);
  expect(a! + b!).toBeCloseTo(1, 15);
  expect(b).toBeCloseTo(sigmoid(1), 15);
  expect([...softmax([-1e308, 1e308])]).toEqual([0, 1]);
  for (const scores of [
    [NaN, 1],
    [1, Infinity],
  ])
    expect(softmax(scores).some(Number.isFinite)).toBe(false);
});

test('every float16 comes back from its number, and is nearest to what lies around it', () => {
  const values = float16Values();
  for (let bits = 0; bits < 65536; bits++) {
    const value = values[bits]!;
    if (Number.isNaN(value)) expect(fromFloat16(toFloat16(value))).toBeNaN();
    else if (toFloat16(value) !== bits) throw new Error(`${value} becomes ${toFloat16(value)}, not ${bits}`);
  }
  fc.assert(
    fc.property(fc.double({ min: -70000, max: 70000, noNaN: true }), (value) => {
      const float = Math.fround(value);
      const found = fromFloat16(toFloat16(value));
      if (Math.abs(float) >= 65520) return expect(found).toBe(Math.sign(float) * Infinity);
      const bits = toFloat16(value) & 0x7fff;
      const around = [bits - 1, bits + 1].filter((each) => each >= 0).map((each) => fromFloat16(each));
      for (const other of around) {
        expect(Math.abs(Math.abs(float) - Math.abs(found))).toBeLessThanOrEqual(Math.abs(Math.abs(float) - other));
      }
    }),
  );
});

test('bfloat16 is the upper half of a float32', () => {
  expect([0x3f80, 0xc000, 0x0001, 0x7f80].map(fromBfloat16)).toEqual([1, -2, 2 ** -133, Infinity]);
});
