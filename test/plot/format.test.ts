import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  formatCount,
  formatNumber,
  formatPercent,
  formatSigned,
  formatSignedPercent,
  formatTicks,
  formatValue,
} from '../../src/plot/format.js';
import { shortestFloat32 } from '../../src/numeric/short-number.js';

test.each([
  [0, '0'],
  [0.4123, '0.412'],
  [-12.34, '−12.3'],
  [3, '3.00'],
  [999.6, '1,000'],
  [12345, '12,300'],
  [-123456, '−123,000'],
  [0.00123, '0.00123'],
  [2.4e-7, '2.40 × 10⁻⁷'],
  [1.234e10, '1.23 × 10¹⁰'],
  [NaN, 'not a number'],
  [-Infinity, '−∞'],
])('formatNumber(%p) = %p', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test('three significant digits are what is read back', () => {
  const digits: Record<string, string> = Object.fromEntries(Array.from('⁰¹²³⁴⁵⁶⁷⁸⁹', (digit, i) => [digit, String(i)]));
  const parse = (text: string) =>
    Number(
      text
        .replaceAll(',', '')
        .replaceAll('−', '-')
        .replace(/ × 10(⁻?)(.+)$/, (_, minus: string, power: string) => {
          return `e${minus ? '-' : ''}${Array.from(power, (digit) => digits[digit]!).join('')}`;
        }),
    );
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }), (value) => {
      expect(parse(formatNumber(value))).toBe(value === 0 ? 0 : Number(value.toPrecision(3)));
    }),
  );
});

describe('shares', () => {
  test('what is not certain never reads as certain', () => {
    expect(formatPercent(0.982)).toBe('98.2 %');
    expect(formatPercent(1)).toBe('100 %');
    expect(formatPercent(0.99999)).toBe('>99.9 %');
    expect(formatPercent(1e-9)).toBe('<0.1 %');
    expect(formatPercent(0)).toBe('0 %');
  });

  test('signs are shown where they matter', () => {
    expect(formatSignedPercent(0.34)).toBe('+34.0 %');
    expect(formatSignedPercent(-0.0512)).toBe('−5.12 %');
    expect(formatSignedPercent(-0.0001)).toBe('0 %');
    expect(formatSigned(0.5)).toBe('+0.500');
    expect(formatSigned(-0.5)).toBe('−0.500');
  });
});

test('counts in full', () => {
  expect(formatCount(278500)).toBe('278,500');
  expect(formatCount(7)).toBe('7');
});

test('values of data are written as their owner wrote them, whatever 32 bits made of them', () => {
  for (const text of ['2005', '1254565', '2155676', '18.42395', '0.1', '-0.3', '16777215', '0.0001234']) {
    expect(formatValue(Math.fround(Number(text)))).toBe(text.replace('-', '−'));
  }
  expect([formatValue(undefined), formatValue(NaN), formatValue(0)]).toEqual(['–', '–', '0']);
  expect(shortestFloat32(1.5e300)).toBe(1.5e300);
  for (let i = 0; i < 1000; i++) {
    const value = Math.fround(Math.sin(i) * 10 ** ((i % 60) - 30));
    expect(Math.fround(shortestFloat32(value))).toBe(value);
  }
});

test.each([
  [
    [0, 0.25, 0.5],
    ['0', '0.25', '0.50'],
  ],
  [
    [-0.5, 0, 0.5],
    ['−0.5', '0', '0.5'],
  ],
  [
    [0, 5000, 10000],
    ['0', '5,000', '10,000'],
  ],
  [
    [0, 2e-5, 4e-5],
    ['0', '2 × 10⁻⁵', '4 × 10⁻⁵'],
  ],
  [
    [0, 2.5e6, 5e6],
    ['0', '2.5 × 10⁶', '5.0 × 10⁶'],
  ],
  [[3], ['3.00']],
])('ticks %p read %p', (ticks, labels) => {
  if (ticks.length === 1) expect(formatTicks(ticks)).toHaveLength(1);
  else expect(formatTicks(ticks)).toEqual(labels);
});
