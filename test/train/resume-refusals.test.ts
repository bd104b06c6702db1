/** A run that cannot be continued is refused in one line, and stays as it is. */
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { writeModelFile } from '../../src/onnx/file.js';
import type { RunManifest } from '../../src/run/manifest.js';
import { readManifest, writeManifest } from '../../src/run/manifest-file.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { contentsOf } from '../helpers/folders.js';
import { tinyCnn } from '../helpers/networks.js';
import { refusableTraining } from '../helpers/runs/refused-training.js';

const { at, start, refusal, finish } = refusableTraining(temporaryFolder());

beforeAll(finish);

describe('not resumed:', () => {
  /** Changes a manifest as the program itself might have, with its checksum. */
  const rewrite = (directory: string, manifest: object) => writeManifest(directory, manifest as RunManifest);

  /** What resuming a run that was changed is refused with; the run must stay as it is. */
  async function refused(
    name: string,
    change: (directory: string, manifest: RunManifest) => void | Promise<void>,
  ): Promise<string> {
    const directory = at(name);
    cpSync(at('run'), directory, { recursive: true });
    const manifest: RunManifest = { ...(await readManifest(directory)), status: 'running' };
    await rewrite(directory, manifest);
    await change(directory, manifest);
    const before = contentsOf(directory);
    const message = await refusal(() => start({ runDirectory: directory, dataSpec: undefined, resume: true }));
    expect(contentsOf(directory)).toEqual(before);
    return message;
  }

  test('a finished run', async () => {
    const message = await refused('done', (directory, manifest) =>
      rewrite(directory, { ...manifest, status: 'finished' }),
    );
    expect(message).toMatch(/^done: the training is finished \(\d+ steps\); nothing to resume$/);
  });

  test('a run of a newer version', async () => {
    const message = await refused('newer', (directory, manifest) =>
      rewrite(directory, { ...manifest, formatVersion: 99 }),
    );
    expect(message).toMatch(/^newer\/run\.json: made by a newer version \(format 99, .* update onnx-explain$/);
  });

  test('a damaged manifest', async () => {
    const message = await refused('torn', (directory) => truncateSync(join(directory, 'run.json'), 500));
    expect(message).toMatch(/^torn\/run\.json: not valid JSON/);
  });

  test('options that make no sense', async () => {
    const message = await refused('odd', (directory, manifest) =>
      rewrite(directory, { ...manifest, options: { ...manifest.options, optimizer: 'magic' } }),
    );
    expect(message).toMatch(/^odd\/run\.json: options\.optimizer: expected \("sgd" \| "momentum".*found magic/);
  });

  test.each(['state', 'model'] as const)('a checkpoint whose %s is cut off', async (part) => {
    const message = await refused(`cut ${part}`, (directory, { checkpoints }) =>
      truncateSync(join(directory, checkpoints.at(-1)![part]), 900),
    );
    expect(message).toMatch(/^cut \w+\/checkpoints\/step-\d+(\.state)?\.onnx: /);
  });

  test('a checkpoint that is missing', async () => {
    const message = await refused('missing', (directory, { checkpoints }) =>
      rmSync(join(directory, checkpoints.at(-1)!.model)),
    );
    expect(message).toMatch(/^missing\/checkpoints\/step-\d+\.onnx: no such file/);
  });

  test('a checkpoint of another model', async () => {
    await writeModelFile(at('four.onnx'), tinyCnn([1, 14, 14], 4));
    const message = await refused('foreign', (directory, { checkpoints }) =>
      cpSync(at('four.onnx'), join(directory, checkpoints.at(-1)!.model)),
    );
    expect(message).toMatch(/^foreign\/checkpoints\/step-\d+\.onnx: byte \d+: has \d+ bytes, where \d+ were written/);
  });

  test('a log that is not the manifest’s', async () => {
    const message = await refused('short', (directory) => rmSync(join(directory, 'log'), { recursive: true }));
    expect(message).toMatch(/^short\/log\/segment-00000\/header\.log: is missing or cut off/);
  });

  test('other data', async () => {
    cpSync(at('data'), at('changed'), { recursive: true });
    const images = readFileSync(at('changed/train-images-idx3-ubyte'));
    images[5000]! ^= 1;
    writeFileSync(at('changed/train-images-idx3-ubyte'), images);
    const message = await refused('elsewhere', (directory, manifest) =>
      rewrite(directory, {
        ...manifest,
        data: { ...manifest.data, spec: at('changed'), path: at('changed'), fromRun: undefined },
      }),
    );
    expect(message).toMatch(/^changed: the data changed since the run began/);
  });

  test.each([
    ['this machine', { pid: process.pid, host: hostname() }],
    ['another machine', { pid: 1, host: `not-${hostname()}` }],
  ])('a run that a process of %s trains', async (where, holder) => {
    const message = await refused(`locked by ${where}`, (directory) =>
      writeFileSync(join(directory, 'train.lock'), JSON.stringify(holder)),
    );
    expect(message).toMatch(/: locked by a training \(process \d+ on .*train\.lock if it is gone$/);
  });

  test('a folder that is no run', async () => {
    expect(await refusal(() => start({ runDirectory: at('data'), resume: true }))).toMatch(
      /^data: not a run directory/,
    );
    expect(await refusal(() => start({ runDirectory: at('tiny.onnx'), resume: true }))).toMatch(
      /^tiny\.onnx: is a file/,
    );
  });
});
