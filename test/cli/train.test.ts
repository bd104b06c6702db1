/** `train` as users run it: in a process that is killed, given nonsense, and runs out of disk. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { openLog } from '../../src/log/read/reader.js';
import { verifyLog } from '../../src/log/read/verify.js';
import { readModelFile, writeModelFile } from '../../src/onnx/file.js';
import { graphOf } from '../../src/onnx/model.js';
import { decodeTensor } from '../../src/onnx/tensor-proto.js';
import { isPassingLock, LOCK_FILE } from '../../src/run/lock-file.js';
import type { RunManifest } from '../../src/run/manifest.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { runCommand, startCommand, type Ended } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runIn, type EndedHere } from '../helpers/in-process.js';
import { writeFashion } from '../helpers/fashion.js';
import { contentsOf } from '../helpers/folders.js';
import { tinyCnn } from '../helpers/networks.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const train = (...args: string[]): Promise<Ended> => runCommand(['train', ...args], folder);

const MODEL = ['--model', 'tiny.onnx', '--data', 'data'];

/** A training with several checkpoints and segments. */
const OPTIONS = [
  '--sampler',
  'single-class',
  '--epochs',
  '4',
  '--batch-size',
  '24',
  '--checkpoint-every',
  '15',
  '--seed',
  '7',
  '--codec',
  'float32',
];

/** Expects exit code 2, nothing on stdout and one line on stderr, no stack. Returns the line. */
function failure({ code, stdout, stderr }: Ended | EndedHere): string {
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^onnx-explain: [^\n]+\n$/),
  });
  expect(stderr).not.toMatch(/a bug of ours|node_modules|\.js:\d/);
  return stderr.trim().replace('onnx-explain: ', '');
}

async function weightsOf(path: string): Promise<Map<string, Float32Array>> {
  const { model } = await readModelFile(path);
  const floats = graphOf(model).initializer.filter(({ dataType }) => dataType === 1);
  return new Map(floats.map((stored) => [stored.name, decodeTensor(stored).data as Float32Array]));
}

/** Number of steps in a run's log, which adds up to the run's model. */
async function stepsProven(directory: string): Promise<number> {
  const log = await openLog(directory, await readManifest(directory));
  const weights = {
    initial: await weightsOf(join(directory, 'initial.onnx')),
    final: await weightsOf(join(directory, 'model.onnx')),
  };
  const checks = await verifyLog(log, weights);
  // Six of layers, eight of batch norms.
  expect(checks.map(({ passed }) => passed)).toEqual(Array.from({ length: 14 }, () => true));
  return log.lastStep;
}

let whole: Ended;

beforeAll(async () => {
  await writeFashion(at('data'));
  await writeModelFile(at('tiny.onnx'), tinyCnn());
  whole = await train(...MODEL, ...OPTIONS, '--out', 'whole', '--json');
});

test('the result alone is on stdout with --json, epochs are on stderr', async () => {
  const { code, stdout, stderr } = whole;
  expect(code).toBe(0);
  const manifest = JSON.parse(stdout) as RunManifest;
  expect(manifest).toEqual(JSON.parse(JSON.stringify(await readManifest(at('whole')))));
  expect(manifest.options).toMatchObject({ epochs: 4, batchSize: 24, ghostSize: 10, optimizer: 'momentum' });
  // A slow machine may add lines of progress.
  const epochs = stderr.split('\n').filter((line) => line.startsWith('epoch '));
  expect(epochs).toHaveLength(4);
  for (const line of epochs) {
    expect(line).toMatch(
      /^epoch \d: step \d+, training loss \d\.\d{4}, test loss \d\.\d{4}, test accuracy \d+\.\d\d %$/,
    );
  }
  expect(await stepsProven(at('whole'))).toBe(manifest.steps);
});

describe('killed and resumed', () => {
  test('at any moment, as often as you like: the same bytes as never having stopped', async () => {
    const moments: number[] = [];
    for (let kills = 0; kills < 4; kills++) {
      // A kill before the first file is there leaves nothing to resume.
      const start = existsSync(at('killed/initial.onnx')) ? ['--resume'] : [...MODEL, ...OPTIONS];
      const before = lock();
      const running = startCommand(['train', ...start, '--out', 'killed', '--quiet'], folder);
      // The lock of the process that was killed before is there until this one takes it over.
      const isAtWork = () => existsSync(at('killed/run.json')) && ![undefined, before].includes(lock());
      while (running.process.exitCode === null && !isAtWork()) await sleep(2);
      const moment = Math.random() * 250;
      moments.push(moment);
      await sleep(moment);
      running.process.kill('SIGKILL');
      await running.ended;
      if ((await readManifest(at('killed'))).status === 'finished') break;
      expect(existsSync(at('killed/train.lock'))).toBe(true);
    }
    if ((await readManifest(at('killed'))).status !== 'finished') {
      const rest = existsSync(at('killed/initial.onnx')) ? ['--resume'] : [...MODEL, ...OPTIONS];
      expect((await train(...rest, '--out', 'killed')).code).toBe(0);
    }
    // A kill between the last manifest and the unlocking leaves the lock of a dead process, or what it unlocks by, which harm nobody.
    for (const name of readdirSync(at('killed'))) {
      if (name === LOCK_FILE || isPassingLock(name)) rmSync(at(join('killed', name)));
    }
    expect({ moments, contents: contentsOf(at('killed')) }).toEqual({ moments, contents: contentsOf(at('whole')) });
  });

  test('not when there is nothing left to do', async () => {
    expect(failure(await train('--resume', '--out', 'whole'))).toMatch(
      /^whole: the training is finished \(\d+ steps\)/,
    );
  });
});

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function lock(): string | undefined {
  try {
    return readFileSync(at('killed/train.lock'), 'utf8');
  } catch {
    return undefined;
  }
}

test('a loss that is no longer a number ends the training: the step is named, what came before is kept', async () => {
  const line = failure(
    await runIn(folder, ['train', ...MODEL, ...OPTIONS, '--out', 'diverged', '--lr', '1e15', '--quiet']),
  );
  const step = Number(/^diverged: .* is no longer a number at step (\d+) \(epoch 1\); .* lower --lr/.exec(line)?.[1]);
  expect(step).toBeGreaterThan(1);
  const manifest = await readManifest(at('diverged'));
  expect(manifest).toMatchObject({ status: 'diverged', steps: step - 1 });
  expect(await stepsProven(at('diverged'))).toBe(step - 1);
  for (const weight of (await weightsOf(at('diverged/model.onnx'))).values()) {
    expect(weight.every(Number.isFinite)).toBe(true);
  }
  expect(existsSync(at('diverged/train.lock'))).toBe(false);
});

test.each([
  ['an unknown flag', [...MODEL, '--learning-rate', '1'], /Unknown argument.*learning-rate/],
  ['a flag without its value', [...MODEL, '--lr', '--epochs', '1'], /^--lr: its value is missing$/],
  ['labels outside the classes', ['--model', 'four.onnx', '--data', 'data'], /^data: example \d+ .* classes 0 to 3$/],
])('%s is refused, without harm to the run in --out', async (_, args, message) => {
  await writeModelFile(at('four.onnx'), tinyCnn([1, 14, 14], 4));
  const before = contentsOf(at('whole'));
  expect(failure(await runIn(folder, ['train', ...args, '--out', 'whole', '--force']))).toMatch(message);
  expect(contentsOf(at('whole'))).toEqual(before);
});

test('a run that another process trains is left alone', async () => {
  cpSync(at('whole'), at('locked'), { recursive: true });
  writeFileSync(at('locked/train.lock'), JSON.stringify({ pid: process.pid, host: hostname() }));
  const before = contentsOf(at('locked'));
  const line = failure(await train(...MODEL, '--out', 'locked', '--force'));
  expect(line).toMatch(new RegExp(`^locked: locked by a training \\(process ${process.pid} on `));
  expect(contentsOf(at('locked'))).toEqual(before);
});

const DISK = at('disk');
const mount = (options: string) =>
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', DISK], { stdio: 'pipe' });

function mounts(): boolean {
  try {
    mkdirSync(DISK);
    mount('size=200k');
    return true;
  } catch {
    console.log('skipped: a full disk cannot be made here (no right to mount a tmpfs)');
    return false;
  }
}

(mounts() ? test : test.skip)('a full disk ends a training in one line, and more room lets it go on', async () => {
  try {
    const line = failure(await train(...MODEL, ...OPTIONS, '--out', 'disk/run', '--quiet'));
    expect(line).toMatch(/^disk\/run\/.*: the disk is full/);
    expect((await readManifest(join(DISK, 'run'))).status).toBe('running');
    mount('remount,size=50m');
    expect((await train('--resume', '--out', 'disk/run', '--quiet')).code).toBe(0);
    // The two lie at unlike distances from their data, which a manifest remembers.
    const withoutManifest = (run: string) => ({ ...contentsOf(run), 'run.json': undefined });
    expect(withoutManifest(join(DISK, 'run'))).toEqual(withoutManifest(at('whole')));
    const [resumed, unbroken] = await Promise.all([join(DISK, 'run'), at('whole')].map(readManifest));
    expect({ ...resumed, data: undefined }).toEqual({ ...unbroken, data: undefined });
  } finally {
    execFileSync('umount', ['-l', DISK]);
  }
});
