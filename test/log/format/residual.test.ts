import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InputError } from '../../../src/errors.js';
import { onnx_explain } from '../../../src/log/gen/delta-log.js';
import { layerLayout } from '../../../src/log/format/layer.js';
import { decodeResidual, encodeResidual, residualRounding } from '../../../src/log/format/residual.js';

const { LayerResidual } = onnx_explain.log;
const layout = layerLayout({
  name: 'layer',
  tensors: [
    { name: 'weight', dims: [3, 4] },
    { name: 'bias', dims: [5] },
  ],
});
const place = { step: 7, origin: 99 };

const numbers = (of: fc.Arbitrary<number>) =>
  fc.array(of, { minLength: layout.size, maxLength: layout.size }).map((values) => Float32Array.from(values));
const float = fc.oneof(fc.float({ noNaN: true, min: -(2 ** 127), max: 2 ** 127 }), fc.constant(0));

test('float32 comes back to the bit', () => {
  fc.assert(
    fc.property(numbers(fc.float()), (values) => {
      expect(decodeResidual(encodeResidual(place, values, 'float32', layout), place, layout)).toEqual(values);
    }),
  );
  expect(residualRounding('float32', 5)).toBe(0);
});

test('int16 is off by no more than it says, row by row, and zeros stay zeros', () => {
  fc.assert(
    fc.property(numbers(float), (values) => {
      const payload = encodeResidual(place, values, 'int16', layout);
      const found = decodeResidual(payload, place, layout);
      let begin = 0;
      for (const end of layout.rowEnds) {
        const row = values.slice(begin, end);
        const bound = residualRounding('int16', Math.max(...row.map(Math.abs)));
        const error = row.reduce((most, value, i) => Math.max(most, Math.abs(found[begin + i]! - value)), 0);
        expect(error).toBeLessThanOrEqual(bound);
        begin = end;
      }
      expect(found.every((value, i) => value === 0 || values[i] !== 0)).toBe(true);
      expect(decodeResidual(encodeResidual(place, found, 'int16', layout), place, layout)).toEqual(found);
    }),
  );
});

test('int16 takes half of the bytes, and refuses what is no number', () => {
  const large = layerLayout({ name: 'large', tensors: [{ name: 'weight', dims: [64, 256] }] });
  const values = new Float32Array(large.size).fill(0.25);
  const bytes = (form: 'float32' | 'int16') => encodeResidual(place, values, form, large).length;
  expect(bytes('int16')).toBeLessThan(0.51 * bytes('float32'));
  for (const value of [NaN, Infinity, -Infinity]) {
    const broken = Float32Array.from({ length: layout.size }, (_, i) => (i === 9 ? value : 1));
    expect(() => encodeResidual(place, broken, 'int16', layout)).toThrow(InputError);
  }
});

describe('a payload is refused', () => {
  const levels = new Uint8Array(2 * layout.size);
  const scalesOf = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
  const encoded = (fields: { values?: Uint8Array; scales?: Uint8Array; step?: number; origin?: number }) =>
    LayerResidual.encode(
      new LayerResidual({ ...place, values: levels, scales: scalesOf(1, 1, 1, 1), ...fields }),
    ).finish();
  const refusal = (payload: Uint8Array) => {
    try {
      decodeResidual(payload, place, layout);
    } catch (error) {
      if (error instanceof InputError) return error.message;
      throw error;
    }
    return 'read';
  };

  test('when it is of another place or size', () => {
    expect(refusal(encoded({}))).toBe('read');
    expect(refusal(encoded({ step: 8 }))).toBe('residual of step 8, expected step 7');
    expect(refusal(encoded({ origin: 98 }))).toMatch(/belongs to another layer/);
    expect(refusal(encoded({ scales: scalesOf(1, 1, 1) }))).toBe('residual with 12 bytes of scales, expected 16');
    expect(refusal(encoded({ values: levels.slice(1) }))).toBe('residual of 33 bytes, expected 34');
    expect(refusal(encoded({ scales: new Uint8Array() }))).toBe('residual of 34 bytes, expected 68');
    expect(refusal(encoded({ values: new Uint8Array(68) }))).toBe('residual of 68 bytes, expected 34');
  });

  test.each([NaN, Infinity, -1])('with a scale of %d', (scale) => {
    expect(refusal(encoded({ scales: scalesOf(1, 1, scale, 1) }))).toBe(`residual with a scale of ${scale}`);
  });

  test('or read, whatever its bytes are, and nothing else happens', () => {
    const whole = encoded({});
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1 }), (changes) => {
        const payload = whole.slice();
        for (const [at, value] of changes) payload[at] = value;
        refusal(payload);
      }),
      { numRuns: 500 },
    );
  });
});
