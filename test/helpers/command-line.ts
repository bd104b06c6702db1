/** The command line as users run it: the built file, in a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

const MAIN = join(process.cwd(), 'dist', 'cli', 'main.js');

/** How a command ended. */
export interface Ended {
  /** Exit code; undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command at work. */
export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Variables of the environment that a command sees besides the test's own, or (undefined) does not see. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Starts a command. One thread by default: test files run beside each other. */
export function startCommand(args: readonly string[], cwd: string, env: Environment = {}): Running {
  const threads = args.includes('--threads') ? [] : ['--threads', '1'];
  const child = spawn(process.execPath, [MAIN, ...args, ...threads], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Jest asks its workers for colours, and a terminal that it is started from may have a width.
    env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: undefined, COLUMNS: undefined, ...env },
  });
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => (texts[stream] += text));
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? undefined, ...texts }));
  });
  return { process: child, ended };
}

/** Runs a command to its end. */
export function runCommand(args: readonly string[], cwd: string, env?: Environment): Promise<Ended> {
  return startCommand(args, cwd, env).ended;
}
