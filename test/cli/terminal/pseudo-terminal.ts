/** A terminal of so many columns, for the command line to run in: `script` makes one, where the system has it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const MAIN = join(process.cwd(), 'dist', 'cli', 'main.js');

/** Whether terminals can be made here. */
export const hasTerminals =
  process.platform === 'linux' &&
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux');

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** What a command shows on a terminal. */
export interface Shown {
  readonly code: number | null;
  /** Both streams, as the terminal gets them. */
  readonly output: string;
}

/**
 * Runs a command on a terminal.
 * @param redirect what a shell does with the command's streams, such as `2>/dev/null`
 */
export function onTerminal(
  columns: number,
  args: readonly string[],
  cwd: string,
  { redirect = '', env = {} }: { redirect?: string; env?: Readonly<Record<string, string | undefined>> } = {},
): Shown {
  const command = [process.execPath, MAIN, ...args].map(quoted).join(' ');
  const { status, stdout } = spawnSync(
    'script',
    ['-qec', `stty cols ${columns}; ${command} ${redirect}`, '/dev/null'],
    {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TERM: 'xterm', COLUMNS: undefined, FORCE_COLOR: undefined, NO_COLOR: undefined, ...env },
    },
  );
  return { code: status, output: stdout.replaceAll('\r\n', '\n') };
}
