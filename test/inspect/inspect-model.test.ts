import { expect, test } from '@jest/globals';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { traceableLayers } from '../../src/graph/layers.js';
import { inspectModel } from '../../src/inspect/inspect-model.js';
import { graphOf, onnx } from '../../src/onnx/model.js';
import { float32 } from '../../src/tensor.js';
import { create } from '../../src/zoo/create.js';
import { awayFromZero } from '../helpers/gradients/gradient-check.js';
import { runtime } from '../helpers/run-model.js';

const x = (...dims: number[]) => float32(Float32Array.from(awayFromZero(dims).data), dims);

test('a model of the zoo', async () => {
  const model = create('lenet-bn');
  const inspection = await inspectModel(model, runtime);
  expect(inspection).toMatchObject({
    producer: 'onnx-explain',
    opset: 18,
    architecture: 'lenet-bn',
    inputs: [{ name: 'input', type: 'float32', dims: ['batch', 1, 28, 28] }],
    outputs: [{ name: 'logits', type: 'float32', dims: ['batch', 10] }],
    obstacle: undefined,
  });
  expect(inspection.layers.map(({ index, name }) => [index, name])).toEqual(
    traceableLayers(graphOf(model)).map(({ index, name }) => [index, name]),
  );
  expect(inspection.layers[1]).toEqual({
    index: 1,
    name: 'conv2',
    op: 'Conv',
    weight: 'conv2.weight',
    weightDims: [16, 6, 5, 5],
    bias: undefined,
    parameters: 2400,
    trainable: true,
    outputDims: ['batch', 16, 10, 10],
  });
  // Convolutions 150 and 2400, dense 48,000, 10,080 and 850; batch norms have 226 channels with four numbers each.
  expect(inspection.totals).toEqual({
    nodes: 16,
    layers: 5,
    weights: 61_480 + 4 * 226,
    parameters: 61_480 + 2 * 226,
    traceable: 61_480,
    bytes: 4 * (61_480 + 4 * 226),
  });
  expect(inspection.nodes.every(({ forward, differentiable }) => forward === true && differentiable === true)).toBe(
    true,
  );
});

test('a frozen model says that nothing is left to train', async () => {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', 3]);
  g.add(makeNode('Relu', ['x'], ['y']));
  g.output('y', 'float32', ['batch', 3]);
  expect(await inspectModel(g.model(), runtime)).toMatchObject({
    layers: [],
    totals: { parameters: 0 },
    obstacle: 'the model has no weights to train',
  });
});

test('what stands in the way is named: an operator without a gradient, a weight that is computed', async () => {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', 3]);
  g.initializer('w', x(3, 4));
  g.add(makeNode('MatMul', ['x', 'w'], ['h']));
  // An operator of ONNX Runtime's own domain: it runs, but it is no part of the standard that gradients are for.
  const foreign = makeNode('BiasGelu', ['h', g.initializer('bias', x(4))], ['gelu']);
  foreign.domain = 'com.microsoft';
  g.add(foreign);
  g.add(makeNode('MatMul', ['h', g.op('Transpose', ['gelu'])], ['y']));
  g.output('y', 'float32', ['batch', 'batch']);
  const model = g.model();
  model.opsetImport.push(new onnx.OperatorSetIdProto({ domain: 'com.microsoft', version: 1 }));
  const { nodes, obstacle } = await inspectModel(model, runtime);
  expect(obstacle).toBe('no gradient is known for gelu (BiasGelu)');
  expect(nodes.find(({ op }) => op === 'com.microsoft.BiasGelu')).toMatchObject({
    forward: true,
    differentiable: 'no gradient is known for the operator',
  });
  expect(nodes.map(({ traceable }) => traceable)).toEqual([
    true,
    undefined,
    undefined,
    'its weight is computed, not stored',
  ]);
});

test('a model with a fixed batch and an older operator set is shown as training sees it', async () => {
  const g = new GraphBuilder({ opset: 13 });
  g.input('x', 'float32', [1, 2, 3]);
  g.add(makeNode('Constant', [], ['w'], { value: x(6, 4) }));
  g.add(makeNode('Reshape', ['x', g.ints([1, 6])], ['flat']));
  g.add(makeNode('MatMul', ['flat', 'w'], ['h']));
  g.add(makeNode('ReduceMax', ['h'], ['y'], { axes: [1], keepdims: 1 }));
  g.output('y', 'float32', [1, 1]);
  const { opset, inputs, layers, nodes } = await inspectModel(g.model(), runtime);
  expect([opset, inputs[0]!.dims]).toEqual([13, [1, 2, 3]]);
  expect(layers).toMatchObject([{ name: 'h', weight: 'w', parameters: 24, outputDims: ['batch', 4] }]);
  expect(nodes.map(({ op }) => op)).toEqual(['Reshape', 'MatMul', 'ReduceMax']);
});

test('a model that cannot run is inspected as far as that goes', async () => {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', 3]);
  g.initializer('w', x(3, 4));
  g.add(makeNode('MatMul', ['x', 'w'], ['h']));
  const foreign = makeNode('Frobnicate', ['h'], ['y']);
  foreign.domain = 'com.example';
  g.add(foreign);
  g.output('y', 'float32');
  const model = g.model();
  model.opsetImport.push(new onnx.OperatorSetIdProto({ domain: 'com.example', version: 1 }));
  const { layers, nodes, obstacle } = await inspectModel(model, runtime);
  expect(layers).toMatchObject([{ name: 'h', parameters: 12, outputDims: undefined }]);
  expect(obstacle).toMatch(/Frobnicate/);
  expect(nodes.map(({ forward }) => forward)).toEqual([true, obstacle]);
});

test('sizes that the model leaves open are asked for', async () => {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', 2, 'height', 'width']);
  g.add(makeNode('Conv', ['x', g.initializer('w', x(3, 2, 3, 3))], ['y']));
  g.output('y', 'float32');
  const model = g.model();
  expect((await inspectModel(model, runtime)).obstacle).toMatch(/dimension 2 \("height"\) is open/);
  const { layers, obstacle } = await inspectModel(model, runtime, { x: [2, 8, 6] });
  expect(obstacle).toBeUndefined();
  expect(layers[0]!.outputDims).toEqual(['batch', 3, 6, 4]);
});
