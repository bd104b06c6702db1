/** Damage of the kinds that files meet: flipped bits, wild sizes, missing ends, strange text. */
import type { Random } from '../../src/numeric/random.js';

/** Numbers that sizes and offsets are wrong by. */
const WILD = [0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];

const WORDS = [
  '0',
  '1',
  '-1',
  '99999999999',
  '1e999',
  'NaN',
  '2147483648',
  '',
  ' ',
  '(',
  ')',
  ',',
  "'",
  '\0',
  '\u{1f600}',
  'L',
];

/** A copy with one to four faults, most of them in its first kilobyte, where headers are. */
export function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  let result: Uint8Array = Uint8Array.from(bytes);
  for (let faults = 1 + random.below(4); faults > 0; faults--) {
    result = FAULTS[random.below(FAULTS.length)]!(result, random);
  }
  return result;
}

/** The same for text: numbers and marks are replaced as well. */
export function damagedText(text: string, random: Random): Uint8Array {
  let parts = text.split(/(\s+|[(),':])/);
  for (let faults = 1 + random.below(4); faults > 0 && parts.length > 0; faults--) {
    const at = random.below(parts.length);
    const kind = random.below(4);
    if (kind === 0) parts = [...parts.slice(0, at), ...parts.slice(at + 1)];
    else if (kind === 1) parts = [...parts.slice(0, at), parts[at]!, ...parts.slice(at)];
    else parts[at] = WORDS[random.below(WORDS.length)]!;
  }
  const bytes = new TextEncoder().encode(parts.join(''));
  return random.below(4) === 0 ? damaged(bytes, random) : bytes;
}

type Fault = (bytes: Uint8Array, random: Random) => Uint8Array;

const FAULTS: readonly Fault[] = [
  // A flipped bit.
  (bytes, random) => {
    if (bytes.length > 0) bytes[place(bytes, random)]! ^= 1 << random.below(8);
    return bytes;
  },
  // A wild number of one to four bytes, in either order.
  (bytes, random) => {
    const at = place(bytes, random);
    const value = WILD[random.below(WILD.length)]!;
    const width = [1, 2, 4][random.below(3)]!;
    const bigEndian = random.below(2) === 0;
    for (let i = 0; i < width && at + i < bytes.length; i++) {
      bytes[at + i] = Math.floor(value / 256 ** (bigEndian ? width - 1 - i : i)) & 0xff;
    }
    return bytes;
  },
  // Random bytes.
  (bytes, random) => {
    const at = place(bytes, random);
    const end = Math.min(bytes.length, at + 1 + random.below(16));
    for (let i = at; i < end; i++) bytes[i] = random.below(256);
    return bytes;
  },
  // The end is missing.
  (bytes, random) => bytes.slice(0, random.below(bytes.length + 1)),
  // A part is missing, or there twice.
  (bytes, random) => {
    const at = place(bytes, random);
    const length = Math.min(bytes.length - at, 1 + random.below(64));
    const parts = random.below(2) === 0 ? [bytes.subarray(0, at)] : [bytes.subarray(0, at + length)];
    return Buffer.concat([...parts, bytes.subarray(random.below(2) === 0 ? at + length : at)]);
  },
  // Something behind the end.
  (bytes, random) => Buffer.concat([bytes, new Uint8Array(1 + random.below(300)).fill(random.below(256))]),
];

function place(bytes: Uint8Array, random: Random): number {
  return random.below(Math.max(1, random.below(3) > 0 ? Math.min(bytes.length, 1024) : bytes.length));
}
