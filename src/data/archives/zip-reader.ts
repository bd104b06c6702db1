/** A file as yauzl reads it: its list of entries a megabyte at a time, not a few bytes for each entry. */
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { RandomAccessReader } from 'yauzl';

const WINDOW = 1 << 20;

/** Reads an opened file. */
export class ZipReader extends RandomAccessReader {
  readonly #file: FileHandle;
  readonly #path: string;
  #start = 0;
  #window: Buffer = Buffer.alloc(0);

  /** @param path of the same file, for what is read as a stream */
  constructor(file: FileHandle, path: string) {
    super();
    this.#file = file;
    this.#path = path;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return createReadStream(this.#path, { start, end: end - 1 });
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.#load(position, length).then(
      () => {
        const from = position - this.#start;
        callback(null, this.#window.copy(buffer, offset, from, from + length));
      },
      (error: unknown) => {
        callback(error as Error);
      },
    );
  }

  /** Brings these bytes into the window, unless they are there. */
  async #load(position: number, length: number): Promise<void> {
    const isThere = position >= this.#start && position + length <= this.#start + this.#window.length;
    if (isThere) return;
    const window = Buffer.alloc(Math.max(length, WINDOW));
    const { bytesRead } = await this.#file.read(window, 0, window.length, position);
    this.#start = position;
    this.#window = window.subarray(0, bytesRead);
  }
}
