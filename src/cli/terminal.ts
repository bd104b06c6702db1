/** What the user sees: results on stdout, all else on stderr. */
import { printable, printableJson } from '../data/printable.js';
import { TOOL } from '../tool.js';
import type { Outlet } from './streams.js';

/** How much is said, and where. */
export interface Terminal {
  /** A line of the result for people; not printed with --json. */
  readonly print: (line: string) => void;
  /** The result for programs: printed with --json, as the only thing on stdout. */
  readonly result: (value: unknown) => void;
  /** A line the user should know about; silenced by --quiet. */
  readonly notice: (line: string) => void;
  /** A line that stays even with --quiet: something went wrong, and the command ends accordingly. */
  readonly error: (line: string) => void;
  /** A command to the pipeline that the tool runs in, already in its notation; on stdout, or beside the result of --json. */
  readonly command: (line: string) => void;
  /** Starts a progress display; silenced by --quiet. */
  readonly progress: (what: string) => ProgressDisplay;
}

/** The flags that say how much is said, and to whom. */
export interface Volume {
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** A display of how far something is. */
export interface ProgressDisplay {
  /** @param total Infinity where nobody knows: there is no estimate then */
  readonly update: (done: number, total: number, detail?: string) => void;
  /** Ends the display; the last state stays visible where there is no terminal. */
  readonly end: () => void;
}

/** A plain progress line appears at most this often. */
const PLAIN_INTERVAL_MS = 10_000;

/** A bar is redrawn at most this often. */
const BAR_INTERVAL_MS = 100;

const BAR_WIDTH = 24;

/** The terminal for a command. Whatever names from files are in the lines, they come out harmless: see `printableLine`. */
export function terminal(stdout: Outlet, stderr: Outlet, { json = false, quiet = false }: Volume): Terminal {
  return {
    print: (line) => {
      if (!json) stdout.line(line);
    },
    result: (value) => {
      if (json) stdout.raw(`${printableJson(value)}\n`);
    },
    notice: (line) => {
      if (!quiet) stderr.line(line);
    },
    error: (line) => stderr.line(`${ERROR_PREFIX}${line}`),
    command: (line) => (json ? stderr : stdout).raw(`${printable(line, LONGEST_COMMAND)}\n`),
    progress: (what) => (quiet ? silent : stderr.isTerminal ? bar(what, stderr) : lines(what, stderr)),
  };
}

/** Characters of a command to the pipeline. */
const LONGEST_COMMAND = 4000;

const silent: ProgressDisplay = { update: () => undefined, end: () => undefined };

const CLEAR = '\r\x1b[2K';

function bar(what: string, { raw, columns = 100 }: Outlet): ProgressDisplay {
  const remaining = estimator();
  const width = Math.max(20, columns - 1);
  let drawn = 0;
  const draw = (text: string) => raw(CLEAR + printable(text, Infinity).slice(0, width));
  return {
    update: (done, total, detail = '') => {
      const now = Date.now();
      const left = remaining(now, done, total);
      if (now - drawn < BAR_INTERVAL_MS && done < total) return;
      drawn = now;
      if (total === Infinity) return draw(`${what}: ${done} ${detail}`);
      const filled = Math.round((BAR_WIDTH * done) / Math.max(1, total));
      const blocks = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
      draw(`${what} ${blocks} ${done}/${total} ${left} ${detail}`);
    },
    end: () => raw(CLEAR),
  };
}

function lines(what: string, { line }: Outlet): ProgressDisplay {
  const remaining = estimator();
  let printed = Date.now();
  return {
    update: (done, total, detail = '') => {
      const now = Date.now();
      const left = remaining(now, done, total);
      if (now - printed < PLAIN_INTERVAL_MS) return;
      printed = now;
      const far = total === Infinity ? `${what}: ${done}` : `${what}: ${done} of ${total}`;
      line([far, left, detail].filter((part) => part !== '').join(', '));
    },
    end: () => undefined,
  };
}

/**
 * Estimates from the pace since the first update of a part of the work: what came before it (loading, another part, or the steps
 * of a run that is resumed) tells nothing about the pace. Another total means another part.
 */
function estimator(): (now: number, done: number, total: number) => string {
  let first: { readonly at: number; readonly done: number; readonly total: number } | undefined;
  return (now, done, total) => {
    if (first?.total !== total || done < first.done) first = { at: now, done, total };
    if (done <= first.done || now === first.at || total === Infinity) return '';
    const seconds = Math.round((((now - first.at) / (done - first.done)) * (total - done)) / 1000);
    return seconds >= 60 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s left` : `${seconds} s left`;
  };
}

/** How errors begin. */
export const ERROR_PREFIX = `${TOOL.name}: `;
