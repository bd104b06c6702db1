/** The data of a page as text that a page can carry. */
import { gzipSync, strToU8 } from 'fflate';
import type { PackedArray, Payload } from '../app/payload.js';

/** Digits that a page shows, and one more to compute with. */
const DIGITS = 5;

/** Digits of what is only drawn: densities of cosines, which are most of a large trace. */
const DRAWN = 3;

/** Compressed JSON as base64; `unpack` of the page reads it. Numbers are rounded to five significant digits, those of curves that are only drawn to three. */
export function pack(payload: Payload): string {
  const text = JSON.stringify(payload, (key, value: unknown) => {
    if (key === 'density' && Array.isArray(value)) return value.map((each: number) => Number(each.toPrecision(DRAWN)));
    return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value;
  });
  return Buffer.from(gzipSync(strToU8(text), { level: 6, mtime: 0 })).toString('base64');
}

/** An array for a page. @param values what is not finite counts as 0 */
export function packArray(values: ArrayLike<number>, shape: readonly number[]): PackedArray {
  let limit = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) limit = Math.max(limit, Math.abs(values[i]!));
  const bytes = Buffer.alloc(2 * values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    bytes.writeInt16LE(limit > 0 && Number.isFinite(value) ? Math.round((value / limit) * 32767) : 0, 2 * i);
  }
  return { shape, limit, data: bytes.toString('base64') };
}
