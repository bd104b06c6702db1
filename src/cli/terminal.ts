/** What the user sees: results on stdout, all else on stderr. */
import { TOOL } from '../tool.js';

/** How much is said, and where. */
export interface Terminal {
  /** A line of the result for people; not printed with --json. */
  readonly print: (line: string) => void;
  /** The result for programs: printed with --json, as the only thing on stdout. */
  readonly result: (value: unknown) => void;
  /** A line the user should know about; silenced by --quiet. */
  readonly notice: (line: string) => void;
  /** Starts a progress display; silenced by --quiet. */
  readonly progress: (what: string) => Progress;
}

/** A display of how far something is. */
export interface Progress {
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

/** The terminal for a command. */
export function terminal({ json = false, quiet = false }: { json?: boolean; quiet?: boolean }): Terminal {
  const say = (text: string) => {
    if (!quiet) process.stderr.write(text);
  };
  return {
    print: (line) => {
      if (!json) process.stdout.write(`${line}\n`);
    },
    result: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    notice: (line) => say(`${line}\n`),
    progress: (what) => (process.stderr.isTTY ? bar(what, say) : lines(what, say)),
  };
}

function bar(what: string, say: (text: string) => void): Progress {
  const remaining = estimator();
  let drawn = 0;
  return {
    update: (done, total, detail = '') => {
      const now = Date.now();
      const left = remaining(now, done, total);
      if (now - drawn < BAR_INTERVAL_MS && done < total) return;
      drawn = now;
      const columns = Math.max(20, (process.stderr.columns ?? 100) - 1);
      if (total === Infinity) return say(`\r\x1b[2K${`${what}: ${done} ${detail}`.slice(0, columns)}`);
      const filled = Math.round((BAR_WIDTH * done) / Math.max(1, total));
      const blocks = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
      const text = `${what} ${blocks} ${done}/${total} ${left} ${detail}`;
      say(`\r\x1b[2K${text.slice(0, columns)}`);
    },
    end: () => say('\r\x1b[2K'),
  };
}

function lines(what: string, say: (text: string) => void): Progress {
  const remaining = estimator();
  let printed = Date.now();
  return {
    update: (done, total, detail = '') => {
      const now = Date.now();
      const left = remaining(now, done, total);
      if (now - printed < PLAIN_INTERVAL_MS) return;
      printed = now;
      const far = total === Infinity ? `${what}: ${done}` : `${what}: ${done} of ${total}`;
      say(`${[far, left, detail].filter((part) => part !== '').join(', ')}\n`);
    },
    end: () => undefined,
  };
}

/**
 * Estimates from the pace since the first update: what came before it (loading, or the steps of a run that is resumed) tells
 * nothing about the pace.
 */
function estimator(): (now: number, done: number, total: number) => string {
  let first: { readonly at: number; readonly done: number } | undefined;
  return (now, done, total) => {
    first ??= { at: now, done };
    if (done <= first.done || now === first.at || total === Infinity) return '';
    const seconds = Math.round((((now - first.at) / (done - first.done)) * (total - done)) / 1000);
    return seconds >= 60 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s left` : `${seconds} s left`;
  };
}

/** How errors begin. */
export const ERROR_PREFIX = `${TOOL.name}: `;
