/** The parent of the harness: hands out cases, ends children that take too much, and reports. */
import { fork, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { APART_VARIABLE, type Answer, type Request } from './child.js';
import { SHARED_VARIABLE, type Call, type Fuzzer, type FuzzOptions } from './harness.js';
import { LIMITS } from './judge.js';
import { cpuOf, memoryOf } from './measure.js';

/** How often a child is looked at. */
const WATCH_MS = 100;

/** A case may have several commands, each of which may take this much of what one may. */
const SLACK = 3;

/** Seconds without an answer after which a child hangs, whatever it takes; machines may be busy with other things. */
const PATIENCE = 600;

/** How one case ended. */
interface Outcome {
  readonly calls: readonly Call[];
  readonly violations: readonly string[];
  readonly crashed?: boolean;
  readonly isSpent?: boolean;
}

/** What has been found so far. */
interface Tally {
  played: number;
  violations: number;
  crashes: number;
  readonly codes: Map<number, number>;
  cpu: number;
  mostCpu: number;
  mostMemory: number;
}

/** Plays all cases. @returns the number of cases with a violation */
export async function oversee(fuzzer: Fuzzer, options: FuzzOptions): Promise<number> {
  const work = mkdtempSync(join(tmpdir(), `fuzz-${fuzzer.name}-`));
  const shared = join(work, 'shared');
  mkdirSync(shared);
  const tally: Tally = { played: 0, violations: 0, crashes: 0, codes: new Map(), cpu: 0, mostCpu: 0, mostMemory: 0 };
  const start = Date.now();
  try {
    await fuzzer.prepare?.(shared);
    const queue = [...options.indices].reverse();
    const jobs = Math.max(1, Math.min(options.jobs, availableParallelism(), queue.length));
    await Promise.all(Array.from({ length: jobs }, () => playQueue(fuzzer, options, queue, work, shared, tally)));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  console.log(summary(fuzzer, options, tally, (Date.now() - start) / 1000));
  return tally.violations;
}

async function playQueue(
  fuzzer: Fuzzer,
  options: FuzzOptions,
  queue: number[],
  work: string,
  shared: string,
  tally: Tally,
): Promise<void> {
  let child: ChildProcess | undefined;
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (!child?.connected) child = await startChild(shared);
    const folder = join(work, `${options.seed}-${index}`);
    let outcome = await playOne(child, { index, folder }, fuzzer);
    if (outcome.crashed) {
      // Natively, in what ONNX Runtime was given: what does a user see then?
      rmSync(folder, { recursive: true, force: true });
      child = await startChild(shared, { [APART_VARIABLE]: '1' });
      outcome = await playOne(child, { index, folder }, fuzzer);
      tally.crashes++;
      child.disconnect();
    }
    if (outcome.isSpent && child.connected) child.disconnect();
    count(tally, outcome);
    if (outcome.violations.length > 0) report(index, folder, outcome, options, fuzzer);
    rmSync(folder, { recursive: true, force: true });
  }
  if (child?.connected) child.disconnect();
}

function startChild(shared: string, variables: NodeJS.ProcessEnv = {}): Promise<ChildProcess> {
  const child = fork(process.argv[1]!, process.argv.slice(2), {
    env: { ...process.env, [SHARED_VARIABLE]: shared, ...variables },
    execArgv: [...process.execArgv, '--expose-gc'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('message', () => resolve(child));
    child.once('exit', (code, signal) =>
      reject(new Error(`a child did not start: ${code ?? signal}; is dist/ built?`)),
    );
  });
}

/** Sends a case to a child and waits for its answer, or its end. */
function playOne(child: ChildProcess, request: Request, fuzzer: Fuzzer): Promise<Outcome> {
  const { mostCpu = LIMITS.mostCpu, mostMemory = LIMITS.mostMemory } = fuzzer;
  const pid = child.pid!;
  const [started, cpu, memory] = [Date.now(), cpuOf(pid), memoryOf(pid)];
  let ended: string | undefined;
  const end = (why: string) => {
    ended ??= why;
    child.kill('SIGKILL');
  };
  const watch = setInterval(() => {
    if (memoryOf(pid) - memory > SLACK * mostMemory) end(`ended at ${SLACK * mostMemory} bytes of memory`);
    else if (cpuOf(pid) - cpu > SLACK * mostCpu) end(`ended after ${SLACK * mostCpu} s of processor time`);
    else if (Date.now() - started > PATIENCE * 1000) end(`hangs: no end after ${PATIENCE} s`);
  }, WATCH_MS);
  return new Promise<Outcome>((resolve) => {
    const done = (outcome: Outcome) => {
      clearInterval(watch);
      child.off('message', onAnswer);
      child.off('exit', onExit);
      resolve(outcome);
    };
    const onAnswer = (answer: Answer) => {
      if (answer.kind === 'played') done(answer);
    };
    const onExit = (code: number | null, signal: string | null) =>
      done({
        calls: [],
        violations: [ended ?? `the process ended by itself: ${signal ?? `exit code ${code}`}`],
        crashed: ended === undefined && signal !== null,
      });
    child.on('message', onAnswer);
    child.on('exit', onExit);
    child.send(request);
  });
}

function count(tally: Tally, { calls, violations }: Outcome): void {
  tally.played++;
  if (violations.length > 0) tally.violations++;
  for (const { code, cpu, memory } of calls) {
    tally.codes.set(code, (tally.codes.get(code) ?? 0) + 1);
    tally.cpu += cpu;
    tally.mostCpu = Math.max(tally.mostCpu, cpu);
    tally.mostMemory = Math.max(tally.mostMemory, memory);
  }
}

function report(
  index: number,
  folder: string,
  { calls, violations }: Outcome,
  { seed, keep }: FuzzOptions,
  { name }: Fuzzer,
): void {
  const kept = join(keep, `${seed}-${index}`);
  mkdirSync(kept, { recursive: true });
  if (existsSync(folder)) cpSync(folder, kept, { recursive: true, verbatimSymlinks: true });
  const text = violations.map((line) => `  ${line.replaceAll(folder, '.')}`).join('\n');
  writeFileSync(join(kept, 'violations.txt'), `${text}\n\n${JSON.stringify(calls, null, 2)}\n`);
  console.log(
    `case ${index} (npx tsx scripts/fuzz/${name}.ts --seed ${seed} --only ${index}; kept in ${kept}):\n${text}`,
  );
}

function summary({ name }: Fuzzer, { seed }: FuzzOptions, tally: Tally, seconds: number): string {
  const codes = [...tally.codes].sort(([a], [b]) => a - b).map(([code, times]) => `${times} ended with ${code}`);
  return [
    `${name}, seed ${seed}: ${tally.played} cases, ${tally.violations} with violations, ${tally.crashes} in which native code crashed`,
    `${codes.join(', ')}; at most ${tally.mostCpu.toFixed(1)} s of processor time and ${Math.round(tally.mostMemory / 1e6)} MB a command`,
    `${seconds.toFixed(0)} s, ${tally.cpu.toFixed(0)} s of processor time`,
  ].join('\n');
}
