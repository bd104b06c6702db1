/** Which process this is, in words that another process can check: on this machine, in another container, after a restart. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process as its lock describes it. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** When the process started, in clock ticks since the machine did: a process number is given again, both are not. */
  readonly started?: string | undefined;
  /** Which run of the machine's kernel. */
  readonly boot?: string | undefined;
  /** The namespace that the process number counts in: each container has its own. */
  readonly namespace?: string | undefined;
}

/** This process. */
export function thisProcess(): ProcessIdentity {
  return {
    pid: process.pid,
    host: hostname(),
    started: statusOf(process.pid)?.started,
    boot: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    namespace: attempt(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/** @returns whether a process runs, or undefined where this process cannot see that: of another container or machine */
export function isRunning(other: ProcessIdentity, self = thisProcess()): boolean | undefined {
  if (!sharesNumbers(other, self)) return undefined;
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    // Another user's process.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const { state, started } = statusOf(other.pid) ?? {};
  // A process that was killed keeps its number until its parent has taken note.
  if (state === 'Z' || state === 'X') return false;
  return started === undefined || other.started === undefined || started === other.started;
}

/** Whether the numbers of two processes count the same processes. */
function sharesNumbers(a: ProcessIdentity, b: ProcessIdentity): boolean {
  // Only Linux has namespaces; a lock of the first version does not say which it was made in.
  if (process.platform !== 'linux' || a.boot === undefined) return a.host === b.host;
  return a.boot === b.boot && a.namespace !== undefined && a.namespace === b.namespace;
}

/** Fields 3 and 22 of a process's status; the second, its name in parentheses, may hold spaces. */
function statusOf(pid: number): { state?: string | undefined; started?: string | undefined } | undefined {
  return attempt(() => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { state: fields[0], started: fields[19] };
  });
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
