/** Numbers as people read them: three significant digits, a true minus sign, powers of ten instead of "e-7". */
import { shortestFloat32 } from '../numeric/short-number.js';

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/**
 * A measured number with three significant digits: "0.412", "−12.3", "12,300", "2.40 × 10⁻⁷".
 * @param digits significant digits
 */
export function formatNumber(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'not a number' : value < 0 ? '−∞' : '∞';
  if (value === 0) return '0';
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e') as [string, string];
  const power = Number(exponent);
  if (power < -3 || power >= 6) return `${withMinus(mantissa)} × 10${superscript(power)}`;
  if (power >= digits) return withMinus(grouped(Number(value.toPrecision(digits))));
  return withMinus(value.toFixed(digits - 1 - power));
}

/** A value of somebody's data, as they wrote it: "2005", "−0.1"; "–" where it is none. */
export function formatValue(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '–' : withMinus(String(shortestFloat32(value)));
}

/** A number whose sign matters: "+0.412", "−0.0870". */
export function formatSigned(value: number, digits = 3): string {
  return value > 0 ? `+${formatNumber(value, digits)}` : formatNumber(value, digits);
}

/** A whole number in full: "278,500". */
export function formatCount(value: number): string {
  return withMinus(grouped(Math.round(value)));
}

/** A probability or share from 0 to 1: "98.2 %". What is not quite certain never reads as 100 %, nor as 0 %. */
export function formatPercent(share: number): string {
  if (share > 0 && share < 0.001) return '<0.1 %';
  if (share < 1 && share > 0.9995) return '>99.9 %';
  return `${formatNumber(share * 100)} %`;
}

/** A share whose sign matters, of magnitude at most 1: "+34.0 %", "−5.10 %". */
export function formatSignedPercent(share: number): string {
  return Math.abs(share) < 0.0005 ? '0 %' : `${formatSigned(share * 100)} %`;
}

/** Labels of the ticks of one axis: all with the same number of decimals, or all as powers of ten. */
export function formatTicks(ticks: readonly number[]): string[] {
  const largest = Math.max(...ticks.map(Math.abs), 0);
  const steps = ticks.slice(1).map((tick, i) => Math.abs(tick - ticks[i]!));
  const step = steps.length > 0 ? Math.min(...steps) : largest;
  if (largest === 0 || step === 0) return ticks.map((tick) => formatNumber(tick));
  if (largest >= 1e6 || largest < 1e-3) {
    const power = Math.floor(Math.log10(largest) + 1e-9);
    const decimals = decimalsOf(step / 10 ** power);
    return ticks.map((tick) =>
      tick === 0 ? '0' : `${withMinus((tick / 10 ** power).toFixed(decimals))} × 10${superscript(power)}`,
    );
  }
  const decimals = decimalsOf(step);
  return ticks.map((tick) =>
    tick === 0 ? '0' : withMinus(decimals === 0 ? grouped(Math.round(tick)) : tick.toFixed(decimals)),
  );
}

/** Decimals needed to write a 1, 2, 2.5 or 5 times power of ten exactly. */
function decimalsOf(step: number): number {
  for (let decimals = 0; decimals < 12; decimals++) {
    const scaled = step * 10 ** decimals;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return decimals;
  }
  return 12;
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

function superscript(power: number): string {
  const digits = Array.from(String(Math.abs(power)), (digit) => superscripts[Number(digit)]!).join('');
  return power < 0 ? `⁻${digits}` : digits;
}

function withMinus(text: string): string {
  // Rounding can leave "-0.00", which says nothing that "0.00" does not.
  return /[1-9]/.test(text) ? text.replace('-', '−') : text.replace('-', '');
}
