/** The two streams of a command: what is said goes out safe to show, and what could not be said is remembered. */
import type { Writable } from 'node:stream';
import { printableLine } from '../data/printable.js';
import { InputError } from '../errors.js';
import { explainFileError } from '../storage/disk/error.js';
import { hasColour, painted, piecesOf, plainText, styled, styleOf, textOf, type Line } from './colour.js';
import { wrapLine } from './wrap.js';

/** Where a command writes: results to `stdout`, all else to `stderr`. A process has these two of its own. */
export interface Streams {
  readonly stdout: Stream;
  readonly stderr: Stream;
}

/** A stream that may be a terminal of so many columns. */
export type Stream = Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined };

/** One stream of a command. Once something could not be written, nothing more is tried. */
export interface Outlet {
  /** Columns that tables fit into; undefined where there is no limit. */
  readonly width: number | undefined;
  /** Whether a line can be drawn again in place. */
  readonly canRedraw: boolean;
  /** Writes text as it is: the caller has made it safe. */
  readonly raw: (text: string) => void;
  /** Writes one line, whatever the text holds: see `printableLine`. On a terminal it is broken at words where it is too long. */
  readonly line: (line: Line) => void;
  /** Waits until everything is written. @returns why it is not, if it is not */
  readonly settled: () => Promise<Error | undefined>;
}

/** Of a terminal that does not say how wide it is. */
const USUAL_COLUMNS = 80;

/** Nothing is made to fit into less. */
const FEWEST_COLUMNS = 20;

/**
 * An outlet into a stream. Errors come to those who ask for them; whoever owns the stream listens for its events.
 * @param show what is done to the text of every line
 */
export function outlet(stream: Stream, show: (text: string) => string = (text) => text, env = process.env): Outlet {
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
  const isTerminal = stream.isTTY === true;
  const width = isTerminal ? Math.max(FEWEST_COLUMNS, columnsOf(stream)) : columnsAsked(env.COLUMNS);
  const colour = hasColour(isTerminal, env);
  const safeText = (text: string) => printableLine(show(text));
  const safe = (line: Line): Line => {
    const whole = safeText(plainText(line));
    if (!colour) return whole;
    const pieces = piecesOf(line).map((piece) => styled(safeText(textOf(piece)), styleOf(piece)));
    // What only all pieces together are, such as a command to a pipeline, is made safe without colours.
    return plainText(pieces) === whole ? pieces : whole;
  };
  const colours = (line: Line) =>
    piecesOf(line)
      .map((piece) => (typeof piece === 'string' ? piece : painted(textOf(piece), piece.style)))
      .join('');
  return {
    width,
    canRedraw: isTerminal && env.TERM !== 'dumb',
    raw: (text) => write(text),
    line: (line) => {
      const lines = isTerminal ? wrapLine(safe(line), width!) : [safe(line)];
      write(lines.map((each) => `${colours(each)}\n`).join(''));
    },
    settled: async () => {
      await new Promise<void>((resolve) => write('', resolve));
      return lost;
    },
  };
}

/** A terminal that does not know its own width says 0. */
function columnsOf({ columns }: Stream): number {
  return columns === undefined || columns === 0 ? USUAL_COLUMNS : columns;
}

/** What a user who pipes a result asks for by COLUMNS; without it, nothing is cut. */
function columnsAsked(text: string | undefined): number | undefined {
  return /^[1-9]\d{0,3}$/.test(text ?? '') ? Math.max(FEWEST_COLUMNS, Number(text)) : undefined;
}

/** What a reader that has seen enough (`| head`) leaves behind; it is no error. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

/** What to tell about a result that could not be written to stdout; undefined where its reader did not want more. */
export function lossOf(error: Error | undefined): string | undefined {
  if (!error || READER_GONE.has((error as NodeJS.ErrnoException).code)) return undefined;
  const explained = explainFileError(error, 'stdout');
  return explained instanceof InputError ? explained.message : `stdout: cannot be written (${error.message})`;
}
