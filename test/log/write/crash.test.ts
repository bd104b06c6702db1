import { afterAll, describe, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../../../src/errors.js';
import { openLog } from '../../../src/log/read/reader.js';
import { openLogWriter } from '../../../src/log/write/writer.js';
import {
  batch,
  layers,
  makeRun,
  readDeltas,
  readEverything,
  removeTemporaryFolders,
  temporaryFolder,
} from '../helpers/training.js';

afterAll(removeTemporaryFolders);

const writeLog = fileURLToPath(new URL('../helpers/write-log.mjs', import.meta.url));

function bytesOf(directory: string): Map<string, Buffer> {
  const log = join(directory, 'log');
  const files = readdirSync(log, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => [
      join(parentPath, name).slice(log.length),
      readFileSync(join(parentPath, name)),
    ]),
  );
}

/** Every 40 steps. */
const checkpoints = Array.from({ length: 1000 }, (_, i) => 40 * (i + 1)).join();

/** Starts writing and kills the process outright once it has sealed `segments` segments. @returns what it said was sealed */
function killAfter(segments: number, directory: string): Promise<number[]> {
  const child = spawn(process.execPath, [writeLog, directory, '40000', checkpoints]);
  const sealed: number[] = [];
  return new Promise((resolve) => {
    child.stdout.on('data', (text: Buffer) => {
      sealed.push(...text.toString().trim().split('\n').map(Number));
      if (sealed.length >= segments) child.kill('SIGKILL');
    });
    child.on('close', () => resolve(sealed));
  });
}

test('kill -9 in the middle loses nothing that was sealed, and resuming gives the bytes of an unbroken run', async () => {
  const directory = temporaryFolder();
  const sealed = await killAfter(4, directory);
  expect(sealed.slice(0, 4)).toEqual([25, 40, 65, 80]);

  const log = await openLog(directory);
  expect(log.segments.map(({ lastStep }) => lastStep)).toEqual(expect.arrayContaining(sealed));
  expect(log.lastStep).toBeGreaterThanOrEqual(log.sealedStep);
  await readEverything(log);

  const checkpoint = log.segments.map(({ lastStep }) => lastStep).findLast((step) => step % 40 === 0)!;
  const steps = String(checkpoint + 70);
  const resumed = spawnSync(process.execPath, [writeLog, directory, steps, checkpoints, String(checkpoint)]);
  expect([resumed.status, resumed.stderr.toString()]).toEqual([0, '']);
  const unbroken = temporaryFolder();
  expect(spawnSync(process.execPath, [writeLog, unbroken, steps, checkpoints]).status).toBe(0);
  const expected = bytesOf(unbroken);
  const found = bytesOf(directory);
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [file, bytes] of expected) expect([file, found.get(file)!.equals(bytes)]).toEqual([file, true]);
});

describe('a full disk', () => {
  const run = makeRun(20);

  test('or what is in the way of the next segment, is one line for every later call, and what was sealed stays', async () => {
    const directory = temporaryFolder();
    const writer = await openLogWriter(directory, { layers, codec: 'float32', threads: 2 });
    await writer.append(...batch(run, 1, 10));
    await writer.seal();
    const second = join(directory, 'log', 'segment-00001');
    mkdirSync(second);
    symlinkSync('/dev/null', join(second, 'head.log'));
    await writer.append(...batch(run, 11, 15));
    const message = `${join(second, 'head.log')}: is in the way of the log, and not of this run; move it away`;
    await expect(writer.seal()).rejects.toThrow(new InputError(message));
    await expect(writer.append(...batch(run, 16, 20))).rejects.toThrow(message);
    await expect(writer.close()).rejects.toThrow(message);

    const log = await openLog(directory);
    expect([log.lastStep, log.sealedStep]).toEqual([10, 10]);
    expect(await readDeltas(log, 'head')).toEqual(run.deltas.get('head')!.slice(0, 10));
  });

  test('a write that is cut short leaves whole steps to recover, and the run can go on from its checkpoint', async () => {
    const directory = temporaryFolder();
    // A limit on the size of files, in blocks of 1024 bytes, stands in for the disk: writes end in the middle of a frame.
    const limited = spawnSync('bash', [
      '-c',
      `trap '' XFSZ; ulimit -f 50; exec "$0" "$@"`,
      process.execPath,
      writeLog,
      directory,
      '200',
      '10',
    ]);
    expect(limited.status).toBe(2);
    const [, file, byte] =
      /^InputError: (.+\.log): byte (\d+): the file would be larger than this system allows[^\n]*$/.exec(
        limited.stderr.toString(),
      )!;
    expect(file).toBe(join(directory, 'log', 'segment-00001', 'wide.log'));
    expect(Number(byte)).toBe(50 * 1024);

    const log = await openLog(directory);
    expect(log.sealedStep).toBe(10);
    expect(log.warnings[0]).toMatch(/wide\.log is torn at byte \d+/);
    await readEverything(log);
    const resumed = spawnSync(process.execPath, [writeLog, directory, '60', '10', '10']);
    expect([resumed.status, resumed.stderr.toString()]).toEqual([0, '']);
    await readEverything(await openLog(directory));
  });
});
