/** What a training minimises does not depend on how the model's end is written, and a trace reads what training read. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { readInputs } from '../../src/data/input.js';
import { openDataset } from '../../src/data/open-dataset.js';
import { traceRun } from '../../src/explain/trace/trace-run.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { writeModelFile } from '../../src/onnx/file.js';
import type { Model } from '../../src/onnx/model.js';
import { float32, int64 } from '../../src/tensor.js';
import { startTraining } from '../../src/workflows/train.js';
import { encodeNpz, temporaryFolder } from '../helpers/data-files.js';
import { runModel, runtime } from '../helpers/run-model.js';

const folder = temporaryFolder();
const ROWS = 9;
const X = Float32Array.from({ length: 4 * ROWS }, (_, i) => Math.sin(i) * 2);
const Y = BigInt64Array.from({ length: ROWS }, (_, i) => BigInt(i % 3));

type End = (g: GraphBuilder, z: string) => string;

const softmax: End = (g, z) => g.op('Softmax', [z], { axis: 1 });
const ENDS: Readonly<Record<string, End>> = {
  'a softmax': softmax,
  'a softmax that is flattened': (g, z) =>
    g.op('Flatten', [g.op('Softmax', [g.op('Unsqueeze', [z, g.ints([2, 3])])], { axis: 1 })]),
  'a softmax that is written out': (g, z) => {
    const e = g.op('Exp', [z]);
    return g.op('Div', [e, g.op('ReduceSum', [e, g.constant(int64([1]))], { keepdims: 1 })]);
  },
  'a mixture of two': (g, z) => g.op('Mean', [softmax(g, z), softmax(g, g.op('Mul', [z, g.scalar(0.25)]))]),
};

function network(end: End): Model {
  const g = new GraphBuilder({ opset: 18 });
  const x = g.input('x', 'float32', ['batch', 4]);
  const w = g.initializer(
    'w',
    float32(
      Float32Array.from({ length: 12 }, (_, i) => Math.cos(3 * i)),
      [4, 3],
    ),
  );
  const b = g.initializer('b', float32([0.1, -0.2, 0.3]));
  g.output(g.rename(end(g, g.op('Gemm', [x, w, b])), 'y'), 'float32', ['batch', 3]);
  return g.model();
}

beforeAll(() => {
  const x = (): [string, number[], Float32Array] => ['<f4', [ROWS, 4], X];
  const y = (): [string, number[], BigInt64Array] => ['<i8', [ROWS], Y];
  writeFileSync(join(folder, 'd.npz'), encodeNpz({ x: x(), y: y(), x_test: x(), y_test: y() }));
});

test.each(Object.entries(ENDS))('%s: the loss is −log of the model’s own probabilities', async (name, end) => {
  const modelPath = join(folder, `${name}.onnx`);
  const runDirectory = join(folder, name);
  const model = network(end);
  await writeModelFile(modelPath, model);
  const { epochs } = await startTraining({
    modelPath,
    dataSpec: join(folder, 'd.npz'),
    runDirectory,
    runtime,
    options: { epochs: 1, batchSize: ROWS, ghostSize: 0, sampler: 'shuffled', learningRate: 0 },
  });
  const p = (await runModel(model, { x: float32(X, [ROWS, 4]) })).y!.data as Float32Array;
  const losses = Array.from(Y, (label, row) => -Math.log(p[3 * row + Number(label)]!));
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / ROWS;
  // One float32 sum of nine terms.
  expect(epochs[0]!.trainLoss).toBeCloseTo(mean, 5);
  expect(epochs[0]!.testLoss).toBeCloseTo(mean, 5);

  const data = await openDataset(join(folder, 'd.npz'), { split: 'train' });
  const inputs = await readInputs([`${join(folder, 'd.npz')}@2`]);
  const { queries } = await traceRun(runDirectory, inputs, {}, { runtime, data });
  for (const { class: c, probability } of queries[0]!.topClasses) expect(probability).toBeCloseTo(p[6 + c]!, 5);
});
