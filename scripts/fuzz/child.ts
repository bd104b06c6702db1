/** The child of the harness: plays the cases that it is sent, in this process, and says what each command took. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { Writable } from 'node:stream';
import { seededRandom } from '../../src/numeric/random.js';
import type { Call, FuzzCase, Fuzzer } from './harness.js';
import { judge, LIMITS } from './judge.js';
import { cpuSeconds, forgetPeak, peakMemory, restingMemory } from './measure.js';

/** What the parent sends. */
export interface Request {
  readonly index: number;
  readonly folder: string;
}

/** What the child answers: first that it is ready, then once a case. */
export type Answer =
  | { readonly kind: 'ready'; readonly memory: number }
  | {
      readonly kind: 'played';
      readonly index: number;
      readonly calls: readonly Call[];
      readonly violations: string[];
      /** Whether the child is to be replaced. */
      readonly isSpent: boolean;
    };

/** The function behind the command line, as built. */
type Run = (argv: readonly string[], streams: { stdout: Writable; stderr: Writable }) => Promise<number>;

/** A child that keeps more than this beyond its start is replaced, so that what one case left does not count for another. */
const MOST_LEFT = 256e6;

/** Set for a child that runs each command as a process of its own: after native code has crashed, it tells what users see. */
export const APART_VARIABLE = 'ONNX_EXPLAIN_FUZZ_APART';

/** Nothing that is checked for stands further behind. */
const LONGEST_OUTPUT = 1e6;

/** Plays cases until the parent ends the process. */
export async function playCases(fuzzer: Fuzzer, seed: number, shared: string): Promise<void> {
  const { run } = (await import(new URL('../../dist/cli/run.js', import.meta.url).href)) as { run: Run };
  // Loads what every command loads, so that it counts as the process itself.
  await call(run, ['inspect', new URL('../../models/mlp.onnx', import.meta.url).pathname], 0);
  const empty = restingMemory();
  const limits = { ...LIMITS, ...definedOf(fuzzer) };
  let violations: string[] = [];
  process.on('uncaughtException', (error) => violations.push(`an error that nobody caught: ${error.stack ?? error}`));
  const play = async ({ index, folder }: Request) => {
    violations = [];
    const calls: Call[] = [];
    mkdirSync(folder, { recursive: true });
    process.chdir(folder);
    const one: FuzzCase = {
      index,
      folder,
      shared,
      random: seededRandom(seed, index),
      run: async (...argv) => {
        const made = await call(run, argv, empty);
        calls.push(made);
        violations.push(...judge(made, limits));
        return made;
      },
      violation: (what) => violations.push(what),
    };
    try {
      await fuzzer.play(one);
    } catch (error) {
      violations.push(`the fuzzer itself failed: ${(error as Error).stack ?? String(error)}`);
    }
    // Errors of what was not waited for come now or never.
    await new Promise((resolve) => setImmediate(resolve));
    send({ kind: 'played', index, calls, violations, isSpent: restingMemory() > empty + MOST_LEFT });
  };
  process.on('disconnect', () => process.exit());
  process.on('message', (request: Request) => void play(request));
  send({ kind: 'ready', memory: empty });
}

function send(answer: Answer): void {
  process.send!(answer);
}

function definedOf({ mostCpu = LIMITS.mostCpu, mostMemory = LIMITS.mostMemory }: Fuzzer) {
  return { mostCpu, mostMemory };
}

async function call(run: Run, argv: readonly string[], empty: number): Promise<Call> {
  if (process.env[APART_VARIABLE] !== undefined) return callApart(argv);
  const [stdout, stderr] = [collector(), collector()];
  forgetPeak();
  const start = cpuSeconds();
  const code = await run(argv, { stdout: stdout.stream, stderr: stderr.stream });
  const cpu = cpuSeconds() - start;
  return { argv, code, stdout: stdout.text(), stderr: stderr.text(), cpu, memory: peakMemory() - empty };
}

function callApart(argv: readonly string[]): Call {
  const main = new URL('../../dist/cli/main.js', import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...argv], { encoding: 'utf8' });
  return { argv, code: status ?? -1, stdout, stderr, cpu: 0, memory: 0 };
}

function collector(): { stream: Writable; text: () => string } {
  let text = '';
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string | Buffer, _encoding, done) => {
      if (text.length < LONGEST_OUTPUT) text += chunk.toString();
      done();
    },
  });
  return { stream, text: () => text };
}
