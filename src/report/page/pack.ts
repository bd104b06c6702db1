/** The data of a page as text that a page can carry. */
import { gzipSync, strToU8 } from 'fflate';
import { shortestFloat32 } from '../../numeric/short-number.js';
import type { Heights, PackedArray, Payload } from '../app/payload.js';

/** Digits that a page shows, and one more to compute with. */
const DIGITS = 5;

/** Parts of a payload that hold values of data: rows that are written out, and features. */
const GIVEN: ReadonlySet<string> = new Set(['written', 'features']);

/** Points and heights that a curve is drawn with: densities of cosines, which would be most of a large trace. */
const [POINTS, HEIGHTS] = [100, 255];

/** Compressed JSON as base64; `unpack` of the page reads it. Numbers are rounded to five significant digits but for values of data, densities to 100 points and 255 heights, as a plot shows them. */
export function pack(payload: Payload): string {
  /** What holds values of somebody's data, which stay what they are. */
  const given = new Set<unknown>();
  const text = JSON.stringify(payload, function (this: unknown, key, value: unknown) {
    if (key === 'ridge' && value !== undefined) return drawn(value as Ridge);
    if (typeof value === 'object' && (GIVEN.has(key) || given.has(this))) given.add(value);
    if (typeof value !== 'number' || Number.isInteger(value)) return value;
    return given.has(this) ? shortestFloat32(value) : Number(value.toPrecision(DIGITS));
  });
  return Buffer.from(gzipSync(strToU8(text), { level: 6, mtime: 0 })).toString('base64');
}

/** A density over an axis. */
interface Ridge {
  readonly x: readonly number[];
  readonly density: readonly number[];
}

/** As many points as are seen. */
function drawn<R extends Ridge>(ridge: R) {
  const every = Math.ceil(ridge.x.length / POINTS);
  const thinned = (values: readonly number[]) => values.filter((_, i) => i % every === 0);
  return { ...ridge, x: thinned(ridge.x), density: heightsOf(thinned(ridge.density)) };
}

function heightsOf(values: readonly number[]): Heights {
  const unit = Number((Math.max(...values, 0) / HEIGHTS).toPrecision(DIGITS));
  return { unit, heights: values.map((value) => (unit > 0 ? Math.round(value / unit) : 0)) };
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
