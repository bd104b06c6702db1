/**
 * What units come to, as bytes, and back without a change: JSON for what has structure, and arrays of numbers behind it as
 * they are in memory (little-endian).
 */
import { InputError } from '../errors.js';

type NumberArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  uint8: Uint8Array,
} as const;

/** Marks what JSON has no word for. */
const MARK = '#';

/** Arrays begin at a multiple of it, so that they can be read where they lie. */
const ALIGNMENT = 8;

/** Numbers that JSON has no word for. */
const NUMBERS: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 };

/** @param value plain objects, arrays, maps, numbers, text, and arrays of numbers, inside of one another */
export function encodeValue(value: unknown): Uint8Array {
  const arrays: Uint8Array[] = [];
  let end = 0;
  const text = JSON.stringify(plain(value));
  const head = new TextEncoder().encode(text);
  const first = aligned(4 + head.length);
  const bytes = new Uint8Array(first + end);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 4);
  let at = first;
  for (const array of arrays) {
    bytes.set(array, at);
    at += aligned(array.length);
  }
  return bytes;

  function plain(given: unknown): unknown {
    if (given === undefined) return { [MARK]: 'undefined' };
    if (typeof given === 'number') {
      const name = Object.is(given, -0) ? '-0' : String(given);
      return name in NUMBERS ? { [MARK]: 'number', is: name } : given;
    }
    if (typeof given !== 'object' || given === null) return given;
    if (ArrayBuffer.isView(given)) return placed(given as NumberArray);
    if (Array.isArray(given)) return given.map(plain);
    if (given instanceof Map) return { [MARK]: 'map', entries: [...given].map(plain) };
    const entries = Object.entries(given);
    if (MARK in given) return { [MARK]: 'object', entries: entries.map(plain) };
    return Object.fromEntries(entries.map(([key, own]) => [key, plain(own)]));
  }

  function placed(array: NumberArray): object {
    const type = Object.entries(ARRAYS).find(([, kind]) => array instanceof kind)?.[0];
    if (type === undefined) throw new Error(`internal: ${array.constructor.name} cannot be kept`);
    arrays.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    const from = end;
    end += aligned(array.byteLength);
    return { [MARK]: type, from, length: array.length };
  }
}

/**
 * What was encoded.
 * @param bytes which it may keep views of
 * @throws InputError without a place where they are no value
 */
export function decodeValue(bytes: Uint8Array): unknown {
  const length = bytes.length >= 4 ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) : Infinity;
  if (4 + length > bytes.length) throw notAValue();
  const first = aligned(4 + length);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(4, 4 + length)));
  } catch (error) {
    throw notAValue(error);
  }
  return revived(parsed);

  function revived(given: unknown): unknown {
    if (typeof given !== 'object' || given === null) return given;
    if (Array.isArray(given)) return given.map(revived);
    const marked = (given as Record<string, unknown>)[MARK];
    if (marked === undefined) return withEntries(Object.entries(given).map(([key, own]) => [key, revived(own)]));
    if (marked === 'undefined') return undefined;
    const { is, entries, from, length: count } = given as Record<string, unknown>;
    if (marked === 'number' && typeof is === 'string' && Object.hasOwn(NUMBERS, is)) return NUMBERS[is];
    if (marked === 'map' && arePairs(entries))
      return new Map(entries.map((pair) => revived(pair) as [unknown, unknown]));
    if (marked === 'object' && arePairs(entries))
      return withEntries(entries.map((pair) => revived(pair) as [string, unknown]));
    if (typeof marked === 'string' && Object.hasOwn(ARRAYS, marked)) {
      return arrayAt(ARRAYS[marked as keyof typeof ARRAYS], from, count);
    }
    throw notAValue();
  }

  function arrayAt(kind: (typeof ARRAYS)[keyof typeof ARRAYS], from: unknown, count: unknown): NumberArray {
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(count)) throw notAValue();
    const start = first + (from as number);
    const size = (count as number) * kind.BYTES_PER_ELEMENT;
    if (start < first || size < 0 || start + size > bytes.length) throw notAValue();
    // A copy in memory of its own, which begins where an array may; a Buffer's `slice` would be a view.
    return new kind(Uint8Array.prototype.slice.call(bytes, start, start + size).buffer);
  }
}

/** An object, whose keys may be called as anything, `__proto__` too. */
function withEntries(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries);
}

function arePairs(entries: unknown): entries is unknown[][] {
  return Array.isArray(entries) && entries.every((pair) => Array.isArray(pair) && pair.length === 2);
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

function notAValue(cause?: unknown): InputError {
  return new InputError(
    { problem: 'holds something that no shard of ours writes', mend: 'compute the shard again' },
    { cause },
  );
}
