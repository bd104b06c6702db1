/** The two streams of a command: what is said goes out safe to show, and what could not be said is remembered. */
import type { Writable } from 'node:stream';
import { printableLine } from '../data/printable.js';
import { InputError } from '../errors.js';
import { explainFileError } from '../files.js';

/** Where a command writes: results to `stdout`, all else to `stderr`. A process has these two of its own. */
export interface Streams {
  readonly stdout: Stream;
  readonly stderr: Stream;
}

/** A stream that may be a terminal of so many columns. */
export type Stream = Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined };

/** One stream of a command. Once something could not be written, nothing more is tried. */
export interface Outlet {
  readonly isTerminal: boolean;
  readonly columns: number | undefined;
  /** Writes text as it is: the caller has made it safe. */
  readonly raw: (text: string) => void;
  /** Writes one line, whatever the text holds: see `printableLine`. */
  readonly line: (text: string) => void;
  /** Waits until everything is written. @returns why it is not, if it is not */
  readonly settled: () => Promise<Error | undefined>;
}

/**
 * An outlet into a stream. Errors come to those who ask for them; whoever owns the stream listens for its events.
 * @param show what is done to the text of every line
 */
export function outlet(stream: Stream, show: (text: string) => string = (text) => text): Outlet {
  let lost: Error | undefined;
  const write = (text: string, done?: () => void) => {
    if (lost) return done?.();
    const ended = (error?: Error | null) => {
      lost ??= error ?? undefined;
      done?.();
    };
    // A stream into a file may throw at once.
    try {
      stream.write(text, ended);
    } catch (error) {
      ended(error as Error);
    }
  };
  return {
    isTerminal: stream.isTTY === true,
    columns: stream.columns,
    raw: (text) => write(text),
    line: (text) => write(`${printableLine(show(text))}\n`),
    settled: async () => {
      await new Promise<void>((resolve) => write('', resolve));
      return lost;
    },
  };
}

/** What a reader that has seen enough (`| head`) leaves behind; it is no error. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

/** What to tell about a result that could not be written to stdout; undefined where its reader did not want more. */
export function lossOf(error: Error | undefined): string | undefined {
  if (!error || READER_GONE.has((error as NodeJS.ErrnoException).code)) return undefined;
  const explained = explainFileError(error, 'stdout');
  return explained instanceof InputError ? explained.message : `stdout: cannot be written (${error.message})`;
}
