/** Trainings of recurrent layers, whose steps are written out in files and rolled up in what is run. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { prepareModel } from '../../src/graph/prepare.js';
import { makeScan } from '../../src/graph/scan.js';
import { decodeModel } from '../../src/onnx/codec.js';
import { writeModelFile } from '../../src/onnx/file.js';
import { graphOf, type Model } from '../../src/onnx/model.js';
import { nodesIn } from '../../src/graph/rewrite.js';
import { float32 } from '../../src/tensor.js';
import { TRAIN_DEFAULTS } from '../../src/train/options.js';
import { startTraining } from '../../src/workflows/train.js';
import { encodeNpz, temporaryFolder, writeFiles } from '../helpers/data-files.js';
import { contentsOf } from '../helpers/folders.js';
import { RECURRENT, recurrentClassifier } from '../helpers/networks.js';
import { gaussian } from '../helpers/random-tensors.js';
import { consecutiveSteps, memoryDataset, relativeDistance, runSteps, runtime } from '../helpers/training.js';

const { steps: STEPS, width: WIDTH, units: UNITS, classes: CLASSES } = RECURRENT;
const COUNT = 24;
const examples = gaussian(COUNT * STEPS * WIDTH, 1, 1);
const labels = Int32Array.from({ length: COUNT }, (_, i) => (i * 7) % CLASSES);
const folder = temporaryFolder();

function weight(g: GraphBuilder, name: string, seed: number, ...dims: number[]): string {
  const count = dims.reduce((a, b) => a * b);
  return g.initializer(name, float32(gaussian(count, seed, 0.4), dims));
}

test.each(['RNN', 'LSTM', 'GRU'] as const)(
  '%s: rolled up, training ends at the weights of the written-out form',
  async (op) => {
    const request = {
      model: await prepareModel(recurrentClassifier(op), runtime),
      data: memoryDataset([STEPS, WIDTH], examples, labels, CLASSES),
      rows: 8,
      optimizer: 'adam' as const,
      weightDecay: 1e-3,
      clipNorm: 1,
    };
    const written = await runSteps(request, consecutiveSteps(3, 8));
    const rolled = await runSteps({ ...request, rollsUp: true }, consecutiveSteps(3, 8));
    expect(Object.keys(rolled.weights)).toEqual(Object.keys(written.weights));
    expect(rolled.losses).toBeAllClose(written.losses, { relative: 1e-6 });
    // Gradients are summed in another order; Adam divides by their size, which makes much of little.
    expect(relativeDistance(Object.values(rolled.weights), Object.values(written.weights))).toBeLessThan(1e-5);
    expect(new Set(written.losses).size).toBe(3);
  },
);

test('rolled up, batch norm still finds the examples behind a layer that reads several sequences of each', async () => {
  const [pairs, length] = [2, STEPS - 1];
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', pairs, length, WIDTH]);
  // Two sequences an example, stacked along the batch.
  const sequences = g.op('Reshape', ['x', g.ints([-1, length, WIDTH])]);
  const weights = [
    weight(g, 'w', 2, 1, UNITS, WIDTH),
    weight(g, 'r', 3, 1, UNITS, UNITS),
    weight(g, 'b', 4, 1, 2 * UNITS),
  ];
  g.add(
    makeNode('RNN', [g.op('Transpose', [sequences], { perm: [1, 0, 2] }), ...weights], ['', 'last'], {
      hidden_size: UNITS,
    }),
  );
  const [scale, shift, mean, variance] = [1, 0, 0, 1].map((value, i) =>
    g.initializer(['scale', 'shift', 'mean', 'variance'][i]!, float32(new Float32Array(UNITS).fill(value), [UNITS])),
  );
  const normalized = g.op('BatchNormalization', [
    g.op('Squeeze', ['last', g.ints([0])]),
    scale!,
    shift!,
    mean!,
    variance!,
  ]);
  const joined = g.op('Reshape', [normalized, g.ints([-1, pairs * UNITS])]);
  g.add(makeNode('Gemm', [joined, weight(g, 'head', 5, pairs * UNITS, CLASSES)], ['scores']));
  g.output('scores', 'float32', ['batch', CLASSES]);
  const count = Math.floor(examples.length / (pairs * length * WIDTH));
  const request = {
    model: await prepareModel(g.model(), runtime),
    data: memoryDataset(
      [pairs, length, WIDTH],
      examples.subarray(0, count * pairs * length * WIDTH),
      labels.slice(0, count),
      CLASSES,
    ),
    rows: 6,
    ghostSize: 2,
  };
  const steps = consecutiveSteps(2, 4).map((step) => ({ ...step, ghosts: Int32Array.of(8, 9) }));
  const [written, rolled] = [await runSteps(request, steps), await runSteps({ ...request, rollsUp: true }, steps)];
  expect(relativeDistance(Object.values(rolled.weights), Object.values(written.weights))).toBeLessThan(1e-5);
});

test('a run of rolled-up layers is repeatable to the bit, resumable, and of the layers that are written out', async () => {
  const data = { x: ['<f4', [COUNT, STEPS, WIDTH], examples], y: ['<i4', [COUNT], labels] } as const;
  writeFiles(folder, {
    'data.npz': encodeNpz({ x: [...data.x], y: [...data.y], x_test: [...data.x], y_test: [...data.y] }),
  });
  const modelPath = join(folder, 'model.onnx');
  await writeModelFile(modelPath, recurrentClassifier('LSTM'));
  /** The largest graphs that were loaded, without and with a training loop. */
  const loaded: Model[] = [];
  const watching = {
    ...runtime,
    createSession: (bytes: Uint8Array, options?: object) => {
      loaded.push(decodeModel(bytes.slice(), 'loaded'));
      return runtime.createSession(bytes, options);
    },
  };
  const train = (name: string, more: object = {}) =>
    startTraining({
      modelPath,
      dataSpec: join(folder, 'data.npz'),
      runDirectory: join(folder, name),
      input: {},
      options: {
        ...TRAIN_DEFAULTS,
        sampler: 'shuffled',
        batchSize: 6,
        epochs: 3,
        checkpointEvery: 5,
        codec: 'float32',
      },
      runtime: watching,
      ...more,
    });
  const stopped = join(folder, 'stopped');
  const onProgress = ({ step }: { step: number }) => {
    if (step !== 5) return;
    cpSync(join(folder, 'whole'), stopped, { recursive: true, filter: (path) => !path.endsWith('train.lock') });
  };
  const manifest = await train('whole', { onProgress });
  const training = loaded.find((model) => graphOf(model).node.some(({ opType }) => opType === 'Loop'))!;
  const ops = [...nodesIn(training)].map(({ opType }) => opType);
  // One forward and one back for each direction of each layer.
  expect(ops.filter((each) => each === 'Scan')).toHaveLength(8);
  await train('again');
  await train('stopped', { resume: true });
  const files = contentsOf(join(folder, 'whole'));
  expect(contentsOf(join(folder, 'again'))).toEqual(files);
  expect(contentsOf(stopped)).toEqual(files);

  const ways = ['forward', 'backward'];
  expect(manifest.layers.map(({ tensors, uses = [] }) => [tensors[0]!.name, uses.length]).sort()).toEqual(
    [
      ...[0, 1].flatMap((i) =>
        ways.flatMap((way) => [
          [`w${i}.W.${way}`, 0],
          [`r${i}.R.${way}`, STEPS - 2],
        ]),
      ),
      ['head', 0],
    ].sort(),
  );
});

/** Scores of each row by itself, as a Scan over the batch. @param within what is done to a row besides */
function rowByRow(within: (b: GraphBuilder, row: string) => string = (_, row) => row): Model {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', WIDTH]);
  weight(g, 'head', 6, WIDTH, CLASSES);
  weight(g, 'scale', 7, WIDTH);
  const b = new GraphBuilder({ name: 'row', prefix: 'row/' });
  b.input('row', 'float32', [WIDTH]);
  b.output(b.op('MatMul', [within(b, 'row'), 'head']), 'float32', [CLASSES]);
  const [row, scores] = [
    { value: 'x', axis: 0, reversed: false },
    { value: 'scores', axis: 0, reversed: false },
  ];
  g.add(makeScan({ body: b.graph, initial: [], sequences: [row], last: [], results: [scores] }));
  g.output('scores', 'float32', ['batch', CLASSES]);
  return g.model();
}

test('a Scan that stays one, over the rows of the batch, is trained with the weights inside of it', async () => {
  const plain = new GraphBuilder();
  plain.input('x', 'float32', ['batch', WIDTH]);
  plain.add(makeNode('MatMul', ['x', weight(plain, 'head', 6, WIDTH, CLASSES)], ['scores']));
  plain.output('scores', 'float32', ['batch', CLASSES]);
  const request = { data: memoryDataset([WIDTH], examples.subarray(0, COUNT * WIDTH), labels, CLASSES), rows: 8 };
  const trained = async (model: Model) =>
    runSteps({ ...request, model: await prepareModel(model, runtime) }, consecutiveSteps(3, 8));
  const [scanned, expected] = [await trained(rowByRow()), await trained(plain.model())];
  expect(Object.keys(scanned.weights)).toEqual(['head']);
  expect(relativeDistance(Object.values(scanned.weights), Object.values(expected.weights))).toBeLessThan(1e-6);
});

test('dropout inside of such a Scan is refused', async () => {
  const model = rowByRow((b, row) => b.op('Dropout', [b.op('Mul', [row, 'scale']), b.scalar(0.5)]));
  const data = memoryDataset([WIDTH], examples.subarray(0, COUNT * WIDTH), labels, CLASSES);
  const attempt = runSteps({ model: await prepareModel(model, runtime), data, rows: 8 }, consecutiveSteps(1, 8));
  await expect(attempt).rejects.toThrow(/^operators without a gradient: row\/Dropout_\d+ \(Dropout\)/);
});
