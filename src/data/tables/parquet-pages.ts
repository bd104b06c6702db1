/**
 * What the pages of a Parquet column claim to hold, read before anything is unpacked: a few bytes may claim gigabytes. Page
 * headers are Thrift structures in its compact protocol.
 */
import { InputError } from '../../errors.js';
import { DEFLATE_MAX_RATIO } from '../byte-reader.js';

/** Most bytes that one byte can become; codecs that are not listed have no such bound. */
const MOST_PER_BYTE: Readonly<Record<string, number>> = {
  UNCOMPRESSED: 1,
  SNAPPY: 32,
  GZIP: DEFLATE_MAX_RATIO,
  LZ4: 256,
  LZ4_RAW: 256,
};

/** What a column chunk may hold. */
export interface ChunkLimits {
  readonly codec: string;
  /** Values that the footer says it has. */
  readonly values: number;
  /** Bytes that its pages may unpack to. */
  readonly bytes: number;
}

/**
 * Walks the page headers of a column chunk.
 * @throws Error for pages that are cut short, or claim more than the footer says or than they can unpack to
 * @throws InputError for text whose encoding has no such bound
 */
export function checkPages(chunk: Uint8Array, { codec, values, bytes }: ChunkLimits): void {
  const most = MOST_PER_BYTE[codec] ?? Infinity;
  let [at, counted, unpacked] = [0, 0, 0];
  // The reader leaves a last single byte alone, which writers may pad with.
  while (at < chunk.length - 1 && counted < values) {
    const { fields, end } = readStruct(chunk, at, 0);
    const size = numberAt(fields, 3);
    const claimed = numberAt(fields, 2);
    const page = structAt(fields, 5) ?? structAt(fields, 8);
    const dictionary = structAt(fields, 7);
    const count = numberAt(page ?? dictionary ?? new Map(), 1);
    if (end + size > chunk.length) throw new Error('a page is cut short');
    unpacked += claimed;
    if (unpacked > bytes || claimed > size * most + 64) throw new Error('a page claims an impossible size');
    if (encodingOf(fields) === DELTA_BYTE_ARRAY && count * claimed > bytes) {
      throw new InputError({
        problem: 'text is encoded as DELTA_BYTE_ARRAY, which may take more than the memory limit',
        mend: 'save it with another encoding: pandas.read_parquet(file).to_parquet(file)',
      });
    }
    if (page) counted += count;
    if (counted > values || count > values) throw new Error('a page claims more values than there are rows');
    at = end + size;
  }
  if (counted < values) throw new Error('pages are missing');
}

/** Each value begins as the one before it does, so that every one of them may be as long as the page. */
const DELTA_BYTE_ARRAY = 7;

/** How the values of a page of data are encoded; undefined of other pages. */
function encodingOf(fields: Fields): number | Fields | undefined {
  return structAt(fields, 5)?.get(2) ?? structAt(fields, 8)?.get(4);
}

type Fields = ReadonlyMap<number, number | Fields>;

function numberAt(fields: Fields, id: number): number {
  const value = fields.get(id);
  if (typeof value !== 'number' || !(value >= 0)) throw new Error('a page has a damaged header');
  return value;
}

function structAt(fields: Fields, id: number): Fields | undefined {
  const value = fields.get(id);
  return value instanceof Map ? value : undefined;
}

const DEEPEST = 16;

/** The numbers and structures among the fields of a structure; all else is skipped. */
function readStruct(bytes: Uint8Array, start: number, depth: number): { fields: Fields; end: number } {
  let at = start;
  const damaged = (): Error => new Error('a page has a damaged header');
  const byte = (): number => {
    if (at >= bytes.length) throw damaged();
    return bytes[at++]!;
  };
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const next = byte();
      value += (next & 0x7f) * factor;
      if (next < 128) return value;
      if (factor > 2 ** 56) throw damaged();
    }
  };
  const zigzag = (): number => {
    const value = varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  };
  const skip = (count: number): void => {
    at += count;
    if (at > bytes.length) throw damaged();
  };
  const value = (type: number, level: number): number | Fields | undefined => {
    if (level > DEEPEST) throw damaged();
    switch (type) {
      case 3:
        skip(1);
        return undefined;
      case 4:
      case 5:
      case 6:
        return zigzag();
      case 7:
        skip(8);
        return undefined;
      case 8:
        skip(varint());
        return undefined;
      case 9:
      case 10: {
        const head = byte();
        const length = head >> 4 === 15 ? varint() : head >> 4;
        for (let i = 0; i < length; i++) {
          // Booleans take a byte each in lists, and none as fields.
          if ((head & 15) <= 2) skip(1);
          else value(head & 15, level + 1);
        }
        return undefined;
      }
      case 12: {
        const inner = readStruct(bytes, at, level + 1);
        at = inner.end;
        return inner.fields;
      }
      default:
        throw damaged();
    }
  };
  const fields = new Map<number, number | Fields>();
  for (let id = 0; ;) {
    const head = byte();
    if (head === 0) return { fields, end: at };
    id = head >> 4 === 0 ? zigzag() : id + (head >> 4);
    const type = head & 15;
    const found = type <= 2 ? undefined : value(type, depth + 1);
    if (found !== undefined) fields.set(id, found);
  }
}
