/**
 * What the fuzzers share. A fuzzer makes cases from a seed and runs commands on them; the harness measures every command
 * and reports what no input may bring about: an exit code other than 0, 1 (`check` only) and 2, an error that is not one
 * line, a stack trace, control characters, more memory or processor time than a small file can be worth, a hang, a crash.
 *
 * Commands run in a child process, many after each other, through the function behind the command line; it is `dist/` that is
 * run, so build first. The parent ends a child that hangs or takes too much, and goes on with the next case in a new one.
 *
 *     npx tsx scripts/fuzz/<kind>.ts --count 200 --seed 1             # the short form
 *     npx tsx scripts/fuzz/<kind>.ts --count 10000 --seed 7 --jobs 2  # the long one
 *     npx tsx scripts/fuzz/<kind>.ts --seed 7 --only 123              # one case again
 *
 * What a violation was found with is kept in `--keep`, a folder each. Exit code 1 when there was any.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Random } from '../../src/numeric/random.js';
import { playCases } from './child.js';
import { oversee } from './parent.js';

/** What one command did. */
export interface Call {
  readonly argv: readonly string[];
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Seconds of processor time, of all threads. */
  readonly cpu: number;
  /** Bytes at the peak beyond those of the process before its first case. */
  readonly memory: number;
}

/** One case while it is played. */
export interface FuzzCase {
  readonly index: number;
  /** Follows from the seed and the index alone. */
  readonly random: Random;
  /** An empty folder of its own, which is the working directory too. */
  readonly folder: string;
  /** What `prepare` filled; not to be changed. */
  readonly shared: string;
  /** Runs a command, measures it, and reports what no command may do. */
  readonly run: (...argv: string[]) => Promise<Call>;
  /** Reports what this case must not do. */
  readonly violation: (what: string) => void;
}

/** A kind of input, and what is done with it. */
export interface Fuzzer {
  /** As its file is called. */
  readonly name: string;
  /** Fills a folder once, before all cases. */
  readonly prepare?: (shared: string) => Promise<void>;
  readonly play: (one: FuzzCase) => Promise<void>;
  /** Most seconds of processor time for a command; 20 by default. */
  readonly mostCpu?: number;
  /** Most bytes for a command; 1 GB by default. */
  readonly mostMemory?: number;
}

/** How a fuzzer was started. */
export interface FuzzOptions {
  readonly seed: number;
  readonly indices: readonly number[];
  readonly jobs: number;
  readonly keep: string;
}

/** Set for a child: the folder that `prepare` filled. */
export const SHARED_VARIABLE = 'ONNX_EXPLAIN_FUZZ_SHARED';

/** Runs a fuzzer as its command line says. Call it last: in a child it plays cases until the parent ends it. */
export async function fuzz(fuzzer: Fuzzer): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      from: { type: 'string', default: '0' },
      jobs: { type: 'string', default: '1' },
      keep: { type: 'string', default: join(tmpdir(), 'onnx-explain-fuzz', fuzzer.name) },
    },
  });
  const seed = wholeNumber(values.seed, 'seed');
  const shared = process.env[SHARED_VARIABLE];
  if (shared !== undefined) return playCases(fuzzer, seed, shared);
  const first = wholeNumber(values.from, 'from');
  const indices =
    values.only === undefined
      ? Array.from({ length: wholeNumber(values.count, 'count') }, (_, i) => first + i)
      : values.only.split(',').map((text) => wholeNumber(text, 'only'));
  const violations = await oversee(fuzzer, {
    seed,
    indices,
    jobs: wholeNumber(values.jobs, 'jobs'),
    keep: values.keep,
  });
  process.exitCode = violations === 0 ? 0 : 1;
}

function wholeNumber(text: string, flag: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${flag} ${text}: expected a whole number`);
  return Number(text);
}
