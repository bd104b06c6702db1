/** What an engine refuses: one line that names what, and the mend; nothing is left behind, and no password is shown. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Queue, Worker as BullWorker } from 'bullmq';
import { Redis } from 'ioredis';
import { PREFIX, QUEUE } from '../../src/engine/bullmq/jobs.js';
import { TOOL } from '../../src/tool.js';
import { runCommand } from '../helpers/command-line.js';
import { bench, keysOfPlans, refused, TRACE, until } from '../helpers/engine/flow.js';
import { hasRedis, onRedis, startRedis, type RedisServer } from '../helpers/engine/redis.js';
import { freePort } from '../helpers/storage/moto.js';

const { folder, prepare, worker, submit, expectSame, parts } = bench();
let redis: RedisServer;

beforeAll(async () => {
  if (!hasRedis) return;
  redis = await startRedis();
  await prepare();
});

/** Connections of the tests themselves. */
const open: { close: () => Promise<void> }[] = [];
afterAll(async () => {
  for (const one of open) await one.close();
});

/** Asks for a trace, and starts a worker: both are to say the same. */
async function expectRefused(address: string, line: RegExp): Promise<void> {
  const [asked, worked] = await Promise.all([
    submit(TRACE, 'refused', address).ended,
    runCommand(['worker', '--redis', address], folder),
  ]);
  expect([asked, worked]).toEqual([refused(line), refused(line)]);
  expect(asked.stderr + worked.stderr).not.toMatch(/geheim/);
  expect([existsSync(join(folder, 'refused')), ...parts()]).toEqual([false]);
}

test('what is no address, and where nobody answers, or something else', async () => {
  const shape = /--redis: expected an address such as redis:\/\/localhost:6379 \(rediss:\/\/ for TLS\)/;
  for (const address of ['geheim', 'http://:geheim@localhost', 'redis://:geheim@localhost:99999', 'redis://h/geheim'])
    await expectRefused(address, shape);
  await expectRefused('redis://:geheim%@localhost', shape);
  const nobody = await freePort();
  await expectRefused(
    `redis://:geheim@127.0.0.1:${nobody}`,
    new RegExp(
      `redis://127\\.0\\.0\\.1:${nobody}: no Redis can be reached there \\(ECONNREFUSED\\); start one, or [^\n]*`,
    ),
  );
  const web = createServer((_, answer) => answer.end('hello')).listen(0, '127.0.0.1');
  await once(web, 'listening');
  const { port } = web.address() as AddressInfo;
  await expectRefused(
    `redis://:geheim@127.0.0.1:${port}/0`,
    new RegExp(
      `redis://127\\.0\\.0\\.1:${port}/0: (what answers there is no Redis; correct --redis|no Redis can be reached there \\(EPIPE\\)[^\n]*)`,
    ),
  );
  web.close();
  const missing = {
    code: 2,
    stderr: expect.stringMatching(/^onnx-explain: --redis is missing: give the address [^\n]*\n$/),
  };
  expect(await runCommand(['worker'], folder, { REDIS_URL: undefined })).toMatchObject(missing);
}, 120_000);

onRedis(
  'a Redis that wants a password, or does not let us do what a queue needs',
  async () => {
    const locked = await startRedis(['--requirepass', 'geheim']);
    const own = (code: string) =>
      new RegExp(`${locked.address}: Redis does not let us in \\(${code}\\); give name and [^\n]*`);
    const at = (name: string) => locked.address.replace('//', `//${name}@`);
    await expectRefused(locked.address, own('NOAUTH'));
    await expectRefused(at(':geheimer'), own('WRONGPASS'));
    const admin = new Redis(at(':geheim'));
    await admin.call('ACL', 'SETUSER', 'ann', 'on', '>geheim', '~other:*', '+@all');
    admin.disconnect();
    await expectRefused(
      at('ann:geheim'),
      new RegExp(`${locked.address}: Redis refuses [^\n]*NOPERM [^\n]*; let us [^\n]*`),
    );
    await expectRefused(
      `${at(':geheim')}/99`,
      new RegExp(`${locked.address}/99: Redis refuses [^\n]*DB index is out of range[^\n]*`),
    );
    const mirror = await startRedis(['--replicaof', '127.0.0.1', String(redis.port)]);
    await expectRefused(mirror.address, new RegExp(`${mirror.address}: Redis refuses [^\n]*READONLY [^\n]*`));
    // With the password, all is as usual, and it is shown nowhere.
    const { running } = await worker(at(':geheim'));
    const asked = await submit(TRACE, 'locked', at(':geheim'), ['--shards', '2']).ended;
    expect(asked).toMatchObject({ code: 0 });
    running.process.kill('SIGTERM');
    const worked = await running.ended;
    expect([asked.stdout, asked.stderr, worked.stdout, worked.stderr].join('')).not.toMatch(/geheim/);
    await expectSame(TRACE, 'locked');
  },
  120_000,
);

onRedis(
  'flags that do not go together, and a result that has no place',
  async () => {
    const say = async (flags: readonly string[], line: RegExp) =>
      expect(await runCommand([...TRACE, ...flags], folder)).toEqual(refused(line));
    const engine = ['--engine', 'bullmq', '--redis', redis.address];
    await say(['--out', 'x', '--redis', redis.address], /--redis: goes with --engine; [^\n]*/);
    await say([...engine, '--out', 'x', '--shard', '1/2'], /--shard: an engine computes all of them; [^\n]*/);
    await say([...engine, '--out', 'x', '--shards', '0'], /--shards 0: expected a whole number from 1 [^\n]*/);
    // Told before anything is computed: no worker is there.
    await say([...engine, '--out', 'run', '--quiet'], /[^\n]*run[^\n]*not empty[^\n]*/);
    expect(await keysOfPlans(redis.address)).toEqual([]);
  },
  60_000,
);

onRedis(
  'workers of another version only',
  async () => {
    const connection = { port: redis.port };
    const other = new BullWorker('shards-0.0.0', () => Promise.resolve(null), { connection, prefix: PREFIX });
    open.push(other);
    await other.waitUntilReady();
    const line = `${redis.address}: its workers are of version 0\\.0\\.0, and this is ${TOOL.version}; start [^\n]*`;
    expect(await submit(TRACE, 'version', redis.address).ended).toEqual(refused(new RegExp(line)));
    expect(await keysOfPlans(redis.address)).toEqual([]);
  },
  60_000,
);

onRedis(
  'a shard that is refused says why, garbage in the queue is refused, and workers survive both',
  async () => {
    const queue = new Queue(QUEUE, { connection: { port: redis.port }, prefix: PREFIX });
    open.push(queue);
    const garbage = [{ hello: 1 }, null, { kind: 'shard', shard: 1, of: 1 }, 'text'];
    for (const [i, data] of garbage.entries()) await queue.add('x', data, { jobId: `garbage-${i}` });
    const { running } = await worker(redis.address);
    await until(async () => (await queue.getFailedCount()) === garbage.length);
    for (const { failedReason } of await queue.getFailed())
      expect(failedReason).toMatch(/^the queue holds what no onnx-explain has put there/);
    await queue.add('x', {}, { jobId: 'broken' });
    const raw = new Redis(redis.address);
    await raw.hset(`${PREFIX}:${QUEUE}:broken`, { data: 'no JSON' });
    raw.disconnect();
    const wrong = ['trace', 'run', '--input', 'data@99999'];
    const expected = await runCommand([...wrong, '--out', 'wrong'], folder);
    expect(expected).toEqual(refused(/[^\n]*99999[^\n]*/));
    expect(await submit(wrong, 'wrong', redis.address, ['--quiet', '--shards', '3']).ended).toEqual(expected);
    expect(await keysOfPlans(redis.address)).toEqual(['onnx-explain:cancelled:plan']);
    expect([existsSync(join(folder, 'wrong')), ...parts()]).toEqual([false]);
    expect(await submit(TRACE, 'after', redis.address).ended).toMatchObject({ code: 0, stderr: '' });
    await expectSame(TRACE, 'after');
    running.process.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
  },
  120_000,
);
