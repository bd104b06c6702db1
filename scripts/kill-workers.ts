/**
 * Kills workers at random moments, and restarts the queue under them, while they compute shards: the result must be that of one
 * shard on this machine, to the byte, and nothing may be left behind.
 * Run after a build: npx tsx scripts/kill-workers.ts [--kills 30] [--workers 2] [--seed 1] [--commands trace,audit,evaluate]
 *   [--bucket]
 * Takes the `redis-server` of the path. With --bucket the run, the data and the results lie on S3: an emulator, the
 * `moto_server` of MOTO_SERVER or of the path.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seededRandom } from '../src/numeric/random.js';
import { join } from '../src/storage/paths.js';
import { storeOf } from '../src/storage/registry.js';
import { encodeNpz } from './fuzz/encode-npz.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '30' },
    workers: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    commands: { type: 'string', default: 'trace,audit,evaluate' },
    bucket: { type: 'boolean', default: false },
  },
});
const [kills, workers] = [Number(values.kills), Number(values.workers)];
const main = new URL('../dist/cli/main.js', import.meta.url).pathname;
const random = seededRandom(Number(values.seed), 0);
const folder = mkdtempSync(join(tmpdir(), 'kill-workers-'));

const moto = process.env.MOTO_SERVER ?? 'moto_server';
for (const program of ['redis-server', ...(values.bucket ? [moto] : [])]) {
  if (spawnSync(program, ['--version']).error === undefined) continue;
  console.log(`skipped: no ${program}`);
  process.exit();
}

/** Where the run, the data and the results lie. */
const place = values.bucket ? 's3://kills/at' : folder;
const at = (name: string) => join(place, name);

/** Each shard takes a second or so, most of them to start. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  trace: ['trace', at('run'), '--input', at('data.npz@0-3'), '--input-split', 'train'],
  audit: ['audit', at('run'), '--no-map'],
  evaluate: [
    'evaluate',
    at('run'),
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
let emulator: ChildProcess | undefined;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  server.close();
  return free;
}

async function startBucket(): Promise<void> {
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  emulator = spawn(moto, ['-H', '127.0.0.1', '-p', new URL(endpoint).port], { stdio: 'ignore' });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: 'testing',
    AWS_SECRET_ACCESS_KEY: 'testing',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  const credential = 'Credential=testing/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0';
  const made = async () =>
    fetch(`${endpoint}/kills`, { method: 'PUT', headers: { authorization: `AWS4-HMAC-SHA256 ${credential}` } });
  for (let tries = 0; tries < 300; tries++) {
    if ((await made().catch(() => undefined))?.ok === true) return;
    await setTimeout(100);
  }
  throw new Error('the emulator does not start');
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
  await must([...command, '--shard', '1/1', '--out', at(`${name}-parts`), '--quiet']);
  await must(['merge', at(`${name}-parts`), '--out', at(`${name}-one`), '--quiet']);
  const flow = start([
    ...command,
    '--out',
    at(`${name}-many`),
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
  const store = storeOf(place);
  const resultOf = async (which: string) => Buffer.from(await store.read(at(join(`${name}-${which}`, 'result.json'))));
  if (!(await resultOf('one')).equals(await resultOf('many')))
    throw new Error(`${name}: another result after ${killed} kills; see ${place}`);
  const left = (await store.list(place))
    .map((entry) => entry.name)
    .filter((own) => own.startsWith(`${name}-many.parts`));
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
  if (values.bucket) await startBucket();
  await storeOf(place).write(at('data.npz'), encodeNpz(arrays));
  await must(['create', 'mlp', '--input-shape', '1,12,12', '--classes', '4', '--out', 'm.onnx', '--quiet']);
  const training = ['--epochs', '8', '--batch-size', '8', '--sampler', 'single-class'];
  await must([
    'train',
    '--model',
    'm.onnx',
    '--data',
    at('data.npz'),
    '--out',
    at('run'),
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
  emulator?.kill('SIGKILL');
}
rmSync(folder, { recursive: true });
