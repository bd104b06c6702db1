/** What `representer` cannot use: one line and exit code 2. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { GraphBuilder } from '../../src/graph/builder.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { float32 } from '../../src/tensor.js';
import { blobs, writeNpz, type Arrays } from '../helpers/blobs.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';

const folder = temporaryFolder();
const run = (...args: string[]) => runIn(folder, args);
const write = (name: string, arrays: Arrays) => writeNpz(folder, name, arrays);
copyFileSync(fileURLToPath(new URL('../fixtures/representer/network.onnx', import.meta.url)), join(folder, 'net.onnx'));

const sample = ['--data', 'fashion-mnist-sample'];

const model = (name: string, build: (g: GraphBuilder) => string): string => {
  const g = new GraphBuilder();
  g.input('image', 'float32', ['batch', 4]);
  g.output(build(g), 'float32');
  writeFileSync(join(folder, name), encodeModel(g.model()));
  return name;
};
const weight = (g: GraphBuilder, rows: number, value = 0.5) =>
  g.initializer('w', float32(new Float32Array(4 * rows).fill(value), [4, rows]));

const cases: [what: string, args: () => string[], message: RegExp][] = [
  [
    'a model that does not end in a linear layer',
    () => [
      '--model',
      model('tanh.onnx', (g) => g.op('Tanh', [g.op('MatMul', ['image', weight(g, 3)])])),
      '--data',
      write('b.npz', blobs(30)),
    ],
    /ends in node .*Tanh.*not in a linear layer/,
  ],
  [
    'labels beyond the classes of the model',
    () => [
      '--model',
      model('two.onnx', (g) => g.op('MatMul', ['image', weight(g, 2)])),
      '--data',
      write('b.npz', blobs(30)),
    ],
    /has label 2, but the model has classes 0 to 1/,
  ],
  [
    'one class only',
    () => [
      '--model',
      model('three.onnx', (g) => g.op('MatMul', ['image', weight(g, 3)])),
      '--data',
      write(
        'one.npz',
        blobs(30, (_, y) => y.fill(1)),
      ),
    ],
    /all training examples are of one class \(1\)/,
  ],
  [
    'features that are no numbers',
    () => [
      '--model',
      model('nan.onnx', (g) => g.op('MatMul', [g.op('Log', ['image']), weight(g, 3)])),
      '--data',
      write('b.npz', blobs(30)),
    ],
    /the features of example 0 hold NaN at position/,
  ],
  [
    'λ beyond float64',
    () => ['--model', 'net.onnx', ...sample, '--lambda', '5e-324'],
    /--lambda 5e-324: .*from 1e-100/,
  ],
  [
    'the true class at a hidden layer',
    () => ['--model', 'net.onnx', ...sample, '--layer', '0', '--input', 'fashion-mnist-sample@1', '--target', 'true'],
    /--target true: the units of layer ".*" are not classes; give a number/,
  ],
  [
    'λ of no number',
    () => ['--model', 'net.onnx', ...sample, '--lambda', 'small'],
    /--lambda small: expected a number/,
  ],
  ['λ of 0', () => ['--model', 'net.onnx', ...sample, '--lambda', '0'], /--lambda 0: expected a number above 0/],
  [
    'a target that is no class',
    () => ['--model', 'net.onnx', ...sample, '--input', 'fashion-mnist-sample@1', '--target', 'Shirtt'],
    /--target Shirtt: .*nearest are Shirt/,
  ],
  [
    'an input of another shape',
    () => ['--model', 'net.onnx', ...sample, '--input', `${write('b.npz', blobs(30))}@1`],
    /each example is 4, but the model takes 1×28×28/,
  ],
  [
    'data of another shape',
    () => ['--model', 'net.onnx', '--data', write('b.npz', blobs(30))],
    /each example is 4, but the model takes 1×28×28/,
  ],
  ['no data', () => ['--model', 'net.onnx'], /--data is missing/],
  [
    'a feature file without weights in given mode',
    () => ['--features', write('b.npz', blobs(30))],
    /--mode given needs the weights/,
  ],
  [
    'a layer that does not exist',
    () => ['--model', 'net.onnx', ...sample, '--layer', 'fc9'],
    /layer "fc9" does not exist/,
  ],
];
test.each(cases)('%s', async (_, args, message) => {
  const { code, stdout, stderr } = await run(
    'representer',
    ...args(),
    '--no-cache',
    '--quiet',
    '--out',
    'bad',
    '--force',
  );
  expect(stderr).toMatch(message);
  expect([code, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1]);
});
