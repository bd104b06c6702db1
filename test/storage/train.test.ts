/** Training into a store: the same run as on a disk, also where it was killed and went on elsewhere, and one trainer at a time. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, expect } from '@jest/globals';
import { writeModelFile } from '../../src/onnx/file.js';
import { lockRun } from '../../src/run/lock.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { storeOf } from '../../src/storage/registry.js';
import { runCommand, startCommand, type Ended, type Running } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { smallNetwork } from '../helpers/networks.js';
import { writePatterns } from '../helpers/small-run.js';
import { contentsAt } from '../helpers/storage/copy.js';
import { hasMoto, onS3, settingsFor, startMoto, useStore } from '../helpers/storage/moto.js';
import { startProxy, type Proxy } from '../helpers/storage/proxy.js';

const folder = temporaryFolder();
const store = storeOf('s3://train');
let proxy: Proxy;
/** What is done when a file is about to be put. */
let onPut: ((path: string) => Promise<void> | void) | undefined;

const FLAGS = ['--model', 'small.onnx', '--data', 'data', '--epochs', '2', '--batch-size', '12', '--codec', 'int8'];
const OFTEN = ['--checkpoint-every', '8', '--keep-checkpoints', '1', '--quiet'];

beforeAll(async () => {
  if (!hasMoto) return;
  proxy = await startProxy(await startMoto(['train']), {
    ask: ({ method, url = '' }) => (method === 'PUT' ? onPut?.(decodeURIComponent(url.split('?')[0]!)) : undefined),
  });
  useStore(proxy.endpoint);
  writePatterns(join(folder, 'data'), 240);
  await writeModelFile(join(folder, 'small.onnx'), smallNetwork());
  await runCommand(['train', ...FLAGS, ...OFTEN, '--out', 'disk'], folder);
});

/** A machine with nothing on it: its own folder for what is on its way. */
function machine(): { readonly temporary: string; readonly start: (args: string[]) => Running } {
  mkdirSync(join(folder, 'machines'), { recursive: true });
  const temporary = mkdtempSync(join(folder, 'machines', 'm-'));
  const env = { ...settingsFor(proxy.endpoint), TMPDIR: temporary };
  return { temporary, start: (args) => startCommand(['train', ...args, ...OFTEN], folder, env) };
}

/** That the run at an address has the files of the run on the disk, and no others, to the byte. */
async function expectSameRun(address: string): Promise<void> {
  const there = await contentsAt(address);
  const here = readdirSync(join(folder, 'disk'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, 'disk').length + 1))
    .sort();
  expect([...there.keys()]).toEqual(here);
  const different = here.filter((name) => !readFileSync(join(folder, 'disk', name)).equals(there.get(name)!));
  // Where the data are seen from the run is not the same.
  expect(different).toEqual(['run.json']);
  const [one, other] = [await readManifest(join(folder, 'disk')), await readManifest(address)];
  expect({ ...other, data: { ...other.data, fromRun: one.data.fromRun } }).toEqual(one);
}

onS3(
  'a run in a store has the files that it has on a disk, and the machine keeps none',
  async () => {
    const { temporary, start } = machine();
    expect(await start([...FLAGS, '--out', 's3://train/whole']).ended).toMatchObject({ code: 0, stderr: '' });
    await expectSameRun('s3://train/whole');
    expect(readdirSync(temporary)).toEqual([]);
    expect(await start([...FLAGS, '--out', 's3://train/whole']).ended).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^[^\n]*s3:\/\/train\/whole: the folder is not empty; [^\n]*\n$/),
    });
    expect(await start(['--resume', '--out', 's3://train/whole']).ended).toMatchObject({ code: 2 });
    await store.write('s3://train/whole/notes.txt', 'mine');
    expect(await start([...FLAGS, '--out', 's3://train/whole', '--force']).ended).toMatchObject({ code: 0 });
    expect(new TextDecoder().decode(await store.read('s3://train/whole/notes.txt'))).toBe('mine');
    await store.remove('s3://train/whole/notes.txt');
    await expectSameRun('s3://train/whole');
  },
  120_000,
);

onS3(
  'a training that is killed goes on from an empty machine to the same bytes, wherever it was killed',
  async () => {
    const address = 's3://train/killed';
    /** Kills a training at its n-th write into the run; how it ended, if it ended before. */
    const killedAt = async (n: number, args: string[]): Promise<Ended> => {
      let left = n;
      const training = machine().start([...args, '--out', address]);
      onPut = async (path) => {
        if (!path.includes('/killed/') || path.includes('probe') || --left !== 0) return;
        training.process.kill('SIGKILL');
        // Of this write nobody may hear; the others have a moment to end.
        await setTimeout(300);
      };
      const ended = await training.ended;
      onPut = undefined;
      return ended;
    };
    let ended: Ended | undefined;
    let kills = 0;
    for (const n of [2, 4, 7, 12, 16, 21, 28, 9, 35]) {
      ended = await killedAt(n, kills === 0 ? FLAGS : ['--resume']);
      if (ended.code === 2) {
        expect(ended.stderr).toMatch(/was stopped before its first step, so there is nothing to resume/);
        ended = await killedAt(n, FLAGS);
      }
      if (ended.code === 0) break;
      kills++;
    }
    expect(kills).toBeGreaterThan(3);
    if (ended?.code !== 0) {
      expect(await machine().start(['--resume', '--out', address]).ended).toMatchObject({ code: 0 });
    }
    await expectSameRun(address);
  },
  180_000,
);

onS3(
  'what waits on the machine is bounded by the store',
  async () => {
    const { temporary, start } = machine();
    let most = 0;
    onPut = async (path) => {
      if (!path.endsWith('seal.log')) return;
      await setTimeout(150);
      const names = readdirSync(temporary, { recursive: true }).map(String);
      most = Math.max(most, names.filter((name) => /segment-\d+$/.test(name)).length);
    };
    const ended = await start([...FLAGS, '--out', 's3://train/slow']).ended;
    onPut = undefined;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    // The one that is on its way, the one before it, two that wait, and the one that is being written.
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThan(6);
    await expectSameRun('s3://train/slow');
  },
  120_000,
);

onS3(
  'one training at a time, and whoever loses is told who holds the run',
  async () => {
    const address = 's3://train/locked';
    const lock = await lockRun(address, 'f'.repeat(32));
    const second = await machine().start([...FLAGS, '--out', address, '--force']).ended;
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(
      new RegExp(
        `^[^\\n]*s3://train/locked: locked by a training \\(process ${process.pid} on [^\\n]*; wait for it[^\\n]*\\n$`,
      ),
    );
    const many = await Promise.allSettled(Array.from({ length: 4 }, () => lockRun('s3://train/many', 'e'.repeat(32))));
    const won = many.flatMap((tried) => (tried.status === 'fulfilled' ? [tried.value] : []));
    expect(won).toHaveLength(1);
    for (const each of [lock, ...won]) {
      await each.check();
      await each.release();
    }
    expect([...(await store.files('s3://train/locked')).keys()]).toEqual([]);
  },
  60_000,
);

onS3(
  'a lock of somebody who cannot be seen is left alone while it is fresh, and whoever lost one is told',
  async () => {
    const address = 's3://train/elsewhere';
    const holder = { pid: 1, host: 'elsewhere', boot: 'x', namespace: 'y', token: 'z'.repeat(32), run: 'd'.repeat(32) };
    await store.write(`${address}/train.lock`, JSON.stringify(holder));
    await expect(lockRun(address, 'd'.repeat(32))).rejects.toThrow(
      /^s3:\/\/train\/elsewhere: locked by a training \(process 1 on elsewhere, in another container or machine, last heard of \d+ s ago\); /,
    );
    expect([...(await store.files(address)).keys()]).toEqual(['train.lock']);
    await store.remove(`${address}/train.lock`);
    const lock = await lockRun(address, 'd'.repeat(32));
    await store.write(`${address}/train.lock`, JSON.stringify(holder));
    await expect(lock.check()).rejects.toThrow(/another training has taken the folder over/);
    await lock.release();
    expect(await store.look(`${address}/train.lock`)).toMatchObject({ kind: 'file' });
  },
  60_000,
);
