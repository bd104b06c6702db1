/** Bytes that are no pictures reach models and linear layers as the numbers that they are. */
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { writeModelFile } from '../../src/onnx/file.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { float32 } from '../../src/tensor.js';
import { attributeToFolder } from '../../src/workflows/attribute.js';
import { openLayerData } from '../../src/explain/representer/layer-data.js';
import { encodeNpz, temporaryFolder, writeFiles } from '../helpers/data-files.js';

const folder = temporaryFolder();
const runtime = nodeRuntime({ threads: 1 });
const values = Uint8Array.from({ length: 12 * 6 }, (_, i) => (i * 5) % 2);

beforeAll(async () => {
  const types = {
    bool: ['|b1', values],
    uint8: ['|u1', values],
    int8: ['|i1', values],
    float32: ['<f4', Float32Array.from(values)],
  } as const;
  const y = ['|u1', [12], Uint8Array.from({ length: 12 }, (_, i) => i % 2)] as const;
  for (const [name, [descr, x]] of Object.entries(types)) {
    writeFiles(folder, {
      [`${name}.npz`]: encodeNpz({
        x: [descr, [12, 6], x],
        y: [...y],
        x_test: [descr, [12, 6], x],
        y_test: [...y],
      } as never),
    });
  }
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['batch', 6]);
  const weight = g.initializer(
    'weight',
    float32(
      Float32Array.from({ length: 12 }, (_, i) => (i < 6 ? 1 : 0)),
      [2, 6],
    ),
  );
  g.add(makeNode('Gemm', [x, weight, g.initializer('bias', float32([0, 0]))], [g.reserve('scores')], { transB: 1 }));
  g.output('scores', 'float32', ['batch', 2]);
  await writeModelFile(join(folder, 'm.onnx'), g.model());
});

const ones = Array.from(values.subarray(18, 24)).reduce((a, b) => a + b, 0);

test.each(['bool', 'uint8', 'int8', 'float32'])('the score of a sum over %s is the number of ones', async (type) => {
  const { queries } = await attributeToFolder({
    modelPath: join(folder, 'm.onnx'),
    inputs: [join(folder, `${type}.npz@3`)],
    methods: ['input-x-gradient'],
    target: '0',
    out: join(folder, `out-${type}`),
    runtime,
  });
  expect(queries[0]!.sum).toBeCloseTo(ones, 5);
});

test.each(['bool', 'uint8', 'int8', 'float32'])(
  'features of %s are the numbers stored, whatever mean and std',
  async (type) => {
    const notices: string[] = [];
    const layerData = await openLayerData({
      featureFile: join(folder, `${type}.npz`),
      mean: [0.5],
      std: [0.5],
      cache: null,
      runtime,
      onNotice: (line) => notices.push(line),
    });
    expect(Array.from(layerData.train.features.data)).toEqual(Array.from(values));
    expect(notices).toEqual([]);
    await layerData.release();
  },
);

test('with mean or std, vectors of bytes are pixels', async () => {
  const { queries } = await attributeToFolder({
    modelPath: join(folder, 'm.onnx'),
    inputs: [join(folder, 'uint8.npz@3')],
    methods: ['input-x-gradient'],
    target: '0',
    std: [0.5],
    out: join(folder, 'out-pixels'),
    runtime,
  });
  expect(queries[0]!.sum).toBeCloseTo((2 * ones) / 255, 5);
});
