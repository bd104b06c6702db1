/** Bytes of a file read in order into memory of the caller's choosing, unpacked on the way when they are gzipped. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { explainFileError } from '../storage/disk/error.js';
import { printable } from './printable.js';

/** Deflate makes at most this many bytes of one: no header can truthfully promise more. */
export const DEFLATE_MAX_RATIO = 1032;

const CHUNK = 1 << 18;

/** Takes bytes off a stream in pieces of exactly the size asked for. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Fills `target` as far as the stream goes; the number of bytes written, smaller only at the end. */
  async fill(target: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < target.length && (await this.#more())) {
      const piece = this.#rest.subarray(0, target.length - filled);
      target.set(piece, filled);
      filled += piece.length;
      this.#rest = this.#rest.subarray(piece.length);
    }
    return filled;
  }

  /** True when no byte is left. Reading up to here also runs the checksums of the compressed formats. */
  async atEnd(): Promise<boolean> {
    return !(await this.#more());
  }

  /** Ends the stream early; safe to call twice. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #more(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return false;
      this.#rest = next.value;
    }
    return true;
  }
}

/** An opened file: `maxBytes` bounds what `reader` can give, without unpacking anything. */
export interface ByteSource {
  readonly reader: ByteReader;
  /** Bytes on disk. */
  readonly size: number;
  readonly maxBytes: number;
  readonly compressed: boolean;
}

/**
 * Opens a file for reading in order; gzip is recognised by its first two bytes, not by the name.
 * @throws InputError when it cannot be opened
 */
export async function openBytes(path: string): Promise<ByteSource> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const magic = new Uint8Array(2);
      await file.read(magic, 0, 2, 0);
      const compressed = magic[0] === 0x1f && magic[1] === 0x8b;
      return {
        reader: new ByteReader(compressed ? gunzipped(path) : plain(path)),
        size,
        maxBytes: compressed ? size * DEFLATE_MAX_RATIO : size,
        compressed,
      };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw explainFileError(error, printable(path));
  }
}

/** Opens the file when the first bytes are asked for: a stream that nobody reads would fail with nobody to hear it. */
async function* plain(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(CHUNK), 0, CHUNK, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function* gunzipped(path: string): AsyncGenerator<Uint8Array> {
  const input = createReadStream(path, { highWaterMark: CHUNK });
  const gunzip = createGunzip({ chunkSize: CHUNK });
  // pipe() forwards no errors: without this a disk error would leave the reader waiting for ever.
  input.on('error', (error) => gunzip.destroy(error));
  input.pipe(gunzip);
  try {
    yield* gunzip as AsyncIterable<Uint8Array>;
  } finally {
    input.destroy();
    gunzip.destroy();
  }
}
