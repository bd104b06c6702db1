import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InputError } from '../../../src/errors.js';
import type { Codec } from '../../../src/log/codecs/codec.js';
import { chooseCodec, codecChoices, codecOf, codecs, largestRank } from '../../../src/log/codecs/registry.js';
import { layerLayout } from '../../../src/log/format/layer.js';

const layout = layerLayout({
  name: 'layer',
  tensors: [
    { name: 'weight', dims: [3, 2, 2] },
    { name: 'bias', dims: [5] },
  ],
});

/** Numbers of every size that an update may have, zeros and the smallest and largest float32 among them. */
const element = fc.oneof(
  { weight: 6, arbitrary: fc.float({ min: -1, max: 1, noNaN: true }) },
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.float({ min: Math.fround(-1e38), max: Math.fround(1e38), noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(2 ** -149, -(2 ** -130), 2 ** -126, 1e-30) },
);
const delta = fc
  .array(element, { minLength: layout.size, maxLength: layout.size })
  .map((values) => Float32Array.from(values));
const deltas = fc.array(delta, { minLength: 1, maxLength: 8 });

function decode(codec: Codec, payload: Uint8Array): Float32Array {
  const out = new Float32Array(layout.size).fill(NaN);
  codec.decode(payload.slice(), layout, out);
  return out;
}

/** Largest magnitude in the row of each element. */
function rowMaxima(values: ArrayLike<number>): number[] {
  let begin = 0;
  return [...layout.rowEnds].flatMap((end) => {
    const row = Array.from(values).slice(begin, end).map(Math.abs);
    begin = end;
    return row.map(() => Math.max(...row));
  });
}

/** The error of one step that each lossy codec states, given the magnitudes of the elements and of their rows. */
const statedError = {
  // Half a step of max / 127; the scale itself is rounded to float32.
  int8: (_value: number, rowMax: number) => (rowMax / 254) * (1 + 2 ** -20) + 2 ** -127,
  // Half a unit of 11 bits; 2^-25 of a scale of at most rowMax / 2^14 below that.
  float16: (value: number, rowMax: number) =>
    Math.max(value * 2 ** -11, rowMax * 2 ** -39) * (1 + 2 ** -20) + 2 ** -149,
};

test('rows are those of a matrix, and a vector is one', () => {
  expect([...layout.rowEnds]).toEqual([4, 8, 12, 17]);
  expect(layout.size).toBe(17);
});

test('float32 gives back every bit, whatever it means', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: layout.size, maxLength: layout.size }), (bits) => {
      const values = new Float32Array(Int32Array.from(bits).buffer);
      const decoded = decode(codecs.float32, codecs.float32.encoder(layout).encode(values));
      expect([...new Int32Array(decoded.buffer)]).toEqual(bits);
    }),
  );
});

describe.each(['int8', 'float16'] as const)('%s', (name) => {
  const codec = codecs[name];

  test('decodes a step to within the stated error', () => {
    fc.assert(
      fc.property(delta, (values) => {
        const decoded = decode(codec, codec.encoder(layout).encode(values));
        const maxima = rowMaxima(values);
        const within = (value: number, i: number) =>
          Math.abs(decoded[i]! - value) <= statedError[name](Math.abs(value), maxima[i]!);
        expect([...values].filter((value, i) => !within(value, i))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('owes exactly what it lost: decoded steps and the residual add up to the deltas', () => {
    fc.assert(
      fc.property(deltas, (steps) => {
        const encoder = codec.encoder(layout);
        const owed = new Float64Array(layout.size);
        const largest = new Float64Array(layout.size);
        for (const step of steps) {
          const maxima = rowMaxima(step);
          const decoded = decode(codec, encoder.encode(step));
          step.forEach((value, i) => {
            owed[i]! += value - decoded[i]!;
            largest[i] = Math.max(largest[i]!, maxima[i]!);
          });
        }
        // The residual is float32: each step may round it by 2^-24 of itself, and it is below the largest delta.
        const rounding = Array.from(largest, (value) => steps.length * (2 ** -24 * value + 2 ** -149));
        const paid = (value: number, i: number) => Math.abs(value - encoder.residual![i]!) <= rounding[i]!;
        expect([...owed].filter((value, i) => !paid(value, i))).toEqual([]);
      }),
    );
  });

  test('does not let the error grow with the number of steps', () => {
    const encoder = codec.encoder(layout);
    const step = Float32Array.from({ length: layout.size }, (_, i) => Math.sin(i + 1) / 100);
    const maxima = rowMaxima(step);
    for (let t = 0; t < 2000; t++) encoder.encode(step);
    encoder.residual!.forEach((value, i) => {
      // What is coded is the delta and the residual: twice the delta at the very most.
      expect(Math.abs(value)).toBeLessThanOrEqual(statedError[name](2 * Math.abs(step[i]!), 2 * maxima[i]!));
    });
  });

  test('continues from a residual as if it had never stopped', () => {
    fc.assert(
      fc.property(deltas, deltas, (before, after) => {
        const whole = codec.encoder(layout);
        for (const step of before) whole.encode(step);
        const resumed = codec.encoder(layout, Float32Array.from(whole.residual!));
        for (const step of after) expect([...resumed.encode(step)]).toEqual([...whole.encode(step)]);
        expect(resumed.residual).toEqual(whole.residual);
      }),
    );
  });

  test('a row that did not move decodes to zeros and costs its scale only', () => {
    const encoder = codec.encoder(layout);
    const full = encoder.encode(Float32Array.from({ length: layout.size }, (_, i) => Math.sin(i + 1))).length;
    const owed = encoder.residual!.slice();
    const step = Float32Array.from({ length: layout.size }, (_, i) => (i >= 4 && i < 8 ? 0 : Math.cos(i)));
    const payload = encoder.encode(step);
    expect([...decode(codec, payload).slice(4, 8)]).toEqual([0, 0, 0, 0]);
    expect(encoder.residual!.slice(4, 8)).toEqual(owed.slice(4, 8));
    expect(full - payload.length).toBe(4 * (name === 'int8' ? 1 : 2));
  });

  test.each([NaN, Infinity, -Infinity])('refuses %d', (value) => {
    const step = new Float32Array(layout.size);
    step[9] = value;
    expect(() => codec.encoder(layout).encode(step)).toThrow(InputError);
  });

  test('refuses a payload of another shape', () => {
    const payload = codec.encoder(layout).encode(new Float32Array(layout.size).fill(1)).slice();
    const out = new Float32Array(layout.size);
    for (const length of [0, 5, payload.length - 1]) {
      expect(() => codec.decode(payload.slice(0, length), layout, out)).toThrow(InputError);
    }
    expect(() => codec.decode(Buffer.concat([payload, Buffer.alloc(1)]), layout, out)).toThrow(InputError);
  });
});

test('float16 rounds to nearest, ties to even, as its format says', () => {
  // Row of one vector whose largest element fixes the scale at 1: 2^14.
  const row = layerLayout({ name: 'vector', tensors: [{ name: 'bias', dims: [9] }] });
  const values = [
    2 ** 14,
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
    1 + 2 ** -11 + 2 ** -20,
    2 ** -14,
    2 ** -24,
    2 ** -25,
    3 * 2 ** -26,
    -2.5,
  ];
  const out = new Float32Array(9);
  codecs.float16.decode(codecs.float16.encoder(row).encode(Float32Array.from(values)).slice(), row, out);
  expect([...out]).toEqual([2 ** 14, 1, 1 + 2 ** -9, 1 + 2 ** -10, 2 ** -14, 2 ** -24, 0, 2 ** -24, -2.5]);
});

describe('registry', () => {
  test('every codec stands under its own name, and is a choice', () => {
    for (const [name, codec] of Object.entries(codecs)) expect(codec.name).toBe(name);
    expect(codecChoices).toEqual(['auto', ...Object.keys(codecs)]);
  });

  test('auto keeps small layers lossless', () => {
    const layer = (dims: number[]) => ({ name: 'layer', tensors: [{ name: 'weight', dims }] });
    expect(chooseCodec('auto', layer([6, 1, 5, 5]))).toBe('float32');
    expect(chooseCodec('auto', layer([120, 400]))).toBe('int8');
    expect(chooseCodec('float16', layer([120, 400]))).toBe('float16');
  });

  test('auto factors what is large and shrinks by it; lowrank whatever shrinks', () => {
    const layer = (dims: number[]) => ({ name: 'layer', tensors: [{ name: 'weight', dims }] });
    expect(chooseCodec('auto', layer([1024, 1024]), 16)).toBe('lowrank');
    // Not a matrix that is applied as one.
    expect(chooseCodec('auto', layer([1024, 1024]))).toBe('int8');
    // Too small, too thin, too high a rank.
    expect(chooseCodec('auto', layer([1024, 1023]), 16)).toBe('int8');
    expect(chooseCodec('auto', layer([32, 32_768]), 16)).toBe('int8');
    expect(chooseCodec('auto', layer([1024, 1024]), 200)).toBe('int8');
    expect(chooseCodec('lowrank', layer([128, 784]), 16)).toBe('lowrank');
    expect(chooseCodec('lowrank', layer([10, 400]), 16)).toBe('float32');
    expect(chooseCodec('lowrank', layer([10, 512]), 16)).toBe('int8');
  });

  test('the largest rank is the last at which factors are smaller than int8', () => {
    const layer = { name: 'layer', tensors: [{ name: 'weight', dims: [60, 90] }] };
    const most = largestRank(layer);
    expect(most).toBe(35);
    expect(chooseCodec('lowrank', layer, most)).toBe('lowrank');
    expect(chooseCodec('lowrank', layer, most + 1)).toBe('int8');
    expect(largestRank({ name: 'layer', tensors: [{ name: 'weight', dims: [4] }] })).toBe(0);
  });

  test('an unknown codec or version asks for a newer program', () => {
    expect(() => codecOf('sketch', 1)).toThrow(/codec "sketch" version 1 is unknown.*upgrade/);
    expect(() => codecOf('int8', 2)).toThrow(InputError);
    expect(() => codecOf('constructor', 1)).toThrow(InputError);
  });
});
