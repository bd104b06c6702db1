/** Locks between processes: one that is killed loses its lock at once, one that cannot be seen only after a minute of silence. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { lockRun } from '../../src/run/lock.js';
import { thisProcess } from '../../src/run/process-identity.js';
import { temporaryFolder as folderOfThisFile } from '../helpers/data-files.js';

const folder = folderOfThisFile();
let folders = 0;

function temporaryFolder(): string {
  const path = join(folder, String(folders++));
  mkdirSync(path);
  return path;
}

const script = fileURLToPath(new URL('./take-lock.mjs', import.meta.url));
const run = 'a'.repeat(32);

/** Starts processes that all try at the same moment. */
function race(directory: string, count: number): { process: ChildProcess; said: Promise<string> }[] {
  const moment = String(Date.now() + 400 + 60 * count);
  return Array.from({ length: count }, () => {
    const child = spawn(process.execPath, [script, directory, moment], { stdio: ['ignore', 'pipe', 'inherit'] });
    return { process: child, said: once(child.stdout, 'data').then(([text]) => String(text)) };
  });
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  if (child.exitCode === null && child.kill('SIGKILL')) await ended;
}

const lockIn = (directory: string) => join(directory, 'train.lock');

/** A lock of a process that this one cannot see: in another namespace of process numbers, touched so long ago. */
function foreignLock(directory: string, seconds: number): void {
  const holder = { ...thisProcess(), pid: 1, namespace: 'pid:[1]', token: 'b'.repeat(32), run };
  writeFileSync(lockIn(directory), JSON.stringify(holder));
  const touched = Date.now() / 1000 - seconds;
  utimesSync(lockIn(directory), touched, touched);
}

test('a lock is taken, held against others in this process too, and given back without a trace', async () => {
  const directory = join(temporaryFolder(), 'new');
  const lock = await lockRun(directory, run);
  expect(JSON.parse(readFileSync(lockIn(directory), 'utf8'))).toMatchObject({
    pid: process.pid,
    host: hostname(),
    run,
  });
  await expect(lockRun(directory, run)).rejects.toThrow(
    /: locked by a training \(process \d+ on .*train\.lock if it is gone$/,
  );
  await lock.check();
  await lock.release();
  expect(readdirSync(directory)).toEqual([]);
});

test('of many processes that race for the lock of a killed one, exactly one gets it; time and again', async () => {
  const directory = temporaryFolder();
  let holder: ChildProcess | undefined;
  for (const count of [1, 8, 8, 8]) {
    // The one before is killed: its lock is stale, and everybody sees that at once.
    if (holder) await kill(holder);
    const racers = race(directory, count);
    const said = await Promise.all(racers.map((racer) => racer.said));
    expect(said.filter((line) => line === 'won\n')).toHaveLength(1);
    for (const line of said.filter((line) => line !== 'won\n'))
      expect(line).toMatch(/^lost: InputError: .*: locked by/);
    holder = racers[said.indexOf('won\n')]!.process;
    expect(readdirSync(directory)).toEqual(['train.lock']);
  }
  await kill(holder!);
}, 60_000);

test('a process that cannot be seen keeps its lock while it gives signs of life, and a minute longer', async () => {
  const directory = temporaryFolder();
  foreignLock(directory, 50);
  await expect(lockRun(directory, run)).rejects.toThrow(
    /\(process 1 on .*, in another container or machine, last heard of 5\d s ago\); wait for it; .* for 60 s$/,
  );
  foreignLock(directory, 70);
  const lock = await lockRun(directory, run);
  expect(lock.previousRun).toBe(run);
  await lock.release();
});

test('a process number that was given again is not taken for the process that had it', async () => {
  const directory = temporaryFolder();
  writeFileSync(lockIn(directory), JSON.stringify({ ...thisProcess(), started: '1', token: 'c'.repeat(32), run }));
  await (await lockRun(directory, run)).release();
});

test('a holder gives signs of life, and notices when its lock was taken over', async () => {
  const directory = temporaryFolder();
  const lock = await lockRun(directory, run);
  utimesSync(lockIn(directory), 1, 1);
  const before = readFileSync(lockIn(directory), 'utf8');
  await new Promise((resolve) => setTimeout(resolve, 2500));
  // Written over by itself: only its time has changed.
  expect(readFileSync(lockIn(directory), 'utf8')).toBe(before);
  const other = join(directory, 'other');
  foreignLock(directory, 0);
  expect(existsSync(other)).toBe(false);
  await lock.check();
  unlinkSync(lockIn(directory));
  foreignLock(directory, 0);
  await expect(lock.check()).rejects.toThrow(/another training has taken the folder over/);
  await lock.release();
  expect(existsSync(lockIn(directory))).toBe(true);
});

test.each([
  ['nothing', ''],
  ['text', 'my own notes'],
  ['a number', '17'],
  ['another object', '{"pid":"me"}'],
])('a file of that name that holds %s is nobody’s lock, and stays', async (_, text) => {
  const directory = temporaryFolder();
  writeFileSync(lockIn(directory), text);
  await expect(lockRun(directory, run)).rejects.toThrow(/train\.lock: is not a lock of a training; move it away/);
  expect(readFileSync(lockIn(directory), 'utf8')).toBe(text);
  expect(readdirSync(directory)).toEqual(['train.lock']);
});

test('a lock of the first version: of a process that is gone, of one that runs, and of another machine', async () => {
  const directory = temporaryFolder();
  writeFileSync(lockIn(directory), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
  await (await lockRun(directory, run)).release();
  for (const holder of [
    { pid: process.pid, host: hostname() },
    { pid: 1, host: 'elsewhere' },
  ]) {
    writeFileSync(lockIn(directory), JSON.stringify(holder));
    // Older versions give no signs of life.
    utimesSync(lockIn(directory), 1, 1);
    await expect(lockRun(directory, run)).rejects.toThrow(
      /locked by a training \(process \d+ on [^,]*\); wait for it, or delete/,
    );
  }
});
