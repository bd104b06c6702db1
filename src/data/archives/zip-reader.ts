/** A file as yauzl reads it: its list of entries in large pieces, not a few bytes for each entry. */
import { Readable } from 'node:stream';
import { RandomAccessReader } from 'yauzl';
import { storeOf } from '../../storage/registry.js';

/** What is read in order is read in pieces that grow. */
const SMALLEST_WINDOW = 1 << 15;
const LARGEST_WINDOW = 1 << 20;

/** A file as it was found. */
export interface ZipFilePlace {
  readonly path: string;
  readonly size: number;
  /** The version that is read, where its store keeps versions. */
  readonly version: string | undefined;
}

/** Reads a file. */
export class ZipReader extends RandomAccessReader {
  readonly #file: ZipFilePlace;
  #start = 0;
  #window: Buffer = Buffer.alloc(0);

  constructor(file: ZipFilePlace) {
    super();
    this.#file = file;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const { path, version } = this.#file;
    return Readable.from(storeOf(path).stream(path, { start, end, version }), { objectMode: false });
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
    const end = this.#start + this.#window.length;
    if (position >= this.#start && position + length <= end) return;
    const goesOn = position >= this.#start && position <= end;
    const piece = goesOn ? Math.min(2 * this.#window.length, LARGEST_WINDOW) : SMALLEST_WINDOW;
    const { path, size, version } = this.#file;
    const window = Buffer.alloc(Math.max(0, Math.min(Math.max(length, piece), size - position)));
    await storeOf(path).readInto(path, position, window, version);
    this.#start = position;
    this.#window = window;
  }
}
