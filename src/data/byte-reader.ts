/** Bytes of a file read in order into memory of the caller's choosing, unpacked on the way when they are gzipped. */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readHead } from '../files.js';
import { storeOf } from '../storage/registry.js';
import { NotThere, type Range } from '../storage/store.js';
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
  const store = storeOf(path);
  const found = await store.look(path);
  if (!found) throw new NotThere({ file: printable(path), problem: 'no such file or folder', mend: 'check the path' });
  const { size, version } = found;
  const magic = await readHead(path, 2);
  const compressed = magic[0] === 0x1f && magic[1] === 0x8b;
  return {
    reader: new ByteReader(compressed ? gunzipped(path, { version }) : store.stream(path, { version })),
    size,
    maxBytes: compressed ? size * DEFLATE_MAX_RATIO : size,
    compressed,
  };
}

async function* gunzipped(path: string, range: Range): AsyncGenerator<Uint8Array> {
  const input = Readable.from(storeOf(path).stream(path, range));
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
