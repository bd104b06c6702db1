/** A command that workers compute: whatever ends in between, the result has the bytes of one shard on one machine. */
import { beforeAll, expect } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { bench, EVALUATE, TRACE, until } from '../helpers/engine/flow.js';
import { hasRedis, onRedis, startRedis, type RedisServer } from '../helpers/engine/redis.js';

const { prepare, worker, submit, expectSame, parts } = bench();
let redis: RedisServer;

beforeAll(async () => {
  if (!hasRedis) return;
  redis = await startRedis();
  await prepare();
});

const SIX = ['--quiet', '--shards', '6'];

/** What there is to do, each once. */
const ALL = [1, 2, 3, 4, 5, 6].map((shard) => `evaluate ${shard}/6`);

onRedis(
  'waits for workers, says so, shows how far it is, and what the merge says',
  async () => {
    const flow = submit(TRACE, 'waiting', redis.address, ['--shards', '2']);
    let said = '';
    flow.process.stderr!.on('data', (text: string) => (said += text));
    await until(() => said.includes('no worker is there yet'));
    expect(said).toContain(`${redis.address}: no worker is there yet; start some with onnx-explain worker --redis\n`);
    const { running, begun } = await worker(redis.address);
    const { code, stdout } = await flow.ended;
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^data@0: [\s\S]*\nreport: [^\n]*index\.html\n$/)]);

    await expectSame(TRACE, 'waiting');
    expect(begun().sort()).toEqual(['trace 1/2', 'trace 2/2', 'trace merge']);
    running.process.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
  },
  120_000,
);

onRedis(
  'a worker that is killed, and a queue that is killed, cost nothing but time',
  async () => {
    const [first, second] = [await worker(redis.address), await worker(redis.address)];
    const flow = submit(EVALUATE, 'killed', redis.address, SIX);
    await until(() => first.begun().length > 1 && second.begun().length > 0);
    await setTimeout(300);
    first.running.process.kill('SIGKILL');
    await until(() => second.begun().length > 2);
    await redis.kill();
    await setTimeout(1000);
    await redis.start();
    expect(await flow.ended).toMatchObject({ code: 0 });
    await expectSame(EVALUATE, 'killed');
    second.running.process.kill('SIGTERM');
    expect(await second.running.ended).toMatchObject({ code: 0, stderr: '' });
  },
  180_000,
);

onRedis(
  'a worker that is told to end hands its shard to another at once',
  async () => {
    const first = await worker(redis.address);
    const flow = submit(EVALUATE, 'handed', redis.address, ['--quiet', '--shards', '1']);
    await until(() => first.begun().length > 0);
    const second = await worker(redis.address);
    first.running.process.kill('SIGTERM');
    expect(await first.running.ended).toMatchObject({ code: 0, stderr: '' });
    const told = Date.now();
    await until(() => second.begun().includes('evaluate 1/1'));
    // Of a worker that died it would be known after ten.
    expect(Date.now() - told).toBeLessThan(5000);
    expect(await flow.ended).toMatchObject({ code: 0, stderr: '' });
    await expectSame(EVALUATE, 'handed');
    second.running.process.kill('SIGTERM');
    await second.running.ended;
  },
  120_000,
);

onRedis(
  'whoever asks again for what an asker began that was killed goes on with it',
  async () => {
    const { running, begun } = await worker(redis.address);
    const killed = submit(EVALUATE, 'again', redis.address, SIX);
    await until(() => begun().length > 1);
    killed.process.kill('SIGKILL');
    const before = parts();
    expect(before).toHaveLength(1);
    expect(await submit(EVALUATE, 'again', redis.address, ['--quiet', '--shards', '5']).ended).toMatchObject({
      code: 2,
      stderr: 'onnx-explain: --shards 5: the same is being computed in 6 already; leave it out to wait for that\n',
    });
    const again = submit(EVALUATE, 'again', redis.address);
    await until(() => begun().length > 3);
    expect(parts()).toEqual(before);
    expect(await again.ended).toMatchObject({ code: 0, stderr: '' });
    expect(begun()).toEqual([...ALL.filter((shard) => begun().includes(shard)), 'evaluate merge']);
    expect(begun()).toHaveLength(7);
    await expectSame(EVALUATE, 'again');
    running.process.kill('SIGTERM');
    await running.ended;
  },
  120_000,
);
