/** Bytes that are no pictures reach a check as they reach every other command: pixels where mean or std says so, else numbers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { writeModelFile } from '../../src/onnx/file.js';
import { create } from '../../src/zoo/create.js';
import { encodeNpz, pixels, temporaryFolder, writeFiles } from '../helpers/data-files.js';
import { runHere } from '../helpers/in-process.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const bytes = pixels(12, 6, 1);
const classes = Uint8Array.from({ length: 12 }, (_, i) => i % 2);
const FAST = ['--skip', 'cost,execution', '--threads', '1'];

const dataSet = (x: [string, readonly number[], ArrayBufferView]) =>
  encodeNpz({ x, y: ['|u1', [12], classes], x_test: x, y_test: ['|u1', [12], classes] });

beforeAll(async () => {
  await writeModelFile(at('m.onnx'), create('mlp', { inputShape: [6], hidden: [4], classes: 2 }));
  const numbers = Float32Array.from(bytes);
  writeFiles(folder, {
    'bytes.npz': dataSet(['|u1', [12, 6], bytes]),
    'numbers.npz': dataSet(['<f4', [12, 6], numbers]),
    'shares.npz': dataSet(['<f4', [12, 6], numbers.map((value) => value / 255)]),
    // Named as the model's input is.
    'input.npz': encodeNpz({ input: ['|u1', [12, 6], bytes] }),
  });
});

/** Takes a baseline, and returns what the model gave, with what was said. */
async function outputsOn(data: string, ...args: string[]) {
  const baseline = at(`${data}-${args.length}.json`);
  const asked = ['check', at('m.onnx'), '--baseline', baseline];
  const taken = await runHere([
    ...asked,
    '--data',
    at(data),
    ...args,
    '--update-baseline',
    '--force',
    '--threads',
    '1',
  ]);
  expect([taken.code, taken.stdout]).toEqual([0, expect.stringContaining('on 12 probes')]);
  const again = await runHere([...asked, ...FAST]);
  expect(again.code).toBe(0);
  const { arrays } = JSON.parse(readFileSync(baseline, 'utf8')) as { arrays: { inline: Record<string, number[]> } };
  return { outputs: arrays.inline.output_0!, notices: taken.stderr };
}

const close = (actual: readonly number[], expected: readonly number[]) => {
  const scale = Math.max(...expected.map(Math.abs));
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5 * scale));
};

test.each(['bytes.npz', 'input.npz'])('%s: with mean and std, bytes are pixels', async (data) => {
  const [pixelsFed, shares] = [await outputsOn(data, '--mean', '0', '--std', '1'), await outputsOn('shares.npz')];
  close(pixelsFed.outputs, shares.outputs);
  expect(pixelsFed.notices).not.toContain('are for pixels');
});

test.each(['bytes.npz', 'input.npz'])('%s: without, they are numbers', async (data) => {
  const [fed, numbers] = [await outputsOn(data), await outputsOn('numbers.npz')];
  close(fed.outputs, numbers.outputs);
});

test('mean and std that change nothing are said to', async () => {
  const idle = /numbers, which are fed as they are: --mean and --std are for pixels/g;
  const { notices } = await outputsOn('numbers.npz', '--mean', '0.5');
  expect(notices.match(idle)).toHaveLength(1);
  await outputsOn('bytes.npz');
  const check = ['check', at('m.onnx'), '--baseline', at('bytes.npz-0.json'), ...FAST, '--std', '2'];
  expect((await runHere(check)).stderr.match(idle)).toHaveLength(1);
});
