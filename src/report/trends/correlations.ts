/** How measures go together with losses, in words. */
import { formatNumber } from '../../plot/format.js';
import type { TrendsCorrelation } from '../../results/trends.js';

/** What is as likely by chance is not told from 0. */
const SIGNIFICANT = 0.05;

/** Whether a correlation can be told from 0: its interval leaves 0 out, and p is below 5 %. */
export function toldFromZero({ interval: [low, high], p }: TrendsCorrelation): boolean {
  return p < SIGNIFICANT && (low > 0 || high < 0);
}

/** A correlation with three decimals and a true minus sign: "−0.875". */
export function rhoText(value: number): string {
  const text = Math.abs(value).toFixed(3);
  return value < 0 && text !== '0.000' ? `−${text}` : text;
}

/** A probability: what is too small for a number of the machine is not 0. */
export function pText(p: number): string {
  return p === 0 ? '<10⁻³⁰⁰' : formatNumber(p, 2);
}
