/** What units come to survives its way into a file and back to the bit, and bytes that are none are refused. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InputError } from '../../src/errors.js';
import { decodeValue, encodeValue } from '../../src/shards/values.js';

const arrays = fc.oneof(fc.float32Array(), fc.float64Array(), fc.int32Array(), fc.uint32Array(), fc.uint8Array());

/** Keys that an encoding, or a prototype, could trip over. */
const key = fc.oneof(fc.string(), fc.constantFrom('#', 'is', 'entries', 'from', 'length', 'constructor', 'toString'));

const leaf = fc.oneof(
  fc.double(),
  fc.constantFrom(-0, NaN, Infinity, -Infinity, Number.MIN_VALUE, 2 ** 53),
  fc.string({ unit: 'binary' }),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  arrays,
);

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc.array(fc.tuple(fc.oneof(fc.integer(), key), tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
  ),
}));

test('any value comes back as it was, whatever lies in it', () => {
  fc.assert(
    fc.property(value, (given) => expect(isDeepStrictEqual(decodeValue(encodeValue(given)), given)).toBe(true)),
  );
});

test('every bit of a number counts: the sign of zero, and of what is no number', () => {
  const given = new Float64Array(
    new BigUint64Array([0x8000000000000000n, 0xfff8000000000001n, 0x7ff0000000000000n]).buffer,
  );
  const found = decodeValue(encodeValue({ given })) as { given: Float64Array };
  expect(new BigUint64Array(found.given.buffer)).toEqual(new BigUint64Array(given.buffer));
});

test('a part of a larger array is kept as that part, and found wherever the bytes lie', () => {
  const large = Float32Array.from({ length: 100 }, (_, i) => i);
  const bytes = encodeValue([large.subarray(3, 7), new Uint8Array(large.buffer, 5, 3)]);
  // As frames come out of a file: in the middle of a Buffer, at an odd place.
  const shifted = Buffer.concat([Buffer.alloc(13), bytes]).subarray(13);
  expect(decodeValue(shifted)).toEqual([Float32Array.of(3, 4, 5, 6), new Uint8Array(large.buffer.slice(5, 8))]);
});

test('a key called __proto__ is a key', () => {
  const given = JSON.parse('{"__proto__": {"polluted": 1}, "#": 2}') as object;
  const found = decodeValue(encodeValue(given));
  expect(Object.keys(found as object)).toEqual(['__proto__', '#']);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

describe('bytes that are no value', () => {
  test('are refused, and nothing else', () => {
    fc.assert(
      fc.property(value, fc.nat(), fc.integer({ min: 0, max: 255 }), (given, place, byte) => {
        const bytes = encodeValue(given).slice();
        bytes[place % bytes.length] = byte;
        try {
          decodeValue(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeValue(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
    );
  });

  test('cannot ask for more memory than they are', () => {
    const head = (text: string) => {
      const json = new TextEncoder().encode(text);
      const bytes = new Uint8Array(4 + json.length);
      new DataView(bytes.buffer).setUint32(0, json.length, true);
      bytes.set(json, 4);
      return bytes;
    };
    for (const lie of [
      '{"#":"float64","from":0,"length":1e15}',
      '{"#":"float64","from":-8,"length":1}',
      '{"#":"float64","from":0,"length":-1}',
      '{"#":"float64","from":0.5,"length":0}',
      '{"#":"map","entries":[[1]]}',
      '{"#":"other"}',
      '{"#":"number","is":"toString"}',
    ]) {
      expect(() => decodeValue(head(lie))).toThrow(/holds something that no shard of ours writes/);
    }
  });
});
