/** Data files made on the spot: encoders for the formats that data sets are read from, and folders to put them in. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterAll } from '@jest/globals';
import sharp from 'sharp';

/** A fresh folder that is gone when the test file is done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-explain-data-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files by their path below a folder, which is made. Returns the folder. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** An IDX file; `dims` may lie about the elements. */
export function encodeIdx(dims: readonly number[], elements: ArrayLike<number>, type = 0x08): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * dims.length + elements.length);
  bytes.set([0, 0, type, dims.length]);
  dims.forEach((dim, i) => new DataView(bytes.buffer).setUint32(4 + 4 * i, dim));
  bytes.set(elements, 4 + 4 * dims.length);
  return bytes;
}

/** An NPY array of numbers (or anything else given as bytes) with this `descr`. */
export function encodeNpy(
  descr: string,
  shape: readonly number[],
  elements: ArrayBufferView,
  { fortran = false, version = 1 }: { fortran?: boolean; version?: number } = {},
): Uint8Array {
  const dims = shape.length === 1 ? `${shape[0]!},` : shape.join(', ');
  const quoted = descr.startsWith('[') ? descr : `'${descr}'`;
  const header = `{'descr': ${quoted}, 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${dims}), }`;
  const lengthBytes = version === 1 ? 2 : 4;
  const padded = header.padEnd(Math.ceil((9 + lengthBytes + header.length) / 64) * 64 - 9 - lengthBytes) + '\n';
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, padded.length, true);
  return Buffer.concat([
    Uint8Array.of(0x93, ...Buffer.from('NUMPY'), version, 0),
    length.subarray(0, lengthBytes),
    Buffer.from(padded, 'latin1'),
    new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength),
  ]);
}

/** One file of an archive; `claimedSize` and `claimedChecksum` may lie about it. */
export interface ZipMember {
  readonly content: Uint8Array;
  readonly deflate?: boolean;
  readonly claimedSize?: number;
  readonly claimedChecksum?: number;
}

/** A ZIP archive. */
export function encodeZip(members: Readonly<Record<string, ZipMember>>): Uint8Array {
  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { content, deflate = false, claimedSize, claimedChecksum }] of Object.entries(members)) {
    const data = deflate ? deflateRawSync(content) : content;
    const nameBytes = Buffer.from(name);
    // From "version needed" to "extra field length" the two headers are the same.
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(deflate ? 8 : 0, 4);
    shared.writeUInt32LE(claimedChecksum ?? crc32(content), 10);
    shared.writeUInt32LE(data.length, 14);
    shared.writeUInt32LE(claimedSize ?? content.length, 18);
    shared.writeUInt16LE(nameBytes.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, nameBytes, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), shared, tail, nameBytes]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(centrals.length, 4);
  end.writeUInt16LE(centrals.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), end]);
}

/** An `.npz` of stored arrays, each as `[descr, shape, elements]`. */
export function encodeNpz(arrays: Readonly<Record<string, [string, readonly number[], ArrayBufferView]>>): Uint8Array {
  const members = Object.entries(arrays).map(([name, array]): [string, ZipMember] => [
    `${name}.npy`,
    { content: encodeNpy(...array) },
  ]);
  return encodeZip(Object.fromEntries(members));
}

/** Pixels `height × width × channels` that differ from place to place and from seed to seed. */
export function pixels(height: number, width: number, channels: 1 | 3, seed = 0): Uint8Array {
  return Uint8Array.from({ length: height * width * channels }, (_, i) => (i * 37 + seed * 101 + (i % 7) * 11) % 256);
}

/** An image file of such pixels; PNG keeps them exactly. */
export async function encodeImage(
  format: 'png' | 'jpeg' | 'webp' | 'gif' | 'tiff',
  height: number,
  width: number,
  channels: 1 | 3,
  seed = 0,
): Promise<Uint8Array> {
  const image = sharp(pixels(height, width, channels, seed), { raw: { width, height, channels } });
  return (channels === 1 ? image.toColourspace('b-w') : image).toFormat(format).toBuffer();
}

/** The message of the InputError that a call ends with; anything else is thrown on. */
export async function inputErrorOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    if (error instanceof Error && error.name === 'InputError') {
      if (/\p{Cc}/u.test(error.message)) throw new Error('the message is not one plain line', { cause: error });
      return error.message;
    }
    throw error;
  }
  throw new Error('expected an InputError, but the call succeeded');
}
