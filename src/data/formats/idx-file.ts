/**
 * IDX files, the format of MNIST: two zero bytes, an element type, the number of dimensions, each dimension as a
 * big-endian uint32, then the elements in row-major order. Plain or gzipped.
 */
import { InputError } from '../../errors.js';
import { storeOf } from '../../storage/registry.js';
import { CutShort } from '../../storage/store.js';
import { elementCount } from '../../tensor.js';
import { openBytes, type ByteReader } from '../byte-reader.js';
import { bytesText, countText, printable, reason, shapeText } from '../printable.js';
import type { ReadExample } from '../source.js';

const UNSIGNED_BYTE = 0x08;

/** The header of an IDX file of unsigned bytes, checked against the size of the file. */
export interface IdxHeader {
  readonly path: string;
  readonly dims: readonly number[];
  /** Where the elements start, in the unpacked file. */
  readonly offset: number;
  /** Number of elements, one byte each. */
  readonly bytes: number;
  readonly compressed: boolean;
}

/**
 * Type and dimensions, without the elements, which may be many.
 * @throws InputError when it is no IDX file of bytes, or promises more than the file can hold
 */
export async function readIdxHeader(path: string): Promise<IdxHeader> {
  return withReader(path, (reader, source) => parseHeader(path, reader, source));
}

/**
 * The elements behind a header, all of them.
 * @throws InputError when the file is shorter or longer than its header says, or damaged
 */
export async function readIdxElements({ path, offset, bytes }: IdxHeader): Promise<Uint8Array> {
  return withReader(path, async (reader) => {
    await reader.fill(new Uint8Array(offset));
    const elements = new Uint8Array(bytes);
    const filled = await reader.fill(elements);
    if (filled < bytes) throw truncated(path, bytes, filled);
    if (!(await reader.atEnd())) {
      throw new InputError(`${printable(path)}: holds more bytes than its header says; get the file again`);
    }
    return elements;
  });
}

/** Reads single examples of an uncompressed file as they are asked for. */
export function idxExampleReader({ path, offset, dims }: IdxHeader): ReadExample {
  const size = elementCount(dims.slice(1));
  return async (index, target) => {
    await storeOf(path)
      .readInto(path, offset + index * size, target.subarray(0, size) as Uint8Array)
      .catch((error: unknown) => {
        if (!(error instanceof CutShort)) throw error;
        throw new InputError(`${printable(path)}: became shorter while it was read`, { cause: error });
      });
  };
}

/** The elements of an uncompressed file as a stream, for hashing what is too large to hold. */
export function idxElementStream({ path, offset }: IdxHeader): AsyncIterable<Uint8Array> {
  return storeOf(path).stream(path, { start: offset });
}

async function parseHeader(
  path: string,
  reader: ByteReader,
  { size, maxBytes, compressed }: { size: number; maxBytes: number; compressed: boolean },
): Promise<IdxHeader> {
  const magic = new Uint8Array(4);
  const filled = await reader.fill(magic);
  const [zero0, zero1, type, rank] = magic as unknown as [number, number, number, number];
  if (filled < 4 || zero0 !== 0 || zero1 !== 0 || type === 0 || rank === 0) {
    throw new InputError(`${printable(path)}: is not an IDX file (its first bytes are wrong); get the file again`);
  }
  if (type !== UNSIGNED_BYTE) {
    const hex = type.toString(16).padStart(2, '0');
    throw new InputError(
      `${printable(path)}: holds elements of IDX type 0x${hex}; convert them to unsigned bytes (0x08)`,
    );
  }
  const offset = 4 + 4 * rank;
  const header = new Uint8Array(4 * rank);
  if ((await reader.fill(header)) < header.length) {
    throw new InputError(`${printable(path)}: ends within its header; get the file again`);
  }
  const view = new DataView(header.buffer);
  const dims = Array.from({ length: rank }, (_, i) => view.getUint32(4 * i));
  const bytes = elementCount(dims);
  // Before anything is allocated: a header of a few bytes may claim any size (or one so large that it overflows).
  if (!(offset + bytes <= maxBytes)) {
    throw new InputError(
      `${printable(path)}: its header says ${shapeText(dims)} bytes, more than a file of ${bytesText(size)} can hold; ` +
        'get the file again',
    );
  }
  if (!compressed && offset + bytes !== size) {
    throw new InputError(`${printable(path)}: holds more bytes than its header says; get the file again`);
  }
  return { path, dims, offset, bytes, compressed };
}

type Opened = Awaited<ReturnType<typeof openBytes>>;

async function withReader<T>(path: string, use: (reader: ByteReader, source: Opened) => Promise<T>): Promise<T> {
  const source = await openBytes(path);
  try {
    return await use(source.reader, source);
  } catch (error) {
    if (error instanceof InputError || !source.compressed) throw error;
    throw new InputError(`${printable(path)}: is damaged (${reason(error)}); get the file again`, { cause: error });
  } finally {
    await source.reader.close();
  }
}

function truncated(path: string, expected: number, found: number): InputError {
  return new InputError(
    `${printable(path)}: is cut short, its header says ${countText(expected)} bytes and ${countText(found)} are there; ` +
      'get the file again',
  );
}
