import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InputError } from '../../../src/errors.js';
import { encodeLowRank, lowrank, lowRankBytes, lowRankParts } from '../../../src/log/codecs/lowrank.js';
import { layerLayout } from '../../../src/log/format/layer.js';

const [rows, columns, others] = [3, 8, 5];
const layout = layerLayout({
  name: 'layer',
  tensors: [
    { name: 'weight', dims: [rows, 2, 4] },
    { name: 'bias', dims: [others] },
  ],
});

const level = fc.integer({ min: -128, max: 127 });
const scale = fc.float({ min: 0, max: Math.fround(1e16), noNaN: true });
const levels = (length: number) =>
  fc.array(level, { minLength: length, maxLength: length }).map((values) => Int8Array.from(values));
const floats = (length: number, of = scale) =>
  fc.array(of, { minLength: length, maxLength: length }).map((values) => Float32Array.from(values));
const parts = fc.integer({ min: 0, max: rows }).chain((rank) =>
  fc.record({
    rank: fc.constant(rank),
    lost: fc.float({ min: 0, max: 1, noNaN: true }),
    leftScales: floats(rank),
    rightScales: floats(rank),
    others: floats(others, fc.float({ noNaN: true })),
    left: levels(rank * rows),
    right: levels(rank * columns),
  }),
);

function decode(payload: Uint8Array): Float32Array {
  const out = new Float32Array(layout.size).fill(NaN);
  lowrank.decode(payload, layout, out);
  return out;
}

test('a layer is a matrix where its first tensor has two dimensions at least', () => {
  expect(layout.matrix).toEqual({ rows: 3, columns: 8 });
  const matrixOf = (dims: number[]) => layerLayout({ name: 'layer', tensors: [{ name: 'weight', dims }] }).matrix;
  expect(matrixOf([4, 0])).toEqual({ rows: 4, columns: 0 });
  expect(matrixOf([4])).toBeUndefined();
  expect(matrixOf([])).toBeUndefined();
});

test('parts come back as they were, wherever the payload begins', () => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 0, max: 7 }), (given, offset) => {
      const payload = encodeLowRank(given, layout);
      expect(payload.length).toBe(lowRankBytes(given.rank, layout));
      expect(payload.length).toBeLessThanOrEqual(lowrank.maxBytes(layout));
      const moved = new Uint8Array(offset + payload.length).subarray(offset);
      moved.set(payload);
      expect(lowRankParts(moved, layout)).toEqual(given);
    }),
  );
});

test('decodes to the sum of its outer products, and the other tensors to the bit', () => {
  fc.assert(
    fc.property(parts, (given) => {
      const decoded = decode(encodeLowRank(given, layout));
      expect(decoded.slice(rows * columns)).toEqual(given.others);
      for (let a = 0; a < rows; a++) {
        for (let b = 0; b < columns; b++) {
          let sum = 0;
          let magnitude = 0;
          for (let j = 0; j < given.rank; j++) {
            const term =
              given.leftScales[j]! *
              given.left[j * rows + a]! *
              (given.rightScales[j]! * given.right[j * columns + b]!);
            sum += term;
            magnitude += Math.abs(term);
          }
          // One rounding to float32; the sums themselves are float64.
          const error = Math.abs(decoded[a * columns + b]! - sum);
          expect(error).toBeLessThanOrEqual(2 ** -24 * Math.abs(sum) + 2 ** -50 * magnitude + 2 ** -149);
        }
      }
    }),
  );
});

describe('a payload is refused', () => {
  const whole = encodeLowRank(
    {
      rank: 2,
      lost: 0.5,
      leftScales: Float32Array.of(1, 2),
      rightScales: Float32Array.of(3, 4),
      others: new Float32Array(others),
      left: new Int8Array(2 * rows).fill(1),
      right: new Int8Array(2 * columns).fill(-1),
    },
    layout,
  );

  test('when it is shorter or longer than its rank says', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(() => decode(whole.slice(0, length))).toThrow(InputError);
    }
    expect(() => decode(Buffer.concat([whole, Buffer.alloc(1)]))).toThrow(/bytes of lowrank, expected/);
  });

  test.each([rows + 1, 2 ** 31, 2 ** 32 - 1])('of rank %d, which the layer cannot have', (rank) => {
    const payload = whole.slice();
    new DataView(payload.buffer).setUint32(0, rank, true);
    expect(() => decode(payload)).toThrow(/rank .* at most 3/);
  });

  test.each([NaN, Infinity, -1])('with a scale or share of %d', (value) => {
    for (const at of [4, 8, 12, 16, 20]) {
      const payload = whole.slice();
      new DataView(payload.buffer).setFloat32(at, value, true);
      expect(() => decode(payload)).toThrow(/scale or share/);
    }
  });

  test('for a layer that is no matrix', () => {
    const vector = layerLayout({ name: 'vector', tensors: [{ name: 'bias', dims: [9] }] });
    expect(() => lowRankParts(whole, vector)).toThrow(/no matrix/);
  });

  test('or read, whatever its bytes are, and nothing else happens', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: -9, max: 9 }),
        (changes, cut) => {
          const payload = Buffer.concat([whole, Buffer.alloc(9)]).subarray(0, whole.length + cut);
          for (const [at, value] of changes) if (at < payload.length) payload[at] = value;
          try {
            expect(decode(payload)).toHaveLength(layout.size);
          } catch (error) {
            if (!(error instanceof InputError)) throw error;
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
