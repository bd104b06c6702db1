/** What cannot be trained is refused in one line, before anything in the run directory changes. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { GraphBuilder, makeNode, valueInfo } from '../../src/graph/builder.js';
import { readModelFile, writeModelFile } from '../../src/onnx/file.js';
import { graphOf, onnx, type Model } from '../../src/onnx/model.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { float32 } from '../../src/tensor.js';
import { TRAIN_DEFAULTS, type TrainOptions } from '../../src/train/options.js';
import type { StartRequest } from '../../src/workflows/train.js';
import { conv, dense, flatten } from '../../src/zoo/network.js';
import { encodeIdx, temporaryFolder, writeFiles } from '../helpers/data-files.js';
import { contentsOf } from '../helpers/folders.js';
import { network, relu, tinyCnn } from '../helpers/networks.js';
import { refusableTraining } from '../helpers/runs/refused-training.js';

const folder = temporaryFolder();
const { at, start, refusal, finish } = refusableTraining(folder);

beforeAll(finish);

describe('a model that cannot be trained', () => {
  const flat = () => network([1, 14, 14], (net, x) => dense(net, 'fc', flatten(net, 'flatten', x), 10));

  /** A model whose first node's result goes through one more node. */
  function withNode(op: string, more: readonly string[] = []): Model {
    const model = flat();
    const { node } = graphOf(model);
    node.splice(1, 0, makeNode(op, ['flatten', ...more], ['between']));
    node.at(-1)!.input[0] = 'between';
    return model;
  }

  const withTwoInputs = () => {
    const model = withNode('Mul', ['mask']);
    graphOf(model).input.push(valueInfo('mask', 'float32', ['batch', 196]));
    return model;
  };

  const withNaN = () => {
    const model = flat();
    const stored = graphOf(model).initializer.find(({ name }) => name === 'fc.weight')!;
    stored.rawData = Uint8Array.from(stored.rawData);
    new DataView(stored.rawData.buffer).setFloat32(400, NaN, true);
    return model;
  };

  const weightless = () => {
    const g = new GraphBuilder();
    g.input('input', 'float32', ['batch', 1, 14, 14]);
    g.add(makeNode('Flatten', ['input'], ['scores']));
    g.output('scores', 'float32', ['batch', 196]);
    return g.model();
  };

  const forOtherSizes = () => {
    const g = new GraphBuilder();
    g.input('input', 'float32', ['batch', 1, 'height', 'width']);
    g.initializer('weight', float32(new Float32Array(10 * 784), [10, 784]));
    g.add(makeNode('Flatten', ['input'], ['flat']));
    g.add(makeNode('Gemm', ['flat', 'weight'], ['scores'], { transB: 1 }));
    g.output('scores', 'float32', ['batch', 10]);
    return g.model();
  };

  const labelsOnly = () => {
    const model = flat();
    graphOf(model).node.push(makeNode('ArgMax', ['scores'], ['label'], { axis: 1, keepdims: 0 }));
    graphOf(model).output = [valueInfo('label', 'int64', ['batch'])];
    return model;
  };

  test.each<[string, () => Model, RegExp]>([
    ['two inputs', withTwoInputs, /^model\.onnx: .* 2 inputs \(input, mask\)/],
    [
      'maps instead of class scores',
      () => network([1, 14, 14], (net, x) => conv(net, 'conv', x, { channels: 10, kernel: 3 })),
      /^model\.onnx: output "scores" \[batch, 10, 12, 12\]: holds 10 scores at each of 12×12 positions; pick one with `at`, such as 6,6/,
    ],
    [
      'labels instead of class scores',
      labelsOnly,
      /^model\.onnx: none of the model's outputs \(label int64 \[batch\]\) has a row of real numbers for each example; export/,
    ],
    ['a weight that is no number', withNaN, /^model\.onnx: its weight "fc\.weight" holds a value that is not a number/],
    ['no weights', weightless, /^model\.onnx: the model has no weights to train$/],
    ['images of another size', () => tinyCnn([1, 28, 28]), /^data: .*1×28×28; give `resize` 28x28/],
    [
      'images of another size, of which it only says so when it runs',
      forOtherSizes,
      /^model\.onnx: .*(\[2, 1, 14, 14\]|between 784 and 196)/,
    ],
    ['images of other channels', () => tinyCnn([3, 14, 14]), /^data: .* `channels` 3/],
    [
      'too few classes',
      () => tinyCnn([1, 14, 14], 4),
      /^data: example \d+ of the train split has label \d, .* 0 to 3$/,
    ],
  ])('%s', async (_, model, message) => {
    await writeModelFile(at('model.onnx'), model());
    expect(await refusal(() => start({ modelPath: at('model.onnx'), runDirectory: at('other') }))).toMatch(message);
  });

  test('operators without a gradient, all of them at once', async () => {
    const model = network([1, 14, 14], (net, x) =>
      dense(net, 'fc', relu(net, 'relu', dense(net, 'wide', flatten(net, 'flatten', x), 20)), 10),
    );
    model.opsetImport.push(new onnx.OperatorSetIdProto({ domain: 'com.microsoft', version: 1 }));
    const { node } = graphOf(model);
    const activations = ['FastGelu', 'QuickGelu'].map((op, i) =>
      Object.assign(makeNode(op, [i === 0 ? 'wide' : 'FastGelu'], [op]), { domain: 'com.microsoft' }),
    );
    node.splice(2, 0, ...activations);
    node[4]!.input[0] = 'QuickGelu';
    await writeModelFile(at('model.onnx'), model);
    expect(await refusal(() => start({ modelPath: at('model.onnx'), runDirectory: at('other') }))).toMatch(
      /^model\.onnx: operators without a gradient: FastGelu \(FastGelu\); QuickGelu \(QuickGelu\)/,
    );
  });
});

test.each<[string, Partial<StartRequest>, RegExp]>([
  ['no model', { modelPath: undefined }, /^`model` is missing/],
  ['no data', { dataSpec: undefined }, /^`data` is missing/],
  ['a model that is not there', { modelPath: at('none.onnx') }, /^none\.onnx: no such file/],
  ['a model that is cut off', { modelPath: at('cut.onnx') }, /^cut\.onnx: /],
  ['data that are not there', { dataSpec: at('none') }, /^none: no such file/],
  ['a folder without data', { dataSpec: at('empty') }, /^empty: holds no data set/],
  [
    'a test split with unknown labels',
    { dataSpec: at('strange') },
    /^strange: example 3 of the test split has label 12/,
  ],
  ['a folder that is a file', { runDirectory: at('tiny.onnx') }, /^tiny\.onnx: /],
  ['a folder that is not empty', { force: false }, /^run: the folder is not empty; .*`force`$/],
])('%s', async (_, request, message) => {
  writeFileSync(at('cut.onnx'), readFileSync(at('tiny.onnx')).subarray(0, 3000));
  mkdirSync(at('empty'), { recursive: true });
  cpSync(at('data'), at('strange'), { recursive: true });
  writeFiles(at('strange'), { 't10k-labels-idx1-ubyte': encodeIdx([60], new Uint8Array(60).fill(12, 3)) });
  const before = contentsOf(at('run'));
  expect(await refusal(() => start({ force: true, ...request }))).toMatch(message);
  expect(contentsOf(at('run'))).toEqual(before);
});

test.each<[Partial<TrainOptions>, RegExp]>([
  [{ epochs: 0 }, /^`epochs` 0: expected a whole number from 1$/],
  [{ epochs: 1.5 }, /^`epochs` 1\.5: /],
  [{ batchSize: 0 }, /^`batchSize` 0: /],
  [{ checkpointEvery: 0 }, /^`checkpointEvery` 0: /],
  [{ keepCheckpoints: 0 }, /^`keepCheckpoints` 0: /],
  [{ seed: 0.5 }, /^`seed` 0\.5: expected a whole number$/],
  [{ learningRate: -1 }, /^`learningRate` -1: expected a number from 0$/],
  [{ learningRate: Infinity }, /^`learningRate` Infinity: /],
  [{ learningRateFactor: NaN }, /^`learningRateFactor` NaN: /],
  [{ learningRateSteps: [3, 0] }, /^`learningRateSteps` 0: /],
  [{ weightDecay: -0.1 }, /^`weightDecay` -0\.1: /],
  [{ clipNorm: 0 }, /^`clipNorm` 0: expected a number above 0$/],
  [{ clipNorm: Infinity }, /^`clipNorm` Infinity: /],
  [{ optimizerSettings: { ...TRAIN_DEFAULTS.optimizerSettings, momentum: -1 } }, /^`momentum` -1: /],
  [{ ghostSize: -1 }, /^`ghostSize` -1: /],
  [{ ghostSize: 24 }, /^`ghostSize` 24: a batch of 24 would hold no example; .*`batchSize`$/],
  [{ ghostSize: 0, ghostStatistics: 'ghost-only' }, /^`ghostStatistics` ghost-only needs ghosts/],
  [{ batchSize: 999, ghostSize: 301 }, /^class \d has \d+ training examples, but \d+ of the 301 ghosts .*`ghostSize`/],
  [{ layers: ['conv3'] }, /^layer "conv3" does not exist; the nearest are conv[12]/],
  [{ layers: ['9'] }, /^layer "9" does not exist; the numbers go from 0 to 3/],
])('%j', async (options, message) => {
  const before = contentsOf(at('run'));
  expect(await refusal(() => start({ force: true }, options))).toMatch(message);
  expect(contentsOf(at('run'))).toEqual(before);
});

test('a first update that is no number keeps the model as it was given', async () => {
  // The learning rate is infinite in float32.
  const directory = at('exploded');
  const message = await refusal(() => start({ runDirectory: directory }, { learningRate: 1e39 }));
  expect(message).toMatch(/^exploded: an updated weight is no longer a number at step 1 \(epoch 1\)/);
  expect(await readManifest(directory)).toMatchObject({ status: 'diverged', steps: 0, segments: [] });
  const weights = async (path: string) =>
    graphOf((await readModelFile(path)).model).initializer.map(({ rawData }) => rawData);
  expect(await weights(join(directory, 'model.onnx'))).toEqual(await weights(at('tiny.onnx')));
});
