/** What `attribute` refuses, as users see it: one line on stderr, nothing on stdout, exit code 2. */
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { GraphBuilder } from '../../src/graph/builder.js';
import { BATCH } from '../../src/graph/values.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { encodeNpy, encodeZip, temporaryFolder } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';

const folder = temporaryFolder();
copyFileSync(fileURLToPath(new URL('../fixtures/attribution/lenet.onnx', import.meta.url)), join(folder, 'lenet.onnx'));

/** x [batch, 4] → scores [batch, 4] = x + Mul_1, which is always 0; `odd` adds nodes that no rule is known for. */
function smallModel(name: string, odd: boolean): void {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [BATCH, 4]);
  const nothing = g.op('Mul', [x, g.scalar(0)]);
  let scores = g.op('Add', [x, nothing]);
  if (odd) {
    const square = g.op('Reshape', [x, g.ints([-1, 2, 2])]);
    const determinant = g.op('Det', [square]);
    const other = g.op('Det', [g.op('Add', [square, g.scalar(1)])]);
    scores = g.op('Add', [scores, g.op('Unsqueeze', [g.op('Add', [determinant, other]), g.ints([1])])]);
  }
  g.output(g.rename(scores, 'scores'), 'float32', [BATCH, 4]);
  writeFileSync(join(folder, name), encodeModel(g.model()));
}

function points(name: string, rows: readonly (readonly number[])[]): void {
  const shape = [rows.length, rows[0]!.length];
  const x = { content: encodeNpy('<f4', shape, Float32Array.from(rows.flat())) };
  const y = { content: encodeNpy('|u1', [rows.length], new Uint8Array(rows.length)) };
  writeFileSync(join(folder, name), encodeZip({ 'x.npy': x, 'y.npy': y, 'x_test.npy': x, 'y_test.npy': y }));
}

smallModel('small.onnx', false);
smallModel('odd.onnx', true);
points('mixed.npz', [
  [3, 1, 2, 0],
  [0, 1, 2, 5],
  [1, 4, 0, 2],
]);
points('alike.npz', [
  [3, 1, 2, 0],
  [4, 1, 3, 0],
]);
points('short.npz', [[3, 1, 2]]);
points('broken.npz', [[3, NaN, 2, 1]]);

const lenet = ['--model', 'lenet.onnx', '--input', 'fashion-mnist-sample@3'];
const small = ['--model', 'small.onnx', '--input', 'mixed.npz@0'];
const odd = ['--model', 'odd.onnx', '--input', 'mixed.npz@0'];
const mim = ['--method', 'mim', '--data', 'mixed.npz'];

test.each<[string, string[], RegExp]>([
  [
    'a method that does not exist',
    [...lenet, '--method', 'grad-cm'],
    /--method grad-cm: no such method; the nearest are grad-cam/,
  ],
  [
    'a layer that does not exist',
    [...lenet, '--method', 'grad-cam', '--layer', 'conv9.weight'],
    /layer "conv9\.weight" does not exist here; the nearest are conv1\.weight, conv2\.weight/,
  ],
  ['one for MIM', [...small, ...mim, '--layer', 'Mul_9'], /layer "Mul_9" does not exist here; the nearest are Mul_1/],
  [
    'a layer for a method that has none',
    [...lenet, '--layer', 'conv1.weight'],
    /--layer conv1\.weight: lrp explains the input alone/,
  ],
  [
    'a target outside the classes',
    [...lenet, '--target', '10'],
    /--target 10: expected predicted, true, or a class by name or number from 0 to 9/,
  ],
  [
    'an input of another shape',
    ['--model', 'small.onnx', '--input', 'short.npz@0'],
    /short\.npz@0: each example is 3, but the model takes 4/,
  ],
  [
    'a picture of another shape',
    ['--model', 'small.onnx', '--input', 'fashion-mnist-sample@3'],
    /each example is 1×28×28, but the model takes 4/,
  ],
  [
    'an input that is no number',
    ['--model', 'small.onnx', '--input', 'broken.npz@0', '--method', 'gradient'],
    /broken\.npz, array x_test: example 0 holds NaN at position 1/,
  ],
  [
    'MIM without data',
    [...small, '--method', 'mim'],
    /--method mim compares with the activations of a data set; name one with --data/,
  ],
  [
    'data of one class only',
    [...small, '--method', 'mim', '--data', 'alike.npz'],
    /the model sees all of the data as class 0: MIM compares it with the rest/,
  ],
  [
    'a constant layer',
    [...small, ...mim, '--layer', 'Mul_1'],
    /layer "Mul_1" is constant over the data; choose another layer/,
  ],
  [
    'operators without an LRP rule',
    [...odd],
    /operators without an LRP rule: Det ×2, first at node Det_\d+ \(Det\); .* no gradient either/,
  ],
  [
    'operators without a gradient',
    [...odd, '--method', 'gradient'],
    /operators without a gradient: Det ×2, first at node Det_\d+ \(Det\)/,
  ],
  [
    'the same on the way of MIM',
    [...odd, ...mim, '--layer', 'scores'],
    /operators without a gradient: Det ×2, first at node Det_\d+ \(Det\)/,
  ],
  ['rules of a layer that does not exist', [...lenet, '--rules', 'rules.json'], /layer "conv9" does not exist here/],
])('%s', async (_, flags, message) => {
  writeFileSync(join(folder, 'rules.json'), '{"conv9": "zplus"}');
  const { code, stdout, stderr } = await runIn(folder, ['attribute', ...flags, '--quiet', '--out', 'bad', '--force']);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(/^onnx-explain: /);
  expect(stderr).toMatch(message);
  expect(existsSync(join(folder, 'bad', 'result.json'))).toBe(false);
});
