/**
 * Kills workers at random moments, and restarts the queue under them, while they compute shards: the result must be that of one
 * shard on this machine, to the byte, and nothing may be left behind.
 * Run after a build: npx tsx scripts/kill-workers.ts [--kills 30] [--workers 2] [--seed 1] [--commands trace,audit,evaluate]
 * Takes the `redis-server` of the path.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seededRandom } from '../src/numeric/random.js';
import { encodeNpz } from './fuzz/encode-npz.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '30' },
    workers: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    commands: { type: 'string', default: 'trace,audit,evaluate' },
  },
});
const [kills, workers] = [Number(values.kills), Number(values.workers)];
const main = new URL('../dist/cli/main.js', import.meta.url).pathname;
const random = seededRandom(Number(values.seed), 0);
const folder = mkdtempSync(join(tmpdir(), 'kill-workers-'));

if (spawnSync('redis-server', ['--version']).status !== 0) {
  console.log('skipped: no redis-server');
  process.exit();
}

/** Each shard takes a second or so, most of them to start. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  trace: ['trace', 'run', '--input', 'data.npz@0-3', '--input-split', 'train'],
  audit: ['audit', 'run', '--no-map'],
  evaluate: [
    'evaluate',
    'run',
    '--protocol',
    'lds',
    '--queries',
    '4',
    '--subsets',
    '40',
    '--keep',
    '0.5',
    '--methods',
    'metagradient,tracin,random',
  ],
};

const port = await freePort();
const address = `redis://127.0.0.1:${port}`;
let redis: ChildProcess | undefined;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  server.close();
  return free;
}

async function startRedis(): Promise<void> {
  const options = [
    '--port',
    String(port),
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
  ];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] });
  redis = server;
  for await (const line of server.stdout) if (String(line).includes('Ready to accept')) return;
}

async function restartRedis(): Promise<void> {
  redis!.kill('SIGKILL');
  await once(redis!, 'exit');
  await setTimeout(1000);
  await startRedis();
}

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  return { child, ended: once(child, 'exit').then(([code]) => ({ code: code as number | null, said })) };
}

async function must(args: readonly string[]): Promise<void> {
  const { code, said } = await start(args).ended;
  if (code !== 0) throw new Error(`${args.join(' ')}: exit code ${code}: ${said}`);
}

const running: ChildProcess[] = [];
const startWorker = () => running.push(start(['worker', '--redis', address]).child);

async function tryCommand(name: string, command: readonly string[]): Promise<number> {
  await must([...command, '--shard', '1/1', '--out', `${name}-parts`, '--quiet']);
  await must(['merge', `${name}-parts`, '--out', `${name}-one`, '--quiet']);
  const flow = start([
    ...command,
    '--out',
    `${name}-many`,
    '--engine',
    'bullmq',
    '--redis',
    address,
    '--shards',
    '12',
    '--quiet',
  ]);
  let isOver = false;
  void flow.ended.then(() => (isOver = true));
  let killed = 0;
  const restartAt = random.below(Math.max(1, kills));
  while (!isOver) {
    // A moment in which a worker starts, computes, hands over, or does nothing.
    await setTimeout(200 + random.below(2800));
    if (isOver) break;
    if (killed < kills) {
      if (killed === restartAt) await restartRedis();
      const [victim] = running.splice(random.below(running.length), 1);
      victim!.kill('SIGKILL');
      startWorker();
      killed++;
    }
  }
  const { code, said } = await flow.ended;
  if (code !== 0) throw new Error(`${name}: exit code ${code} after ${killed} kills: ${said}`);
  const [one, many] = ['one', 'many'].map((which) => readFileSync(join(folder, `${name}-${which}`, 'result.json')));
  if (!one!.equals(many!)) throw new Error(`${name}: another result after ${killed} kills; see ${folder}`);
  const left = readdirSync(folder).filter((file) => file.startsWith(`${name}-many.parts`));
  if (left.length > 0) throw new Error(`${name}: ${left.join(', ')} was left behind`);
  return killed;
}

try {
  const images = Uint8Array.from({ length: 600 * 144 }, () => random.below(256));
  const labels = BigInt64Array.from({ length: 600 }, (_, i) => BigInt(i % 4));
  const arrays: Parameters<typeof encodeNpz>[0] = {
    x_train: ['|u1', [600, 1, 12, 12], images],
    y_train: ['<i8', [600], labels],
    x_test: ['|u1', [60, 1, 12, 12], images.slice(0, 60 * 144)],
    y_test: ['<i8', [60], labels.slice(0, 60)],
  };
  writeFileSync(join(folder, 'data.npz'), encodeNpz(arrays));
  await must(['create', 'mlp', '--input-shape', '1,12,12', '--classes', '4', '--out', 'm.onnx', '--quiet']);
  const training = ['--epochs', '8', '--batch-size', '8', '--sampler', 'single-class'];
  await must([
    'train',
    '--model',
    'm.onnx',
    '--data',
    'data.npz',
    '--out',
    'run',
    '--quiet',
    '--threads',
    '1',
    ...training,
  ]);
  await startRedis();
  for (let i = 0; i < workers; i++) startWorker();
  for (const name of values.commands.split(',')) {
    const began = performance.now();
    const killed = await tryCommand(name, COMMANDS[name]!);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(
      `${name}: ${killed} workers killed, the queue restarted once: the same bytes, nothing left behind (${seconds} s)`,
    );
  }
} finally {
  for (const worker of running) worker.kill('SIGKILL');
  redis?.kill('SIGKILL');
}
rmSync(folder, { recursive: true });
