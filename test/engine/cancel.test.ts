/** Flows that are taken back, and a queue that is away when something is to end. */
import { beforeAll, expect } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { bench, EVALUATE, keysOfPlans, TRACE, until } from '../helpers/engine/flow.js';
import { hasRedis, onRedis, startRedis, type RedisServer } from '../helpers/engine/redis.js';

const { prepare, worker, submit, expectSame, parts } = bench();
let redis: RedisServer;

beforeAll(async () => {
  if (!hasRedis) return;
  redis = await startRedis();
  await prepare();
});

const MARK = ['onnx-explain:cancelled:plan'];
const CANCELLED = { code: 2, stdout: '', stderr: 'onnx-explain: cancelled\n' };

onRedis(
  'Ctrl-C takes all back, and workers go on with other work',
  async () => {
    const { running, begun } = await worker(redis.address);
    const flow = submit(EVALUATE, 'cancelled', redis.address, ['--quiet', '--shards', '3']);
    await until(() => begun().length > 1);
    expect(parts()).toHaveLength(1);
    flow.process.kill('SIGINT');
    // A terminal tells both processes of the command, and one of them the other.
    flow.process.kill('SIGINT');
    expect(await flow.ended).toMatchObject(CANCELLED);
    expect(await keysOfPlans(redis.address)).toEqual(MARK);
    expect(parts()).toEqual([]);
    expect(await submit(TRACE, 'other', redis.address).ended).toMatchObject({ code: 0, stderr: '' });
    await expectSame(TRACE, 'other');
    // Nothing of it stands in the way of the same.
    expect(await submit(EVALUATE, 'cancelled', redis.address).ended).toMatchObject({ code: 0, stderr: '' });
    await expectSame(EVALUATE, 'cancelled');
    expect(await keysOfPlans(redis.address)).toEqual([]);
    running.process.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
  },
  120_000,
);

onRedis(
  'what a dead worker holds is taken back too',
  async () => {
    const { running, begun } = await worker(redis.address);
    const flow = submit(EVALUATE, 'dead', redis.address, ['--quiet', '--shards', '3']);
    await until(() => begun().length > 1);
    running.process.kill('SIGKILL');
    await setTimeout(200);
    flow.process.kill('SIGTERM');
    expect(await flow.ended).toMatchObject(CANCELLED);
    expect(await keysOfPlans(redis.address)).toEqual(MARK);
    expect(parts()).toEqual([]);
  },
  120_000,
);

onRedis(
  'a queue that is away keeps nobody from ending',
  async () => {
    const away = await startRedis();
    const [idle, busy] = [await worker(away.address), await worker(away.address)];
    const flow = submit(EVALUATE, 'away', away.address, ['--quiet', '--shards', '1']);
    await until(() => idle.begun().length + busy.begun().length > 0);
    await away.kill();
    const lost = `${away.address}: lost (ECONNREFUSED); waiting for it`;
    await until(() => idle.begun().includes(lost) && busy.begun().includes(lost));
    for (const { running } of [idle, busy]) running.process.kill('SIGTERM');
    flow.process.kill('SIGINT');
    for (const { running } of [idle, busy]) expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
    expect(await flow.ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^onnx-explain: cancelled, but the queue does not answer[^\n]*\n$/),
    });
  },
  120_000,
);
