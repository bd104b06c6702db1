import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../../src/errors.js';
import { BUILD_OPSET, GraphBuilder, makeNode } from '../../../src/graph/builder.js';
import { upgradeOpset } from '../../../src/graph/passes/upgrade-opset.js';
import { float, makeAttribute } from '../../../src/onnx/attributes.js';
import { encodeModel } from '../../../src/onnx/codec.js';
import { graphOf, onnx, opsetOf } from '../../../src/onnx/model.js';
import { float32, int64, type Tensor } from '../../../src/tensor.js';
import { awayFromZero } from '../../helpers/gradients/gradient-check.js';
import { expectSameOutputs, oneNodeModel, runModel, type OneNode } from '../../helpers/run-model.js';

const x = (...dims: number[]): Tensor => float32(Float32Array.from(awayFromZero(dims, 3).data), dims);

const reductions = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare'].map(
  (kind): [string, OneNode] => [
    `Reduce${kind}`,
    { op: `Reduce${kind}`, inputs: [float32([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2])], attributes: { axes: [0, -1] } },
  ],
);

const coerced = ['Softmax', 'LogSoftmax', 'Hardmax'].flatMap((op): [string, OneNode][] => [
  [`${op} of a matrix`, { op, inputs: [x(3, 4)] }],
  [`${op} over all axes from 1`, { op, inputs: [x(2, 3, 4)] }],
  [`${op} over all axes`, { op, inputs: [x(2, 3, 4)], attributes: { axis: 0 } }],
  [`${op} from a negative axis`, { op, inputs: [x(2, 3, 4)], attributes: { axis: -2 } }],
  [`${op} along the last axis`, { op, inputs: [x(2, 3, 4)], attributes: { axis: -1 } }],
]);

const resize = { coordinate_transformation_mode: 'tf_half_pixel_for_nn', mode: 'nearest', nearest_mode: 'floor' };

const cases: [string, OneNode][] = [
  ...reductions,
  ['a reduction of everything', { op: 'ReduceMean', inputs: [x(2, 3)], attributes: { keepdims: 0 } }],
  ...coerced,
  ['Squeeze', { op: 'Squeeze', inputs: [x(2, 1, 3, 1)], attributes: { axes: [1, -1] } }],
  ['Squeeze of every 1', { op: 'Squeeze', inputs: [x(2, 1, 3, 1)] }],
  ['Unsqueeze', { op: 'Unsqueeze', inputs: [x(2, 3)], attributes: { axes: [0, 3] } }],
  ['Split', { op: 'Split', inputs: [x(5, 2)], attributes: { split: [1, 4] }, outputs: ['a', 'b'] }],
  ['Split in equal parts', { op: 'Split', inputs: [x(6, 2)], attributes: { axis: 0 }, outputs: ['a', 'b', 'c'] }],
  ['Dropout', { op: 'Dropout', inputs: [x(3, 4)], attributes: { ratio: float(0.25) } }],
  ['Clip', { op: 'Clip', inputs: [x(3, 4), undefined, float32([0.5], [])] }],
  ['Pad', { op: 'Pad', inputs: [x(1, 2), int64([0, 1, 0, 2])], attributes: { mode: 'edge' } }],
  ['BatchNormalization', { op: 'BatchNormalization', inputs: [x(2, 3, 2), x(3), x(3), x(3), float32([1, 2, 3])] }],
  [
    'RoiAlign',
    {
      op: 'RoiAlign',
      inputs: [x(1, 1, 8, 8), float32([1, 1, 6, 7], [1, 4]), int64([0])],
      attributes: { output_height: 2, output_width: 3, sampling_ratio: 2 },
    },
  ],
  [
    'Resize as TensorFlow does',
    { op: 'Resize', inputs: [x(1, 1, 5, 5), float32([]), float32([1, 1, 1.6, 0.7])], attributes: resize },
  ],
  [
    'Resize',
    { op: 'Resize', inputs: [x(1, 1, 5, 5), float32([]), float32([1, 1, 2, 2])], attributes: { mode: 'linear' } },
  ],
  ['LSTM', { op: 'LSTM', inputs: [x(3, 2, 4), x(1, 8, 4), x(1, 8, 2)], attributes: { hidden_size: 2 } }],
  ['Cast', { op: 'Cast', inputs: [x(2, 3)], attributes: { to: onnx.TensorProto.DataType.INT32 } }],
];

const oldest: [string, OneNode][] = [
  ['Slice', { op: 'Slice', inputs: [x(4, 5)], attributes: { starts: [1], ends: [4], axes: [1] } }],
  ['Slice of the first axes', { op: 'Slice', inputs: [x(4, 5)], attributes: { starts: [1, 0], ends: [3, -1] } }],
  ['TopK', { op: 'TopK', inputs: [x(3, 5)], attributes: { k: 2, axis: 1 }, outputs: ['values', 'indices'] }],
  ['Clip', { op: 'Clip', inputs: [x(3, 4)], attributes: { max: float(0.5) } }],
  ['Pad', { op: 'Pad', inputs: [x(1, 2)], attributes: { pads: [0, 1, 0, 2], value: float(7) } }],
  ['Upsample', { op: 'Upsample', inputs: [x(1, 1, 3, 3), float32([1, 1, 2, 1.5])] }],
  [
    'Upsample, linear',
    { op: 'Upsample', inputs: [x(1, 1, 3, 3), float32([1, 1, 2, 2])], attributes: { mode: 'linear' } },
  ],
  ['Scatter', { op: 'Scatter', inputs: [x(3, 2), int64([2, 0], [1, 2]), float32([8, 9], [1, 2])] }],
];

test.each(oldest)('computes the same after the upgrade from opset 9: %s', async (_, given) => {
  const { model, feeds } = oneNodeModel({ ...given, opset: 9 });
  await expectSameOutputs(upgradeOpset(model), model, feeds, 1e-6);
});

describe('computes the same after the upgrade from opset 11', () => {
  test.each(cases)('%s', async (_, given) => {
    const { model, feeds } = oneNodeModel({ ...given, opset: 11 });
    const before = encodeModel(model);
    const upgraded = upgradeOpset(model);
    expect(opsetOf(upgraded)).toBe(BUILD_OPSET);
    expect(Buffer.compare(encodeModel(model), before)).toBe(0);
    // Kernels of other versions may sum in another order.
    await expectSameOutputs(upgraded, model, feeds, 1e-6);
  });

  test.each([12, 13, 14, 15, 16, 17])('a network from opset %d', async (opset) => {
    const g = new GraphBuilder({ opset });
    g.input('x', 'float32', ['batch', 2, 6, 6]);
    g.initializer('w', x(3, 2, 3, 3));
    g.add(makeNode('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }));
    g.add(makeNode('ReduceMean', ['c'], ['m'], { axes: [2, 3], keepdims: 0 }));
    g.add(makeNode('LogSoftmax', ['m'], ['y'], { axis: 1 }));
    g.output('y', 'float32');
    const model = g.model();
    await expectSameOutputs(upgradeOpset(model), model, { x: x(2, 2, 6, 6) }, 1e-6);
  });
});

test('a softmax that is one of rows already stays a plain node', () => {
  const { model } = oneNodeModel({ op: 'Softmax', inputs: [x(2, 3)], opset: 11 });
  expect(graphOf(upgradeOpset(model)).node.map(({ opType }) => opType)).toEqual(['Softmax']);
});

test('training form of BatchNormalization', async () => {
  const operands = [x(4, 3), x(3), x(3), x(3), float32([1, 2, 3])];
  const old = oneNodeModel({
    op: 'BatchNormalization',
    inputs: operands,
    outputs: ['y', 'mean', 'var', 'saved_mean', 'saved_var'],
    attributes: { momentum: float(0.8) },
    opset: 11,
  });
  const graph = graphOf(old.model);
  graph.output = graph.output.filter(({ name }) => !name.startsWith('saved'));
  const upgraded = upgradeOpset(old.model);
  // ONNX Runtime runs this form from 14 on only, so it is compared with the form that the standard names equal.
  const expected = oneNodeModel({
    op: 'BatchNormalization',
    inputs: operands,
    outputs: ['y', 'mean', 'var'],
    attributes: { momentum: float(0.8), training_mode: 1 },
  });
  expect((await runModel(upgraded, old.feeds)).mean!.data).not.toEqual(operands[3]!.data);
  await expectSameOutputs(upgraded, expected.model, old.feeds);

  graph.output.push(new onnx.ValueInfoProto({ name: 'saved_mean' }));
  expect(() => upgradeOpset(old.model)).toThrow(/saved_mean/);
});

test('nodes in branches are upgraded', async () => {
  const branch = (op: string) => {
    const b = new GraphBuilder({ opset: 11, prefix: `${op}_` });
    b.add(makeNode(op, ['x'], [`${op}_out`], { axes: [1] }));
    b.output(`${op}_out`, 'float32');
    return b.graph;
  };
  const g = new GraphBuilder({ opset: 11 });
  g.input('x', 'float32', [2, 3]);
  g.input('sum', 'bool', []);
  g.add(makeNode('If', ['sum'], ['y'], { then_branch: branch('ReduceSum'), else_branch: branch('ReduceMax') }));
  g.output('y', 'float32');
  const model = g.model();
  for (const sum of [0, 1]) {
    const feeds = { x: x(2, 3), sum: { type: 'bool', dims: [], data: Uint8Array.of(sum) } as Tensor };
    await expectSameOutputs(upgradeOpset(model), model, feeds, 1e-6);
  }
});

test('nodes in functions are upgraded from the operator set of the function, attributes that refer keep referring', async () => {
  const body = makeNode('ReduceMean', ['a'], ['b'], { keepdims: 0 });
  const { AttributeType } = onnx.AttributeProto;
  body.attribute.push(new onnx.AttributeProto({ name: 'axes', type: AttributeType.INTS, refAttrName: 'dims' }));
  const opset13 = new onnx.OperatorSetIdProto({ domain: '', version: 13 });
  const g = new GraphBuilder({ opset: 13 });
  g.input('x', 'float32', [2, 3, 4]);
  const call = makeNode('Average', ['x'], ['y'], { dims: [0, 2] });
  call.domain = 'local';
  g.add(call);
  g.output('y', 'float32');
  const model = g.model();
  model.opsetImport.push(new onnx.OperatorSetIdProto({ domain: 'local', version: 1 }));
  model.functions.push(
    new onnx.FunctionProto({
      name: 'Average',
      domain: 'local',
      input: ['a'],
      output: ['b'],
      attribute: ['dims'],
      node: [body],
      opsetImport: [opset13],
    }),
  );
  const upgraded = upgradeOpset(model);
  expect(Number(upgraded.functions[0]!.opsetImport[0]!.version)).toBe(BUILD_OPSET);
  await expectSameOutputs(upgraded, model, { x: x(2, 3, 4) }, 1e-6);
});

test('what has no equivalent is refused', () => {
  const attributes = { ...resize, nearest_mode: 'ceil' };
  const { model } = oneNodeModel({ op: 'Resize', inputs: [x(1, 1, 2, 2), float32([])], attributes, opset: 11 });
  expect(() => upgradeOpset(model)).toThrow(InputError);
});

test('a model of a newer operator set is left alone', () => {
  const { model } = oneNodeModel({ op: 'Relu', inputs: [x(2)], opset: 21 });
  expect(upgradeOpset(model)).toBe(model);
});

test('attributes that move keep their type', () => {
  const { model } = oneNodeModel({ op: 'Dropout', inputs: [x(2)], attributes: { ratio: float(0.25) }, opset: 11 });
  const [constant] = graphOf(upgradeOpset(model)).node;
  expect(constant!.attribute).toEqual([makeAttribute('value_float', float(0.25))]);
});
