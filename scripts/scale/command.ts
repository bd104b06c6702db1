/** A command, and what its process took (Linux): what stands in /proc just before it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const COMMAND = new URL('../../dist/cli/command-process.js', import.meta.url).pathname;

/** Between two looks, in ms. */
const LOOK_MS = 10;

/** What a process took. */
export interface Taken {
  /** Seconds of processors. */
  readonly cpu: number;
  /** Seconds on the clock. */
  readonly wall: number;
  /** Bytes that it read, from wherever. */
  readonly read: number;
  /** The most memory it had, in bytes. */
  readonly memory: number;
}

/** Runs a command. @param env variables besides the own ones @throws Error with what it said where it fails */
export async function take(folder: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Taken> {
  const began = performance.now();
  const child = spawn(process.execPath, [COMMAND, ...words, '--quiet'], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  (child.stdio[3] as NodeJS.ReadableStream).setEncoding('utf8').on('data', (text: string) => (said += text));
  let taken = { cpu: 0, read: 0, memory: 0 };
  const looking = setInterval(() => (taken = lookAt(child.pid!) ?? taken), LOOK_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(looking);
  if (code !== 0) throw new Error(`${words.join(' ')}: ${said}`);
  return { ...taken, wall: (performance.now() - began) / 1000 };
}

function lookAt(pid: number): Omit<Taken, 'wall'> | undefined {
  try {
    const text = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
    // Behind the name, which may hold anything, the 12th and 13th are user and system time in hundredths.
    const fields = text('stat')
      .replace(/^.*\) /s, '')
      .split(' ');
    const memory = Number(/^VmHWM:\s+(\d+)/m.exec(text('status'))![1]) * 1024;
    const read = Number(/^rchar: (\d+)/m.exec(text('io'))![1]);
    return { cpu: (Number(fields[11]) + Number(fields[12])) / 100, memory, read };
  } catch {
    return undefined;
  }
}

/** What a command must know of a store that asks for no credentials. */
export function storeSettings(endpoint: string): NodeJS.ProcessEnv {
  return {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
