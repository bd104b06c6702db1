/** Commands that an engine has computed, and the workers that do it: processes, as users start them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, expect } from '@jest/globals';
import { Redis } from 'ioredis';
import { runCommand, startCommand, type Ended, type Running } from '../command-line.js';
import { temporaryFolder } from '../data-files.js';
import { smallRun } from '../small-run.js';

/** Takes some seconds in all, most of them to start processes. */
export const TRACE = ['trace', 'run', '--input', 'data@0,1,2', '--input-split', 'train'];

/** Takes longer: it trains the run anew on many subsets. */
export const EVALUATE = [
  ...['evaluate', 'run', '--protocol', 'lds', '--queries', '2', '--subsets', '24', '--keep', '0.5'],
  ...['--methods', 'tracin,random'],
];

/** Where commands of a test file run. */
export interface Bench {
  readonly folder: string;
  /** A worker that takes work already. Its lines so far are what it has begun. */
  readonly worker: (address: string) => Promise<Worker>;
  /** Asks for a command's work. */
  readonly submit: (command: readonly string[], out: string, redis: string, flags?: readonly string[]) => Running;
  /** Holds a result against that of one shard on this machine, and says that nothing lies beside it. */
  readonly expectSame: (command: readonly string[], out: string) => Promise<void>;
  /** Folders of shards that lie beside results. */
  readonly parts: () => string[];
}

/** A worker at work. */
export interface Worker {
  readonly running: Running;
  /** What it has begun so far, such as `trace 1/2`. */
  readonly begun: () => string[];
}

/** A folder with a small run. Call it at the top of a test file; what it started ends with the file. */
export function bench(): Bench & { readonly prepare: () => Promise<void> } {
  const folder = temporaryFolder();
  const started: Running[] = [];
  const note = (running: Running): Running => {
    started.push(running);
    return running;
  };
  // Each of these ends what it has started itself.
  afterAll(() => {
    for (const { process } of started) process.kill('SIGKILL');
  });
  const parts = () => readdirSync(folder).filter((name) => name.includes('.parts-'));
  return {
    folder,
    prepare: async () => void (await smallRun(folder)),
    worker: async (address) => {
      const running = note(startCommand(['worker', '--redis', address], folder));
      let said = '';
      running.process.stdout!.on('data', (text: string) => (said += text));
      const lines = () => said.split('\n').filter((line) => line !== '');
      await until(() => lines().length > 0);
      return { running, begun: () => lines().slice(1) };
    },
    submit: (command, out, redis, flags = ['--quiet']) =>
      note(startCommand([...command, '--out', out, '--engine', 'bullmq', '--redis', redis, ...flags], folder)),
    expectSame: async (command, out) => {
      const one = command[0]!;
      if (!existsSync(join(folder, one))) {
        const flags = ['--shard', '1/1', '--out', `${one}-shards`, '--quiet'];
        expect(await runCommand([...command, ...flags], folder)).toMatchObject({ code: 0, stderr: '' });
        const merge = ['merge', `${one}-shards`, '--out', one, '--quiet'];
        expect(await runCommand(merge, folder)).toMatchObject({ code: 0, stderr: '' });
      }
      const [expected, found] = [one, out].map((name) => readFileSync(join(folder, name, 'result.json'), 'utf8'));
      expect(found === expected).toBe(true);
      expect(parts()).toEqual([]);
    },
    parts,
  };
}

/** Waits until something is the case. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await isSo()); await setTimeout(50)) {
    if (Date.now() > end) throw new Error(`waited in vain: ${String(isSo)}`);
  }
}

/** Keys of plans that lie in a Redis. */
export async function keysOfPlans(address: string): Promise<string[]> {
  const redis = new Redis(address);
  const keys = await redis.keys('*');
  redis.disconnect();
  return keys.filter((key) => /:[0-9a-f]{20}(?:$|[-:])/.test(key)).map((key) => key.replace(/[0-9a-f]{20}/, 'plan'));
}

/** What a command says that is refused. */
export const refused = (line: RegExp): Ended =>
  ({ code: 2, stdout: '', stderr: expect.stringMatching(new RegExp(`^onnx-explain: ${line.source}\n$`)) }) as never;
