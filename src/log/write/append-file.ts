/** A file of frames that only grows. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { InputError } from '../../errors.js';
import { explainFileError } from '../../storage/disk/error.js';
import { frameAround } from '../format/frame.js';

/** Bytes gathered before they are written, so that small frames do not cost a system call each. */
const GATHER_BYTES = 1 << 18;

/** Owns a file that frames are appended to. Synchronous: it lives in worker threads. */
export class AppendFile {
  readonly #descriptor: number;
  readonly #gathered = Buffer.allocUnsafe(GATHER_BYTES);
  #gatheredBytes = 0;
  #writtenBytes = 0;

  /** Makes the file. @throws InputError when that fails, or there is one of that name */
  constructor(readonly path: string) {
    this.#descriptor = this.#guard(() => openSync(path, 'wx'));
  }

  /** Appends the frame whose payload is `parts` joined. @returns its length in bytes */
  appendFrame(parts: readonly Uint8Array[]): number {
    const { header, footer } = frameAround(parts);
    let bytes = 0;
    for (const part of [header, ...parts, footer]) {
      this.append(part);
      bytes += part.length;
    }
    return bytes;
  }

  /** Appends bytes as they are. @throws InputError naming the file and the byte when the disk refuses them */
  append(bytes: Uint8Array): void {
    if (this.#gatheredBytes + bytes.length > GATHER_BYTES) this.flush();
    if (bytes.length > GATHER_BYTES) {
      this.#write(bytes);
    } else {
      this.#gathered.set(bytes, this.#gatheredBytes);
      this.#gatheredBytes += bytes.length;
    }
  }

  /** Hands everything to the operating system: it survives the end of this process. */
  flush(): void {
    this.#write(this.#gathered.subarray(0, this.#gatheredBytes));
    this.#gatheredBytes = 0;
  }

  /** Flushes, waits until the disk has it (it survives a power cut), and closes. */
  seal(): void {
    this.flush();
    this.#guard(() => fsyncSync(this.#descriptor));
    this.close();
  }

  /** Closes without a flush. */
  close(): void {
    closeSync(this.#descriptor);
  }

  #write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const written = this.#guard(() => writeSync(this.#descriptor, bytes, done));
      done += written;
      this.#writtenBytes += written;
    }
  }

  #guard<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      const place = `${this.path}: byte ${this.#writtenBytes}`;
      const explained = explainFileError(error, place);
      if (explained instanceof InputError) throw explained;
      throw new InputError(`${place}: cannot be written (${(error as Error).message})`, { cause: error });
    }
  }
}
