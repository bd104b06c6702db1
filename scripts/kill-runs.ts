/**
 * Kills trainings at random moments and continues them, again and again: each run that comes to its end must leave the very
 * files of one that was never stopped. Excluded are only its locks (`train.lock*`), which a process that is killed leaves behind.
 * A run that was killed before there was anything to continue is begun again in its folder, without --force.
 * Run after a build: npx tsx scripts/kill-runs.ts [--kills 200] [--seed 1] [--codec int8]
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seededRandom } from '../src/numeric/random.js';
import { encodeNpz } from './fuzz/encode-npz.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    codec: { type: 'string', default: 'int8' },
  },
});
const [wanted, seed] = [Number(values.kills), Number(values.seed)];
const main = new URL('../dist/cli/main.js', import.meta.url).pathname;
const random = seededRandom(seed, 0);
const folder = mkdtempSync(join(tmpdir(), 'kill-runs-'));
const at = (name: string) => join(folder, name);

const images = Uint8Array.from({ length: 240 * 144 }, () => random.below(256));
const labels = BigInt64Array.from({ length: 240 }, (_, i) => BigInt(i % 4));
writeFileSync(at('data.npz'), encodeNpz({ x: ['|u1', [240, 1, 12, 12], images], y: ['<i8', [240], labels] }));
const model = ['create', 'mlp', '--input-shape', '1,12,12', '--classes', '4'];
const options = ['--epochs', '6', '--batch-size', '8', '--checkpoint-every', '20', '--codec', values.codec];
const begin = ['train', '--model', 'm.onnx', '--data', 'data.npz', '--sampler', 'single-class', ...options];

function start(out: string, args: readonly string[]) {
  const child = spawn(process.execPath, [main, ...args, '--out', out, '--quiet', '--threads', '1'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  return { child, ended: once(child, 'exit').then(([code]) => ({ code: code as number | null, said })) };
}

async function must(out: string, args: readonly string[]): Promise<void> {
  const { code, said } = await start(out, args).ended;
  if (code !== 0) throw new Error(`${args.join(' ')}: exit code ${code}: ${said}`);
}

function contents(run: string): Record<string, string> {
  const names = readdirSync(run, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => !name.startsWith('train.lock') && statSync(join(run, name)).isFile());
  return Object.fromEntries(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(run, name)))
        .digest('hex'),
    ]),
  );
}

/** The lock that stands, if one does: the next process's is another one. */
function lockOf(run: string): string | undefined {
  try {
    return readFileSync(join(run, 'train.lock'), 'utf8');
  } catch {
    return undefined;
  }
}

/** Ends when the process holds the lock, or has gone. */
async function untilAtWork(run: string, before: string | undefined, hasEnded: () => boolean): Promise<void> {
  while (!hasEnded() && [undefined, before].includes(lockOf(run))) await setTimeout(2);
}

const hasBegun = (run: string) => existsSync(join(run, 'run.json')) && existsSync(join(run, 'initial.onnx'));

mkdirSync(folder, { recursive: true });
await must('m.onnx', model);
await must('whole', begin);
const whole = contents(at('whole'));
const began = Date.now();
await must('again', begin);
/** What a whole run takes, starting the process included. */
const length = Date.now() - began;
let kills = 0;
let runs = 0;
let begunAgain = 0;
while (kills < wanted) {
  const out = `killed-${runs}`;
  for (let attempt = 0; ; attempt++) {
    const resumes = hasBegun(at(out));
    if (attempt > 0 && !resumes) begunAgain++;
    const { child, ended } = start(out, resumes ? ['train', '--resume'] : begin);
    // Now and then while the process starts; mostly while it trains and writes.
    const early = random.uniform() < 0.15;
    const delay = random.uniform() * (early ? 0.8 : 0.4) * length;
    const isMeant = kills < wanted && (await killAfter(at(out), child, early, delay));
    const { code, said } = await ended;
    if (isMeant && code === null) {
      kills++;
      continue;
    }
    const isFinished = code === 2 && said.includes('the training is finished');
    if (code !== 0 && !isFinished) throw new Error(`${out}, attempt ${attempt}: exit code ${code}: ${said}`);
    break;
  }
  const found = contents(at(out));
  const differing = [...new Set([...Object.keys(whole), ...Object.keys(found)])].filter(
    (name) => whole[name] !== found[name],
  );
  if (differing.length > 0) throw new Error(`${at(out)} differs from ${at('whole')} in ${differing.join(', ')}`);
  rmSync(at(out), { recursive: true });
  runs++;
}
console.log(`seed ${seed}: ${kills} kills in ${runs} runs, ${begunAgain} begun again; all as if never stopped`);
rmSync(folder, { recursive: true });

/** @returns whether the process was still there to be killed */
async function killAfter(run: string, child: ReturnType<typeof start>['child'], early: boolean, delay: number) {
  const before = lockOf(run);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  if (!early) await untilAtWork(run, before, hasEnded);
  await setTimeout(delay);
  return !hasEnded() && child.kill('SIGKILL');
}
