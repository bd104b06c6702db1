/** What the user sees: results on stdout, all else on stderr. */
import { printable, printableJson } from '../data/printable.js';
import { TOOL } from '../tool.js';
import { styled, type Line, type Style } from './colour.js';
import { noDisplays, progressDisplays, type ProgressDisplay } from './progress.js';
import type { Outlet } from './streams.js';
import { alignedTable, type Cell, type Column } from './table.js';

/** How much is said, and where. */
export interface Terminal {
  /** What a command found, in a line: what --quiet leaves of the result. Not printed with --json. */
  readonly verdict: (line: Line) => void;
  /** A line of the result for people; not printed with --quiet or --json. */
  readonly print: (line: Line) => void;
  /** A table of the result, as wide as the terminal allows; printed where lines are. */
  readonly table: (heading: readonly (string | Column)[], rows: readonly (readonly Cell[])[]) => void;
  /** The result for programs: printed with --json, as the only thing on stdout. */
  readonly result: (value: unknown) => void;
  /** A line the user should know about, said once however often it comes; silenced by --quiet. */
  readonly notice: (line: string, style?: Style) => void;
  /** A line that stays even with --quiet: something went wrong, and the command ends accordingly. */
  readonly error: (line: string) => void;
  /** A line for another program, such as the pipeline that the tool runs in; on stdout, or beside the result of --json. */
  readonly command: (line: string) => void;
  /** Starts a progress display; silenced by --quiet. */
  readonly progress: (what: string) => ProgressDisplay;
  /** Takes away what displays have drawn: whatever ends a command, an error too, begins on a line of its own. */
  readonly close: () => void;
}

/** The flags that say how much is said, and to whom. */
export interface Volume {
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** The terminal for a command. Whatever names from files are in the lines, they come out harmless: see `printableLine`. */
export function terminal(stdout: Outlet, stderr: Outlet, { json = false, quiet = false }: Volume): Terminal {
  const displays = quiet ? noDisplays : progressDisplays(stderr);
  const noticed = new Set<string>();
  /** Both streams may be one terminal. */
  const say = (stream: Outlet, line: Line) => {
    displays.clear();
    stream.line(line);
  };
  const verdict = (line: Line) => {
    if (!json) say(stdout, line);
  };
  const print = (line: Line) => {
    if (!quiet) verdict(line);
  };
  return {
    verdict,
    print,
    table: (heading, rows) => {
      if (!quiet && !json) for (const line of alignedTable(heading, rows, stdout.width)) print(line);
    },
    result: (value) => {
      displays.clear();
      if (json) stdout.raw(`${printableJson(value)}\n`);
    },
    notice: (line, style) => {
      // Data that a command opens twice have the same said of them.
      if (!quiet && !noticed.has(line)) say(stderr, styled(line, style));
      noticed.add(line);
    },
    error: (line) => say(stderr, errorLine(line)),
    command: (line) => {
      displays.clear();
      (json ? stderr : stdout).raw(`${printable(line, LONGEST_COMMAND)}\n`);
    },
    progress: displays.begin,
    close: displays.clear,
  };
}

/** Characters of a command to the pipeline. */
const LONGEST_COMMAND = 4000;

/** A line that tells an error. */
export function errorLine(message: string): Line {
  return [{ text: `${TOOL.name}:`, style: 'bad' }, ` ${message}`];
}

/** The terminal for a part of a command that has a verdict of its own: what the part found is detail. */
export function inDetail(ui: Terminal): Terminal {
  return { ...ui, verdict: ui.print };
}
