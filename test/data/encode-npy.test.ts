import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteReader } from '../../src/data/byte-reader.js';
import { encodeNpy } from '../../src/data/npy/encode.js';
import { readNpy } from '../../src/data/npy/decode.js';
import { elementCount } from '../../src/tensor.js';

const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 4 });

test('what is written is read again, bit by bit', async () => {
  await fc.assert(
    fc.asyncProperty(shapes, fc.boolean(), fc.nat(), async (shape, wide, seed) => {
      const numbers = Array.from({ length: elementCount(shape) }, (_, i) => Math.sin(seed + i) * 10 ** (i % 9));
      const data = wide ? Float64Array.from(numbers) : Float32Array.from(numbers);
      const bytes = encodeNpy({ shape, data });
      // NumPy maps files into memory, and wants elements to begin at a multiple of 64.
      expect((bytes.length - data.byteLength) % 64).toBe(0);
      const reader = new ByteReader(Readable.from([bytes]));
      expect(await readNpy(reader, bytes.length, 'test')).toMatchObject({ shape, data });
    }),
  );
});

test('a part of a larger array is written alone', async () => {
  const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  const bytes = encodeNpy({ shape: [2], data });
  const reader = new ByteReader(Readable.from([bytes]));
  expect((await readNpy(reader, bytes.length, 'test')).data).toEqual(Float32Array.of(2, 3));
  expect(() => encodeNpy({ shape: [3], data })).toThrow(RangeError);
});
