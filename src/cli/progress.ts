/** How far a command is: a bar on a terminal, a line now and then elsewhere. */
import { printable } from '../data/printable.js';
import { leftText, pace } from './pace.js';
import type { Outlet } from './streams.js';
import { widthOf, wrapText } from './wrap.js';

/** A display of how far something is. */
export interface ProgressDisplay {
  /** @param total Infinity where nobody knows: there is no estimate then */
  readonly update: (done: number, total: number, detail?: string) => void;
  /** Ends the display; the last state stays visible where there is no terminal. */
  readonly end: () => void;
}

/** All displays of a command: they share one line of the terminal, or one right to speak. */
export interface ProgressDisplays {
  readonly begin: (what: string) => ProgressDisplay;
  /** Takes away what is drawn, so that another line can be written; the next update draws it again. */
  readonly clear: () => void;
}

/** Plain lines appear at most this often, whatever they are about. */
const PLAIN_INTERVAL_MS = 10_000;

/** A bar is redrawn at most this often. */
const BAR_INTERVAL_MS = 100;

/** A bar takes what its text leaves, within these columns. */
const [NARROWEST_BAR, WIDEST_BAR] = [6, 24];

/** No displays, for who does not want any. */
export const noDisplays: ProgressDisplays = {
  begin: () => ({ update: () => undefined, end: () => undefined }),
  clear: () => undefined,
};

/**
 * Displays on a stream.
 * @param clock milliseconds
 */
export function progressDisplays(stream: Outlet, clock: () => number = Date.now): ProgressDisplays {
  return stream.canRedraw ? bars(stream, clock) : lines(stream, clock);
}

const CLEAR = '\r\x1b[2K';

function bars({ raw, width }: Outlet, clock: () => number): ProgressDisplays {
  // The last column stays empty: some terminals go on to the next line after it.
  const room = Math.max(20, (width ?? 80) - 1);
  let isDrawn = false;
  const clear = () => {
    if (isDrawn) raw(CLEAR);
    isDrawn = false;
  };
  const draw = (text: string) => {
    raw(CLEAR + wrapText(printable(text, Infinity), room)[0]!);
    isDrawn = true;
  };
  const begin = (what: string): ProgressDisplay => {
    const remaining = pace(clock);
    let drawn = -Infinity;
    return {
      update: (done, total, detail = '') => {
        const left = leftText(remaining(done, total));
        if (clock() - drawn < BAR_INTERVAL_MS && done < total) return;
        drawn = clock();
        if (total === Infinity) return draw(`${what}: ${done} ${detail}`);
        const behind = [`${done}/${total}`, left, detail].filter((part) => part !== '').join(' ');
        const free = room - widthOf(`${what}  ${behind}`);
        const bar = Math.max(NARROWEST_BAR, Math.min(WIDEST_BAR, free));
        const filled = Math.min(bar, Math.round((bar * done) / Math.max(1, total)));
        draw(`${what} ${'█'.repeat(filled)}${'░'.repeat(bar - filled)} ${behind}`);
      },
      end: clear,
    };
  };
  return { begin, clear };
}

function lines({ line }: Outlet, clock: () => number): ProgressDisplays {
  let printed = clock();
  const begin = (what: string): ProgressDisplay => {
    const remaining = pace(clock);
    return {
      update: (done, total, detail = '') => {
        const left = leftText(remaining(done, total));
        if (clock() - printed < PLAIN_INTERVAL_MS) return;
        printed = clock();
        const far = total === Infinity ? `${what}: ${done}` : `${what}: ${done} of ${total}`;
        line([far, left, detail].filter((part) => part !== '').join(', '));
      },
      end: () => undefined,
    };
  };
  return { begin, clear: () => undefined };
}
