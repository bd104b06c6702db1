/** What was trained on some threads comes again to the bit on as many, whatever the machine has and `--threads` says. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readResult } from '../../src/results/result-file.js';
import type { RunManifest } from '../../src/run/manifest.js';
import { readManifest, writeManifest } from '../../src/run/manifest-file.js';
import { runCommand, startCommand, type Ended } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { writeFashion } from '../helpers/fashion.js';
import { contentsOf } from '../helpers/folders.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
const run = (...args: string[]): Promise<Ended> => runCommand(args, folder);
const MODEL = ['--model', 'm.onnx', '--data', 'data', '--batch-size', '50', '--checkpoint-every', '6', '--quiet'];
const train = (out: string, threads: string, epochs = '4') =>
  run('train', ...MODEL, '--epochs', epochs, '--threads', threads, '--out', out);
const INFLUENCE = ['influence', 'on-2', '--input', 'data@3', '--values', '--threads', '1'];

/** A copy of a run whose manifest says something else. */
async function changed(from: string, to: string, changes: Partial<RunManifest>): Promise<void> {
  cpSync(at(from), at(to), { recursive: true });
  await writeManifest(at(to), { ...(await readManifest(at(from))), ...changes });
}

beforeAll(async () => {
  await writeFashion(at('data'));
  expect(await run('create', 'mlp', '--input-shape', '1,14,14', '--out', 'm.onnx')).toMatchObject({ code: 0 });
  for (const threads of ['1', '2']) expect(await train(`on-${threads}`, threads)).toMatchObject({ code: 0 });
});

test('a run says on how many it was trained; on others it is another run, with other weights', async () => {
  const [one, two] = await Promise.all(['on-1', 'on-2'].map((name) => readManifest(at(name))));
  expect([one!.threads, two!.threads]).toEqual([1, 2]);
  expect(one!.run).not.toBe(two!.run);
  expect(contentsOf(at('on-1'))['model.onnx']).not.toBe(contentsOf(at('on-2'))['model.onnx']);
});

describe('trained on two threads', () => {
  const notice = 'on-2: trained with --threads 2, and so trained again with as many, not with 1, for the same numbers';

  test('effects of examples come from a replay on two, and so does training without some', async () => {
    const { code, stderr } = await run(...INFLUENCE, '--verify', '3', '--out', 'why');
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining(notice) });
    expect(await readResult(at('why', 'result.json'), 'influence')).toMatchObject({ replay: { drift: 0 } });
  });

  (process.platform === 'linux' ? test : test.skip)('on a single core they are the same to the bit', async () => {
    const main = join(process.cwd(), 'dist', 'cli', 'main.js');
    const onOneCore = (...args: string[]) =>
      execFileSync('taskset', ['-c', '0', process.execPath, main, ...args], { cwd: folder, stdio: 'ignore' });
    onOneCore(...INFLUENCE.slice(0, -2), '--out', 'alone');
    expect(readFileSync(at('alone', 'values.npy'))).toEqual(readFileSync(at('why', 'values.npy')));
    // Where nobody says how many, there are as many as the process has cores.
    onOneCore('train', ...MODEL, '--epochs', '1', '--out', 'unasked');
    expect((await readManifest(at('unasked'))).threads).toBe(1);
  });

  test.each([
    ['evaluate', ['on-2', '--protocol', 'lds', '--methods', 'gradient-norm', '--subsets', '4', '--queries', '4']],
    ['audit', ['on-2', '--by', 'metagradient']],
    ['trace', ['on-2', '--input', 'data@3', '--split', 'exact']],
  ])('%s repeats it on two', async (command, args) => {
    const { code, stderr } = await run(command, ...args, '--threads', '1', '--out', command);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining(notice) });
  });

  test('a training that was killed goes on with two, to the same bytes', async () => {
    expect(await train('whole', '2', '15')).toMatchObject({ code: 0 });
    const { process: child, ended } = startCommand(
      ['train', ...MODEL, '--epochs', '15', '--threads', '2', '--out', 'killed'],
      folder,
    );
    while (child.exitCode === null && !existsSync(at('killed', 'checkpoints')))
      await new Promise((r) => setTimeout(r, 2));
    child.kill('SIGKILL');
    await ended;
    expect((await readManifest(at('killed'))).status).toBe('running');
    expect(await run('train', '--resume', '--out', 'killed', '--threads', '1')).toMatchObject({ code: 0 });
    expect(contentsOf(at('killed'))).toEqual(contentsOf(at('whole')));
  });

  test('a replay that differs all the same is refused, and the threads are named', async () => {
    await changed('on-2', 'elsewhere', { threads: 1 });
    const { code, stderr } = await run('influence', 'elsewhere', '--input', 'data@3', '--out', 'x', '--quiet');
    expect(code).toBe(2);
    expect(stderr).toMatch(/recorded, but \S+ of their norm away \(on --threads 1 both times, so by another processor/);
  });

  test('a run of an earlier build does not say how many: its replay takes those that there are', async () => {
    await changed('on-2', 'earlier', { threads: undefined });
    const asked = ['influence', 'earlier', '--input', 'data@3', '--quiet'];
    const { code, stderr } = await run(...asked, '--out', 'x', '--threads', '1');
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(/or other threads than it was/) });
    const drifting = await run(...asked, '--out', 'drifting', '--threads', '1', '--allow-drift');
    expect(drifting).toMatchObject({ code: 0 });
    const { replay } = await readResult(at('drifting', 'result.json'), 'influence');
    expect(replay!.drift).toBeGreaterThan(0);
  });
});
