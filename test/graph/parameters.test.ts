import { expect, test } from '@jest/globals';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { freeze, isFrozen, parametersOf } from '../../src/graph/parameters.js';
import { decodeModel, encodeModel } from '../../src/onnx/codec.js';
import { graphOf } from '../../src/onnx/model.js';
import { float32, int64 } from '../../src/tensor.js';
import { create } from '../../src/zoo/create.js';

const ones = (...dims: number[]) => float32(new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1), dims);

test('scale and shift of a batch norm are parameters, its statistics are not', () => {
  const parameters = parametersOf(graphOf(create('lenet-bn')));
  expect(parameters).toContain('bn1.weight');
  expect(parameters).toContain('bn1.bias');
  expect(parameters.filter((name) => name.includes('running'))).toEqual([]);
});

test('frozen weights are not parameters, and stay frozen in the file', () => {
  const model = create('lenet');
  freeze(graphOf(model), ['conv1.weight', 'fc3.bias']);
  const read = graphOf(decodeModel(encodeModel(model), 'lenet.onnx'));
  expect(read.initializer.filter(isFrozen).map(({ name }) => name)).toEqual(['conv1.weight', 'fc3.bias']);
  const parameters = parametersOf(read);
  expect(parameters).toHaveLength(8);
  expect(parameters).not.toContain('conv1.weight');
});

test('constants of formulas, shapes, ratios and unused weights are not parameters', () => {
  const g = new GraphBuilder();
  g.input('x', 'float32');
  for (const [name, tensor] of Object.entries({
    weight: ones(3, 4),
    shift: ones(4),
    half: float32([0.5], []),
    one: ones(1),
    shape: int64([-1, 4]),
    ratio: float32([0.5], []),
    limit: float32([6], []),
    exponent: float32([2], []),
    unused: ones(7),
  })) {
    g.initializer(name, tensor);
  }
  g.add(makeNode('MatMul', ['x', 'weight'], ['a']));
  g.add(makeNode('Add', ['a', 'shift'], ['b']));
  g.add(makeNode('Mul', ['b', 'half'], ['c']));
  g.add(makeNode('Add', ['c', 'one'], ['d']));
  g.add(makeNode('Reshape', ['d', 'shape'], ['e']));
  g.add(makeNode('Dropout', ['e', 'ratio'], ['f']));
  g.add(makeNode('Clip', ['f', '', 'limit'], ['h']));
  g.add(makeNode('Pow', ['h', 'exponent'], ['y']));
  expect(parametersOf(g.graph)).toEqual(['weight', 'shift']);
});

test('arithmetic on the raw input prepares data, the same further on is learned', () => {
  const g = new GraphBuilder();
  g.input('x', 'float32');
  for (const name of ['mean', 'std', 'scale']) g.initializer(name, ones(3));
  g.initializer('weight', ones(3, 3));
  g.add(makeNode('Sub', ['x', 'mean'], ['a']));
  g.add(makeNode('Div', ['a', 'std'], ['b']));
  g.add(makeNode('MatMul', ['b', 'weight'], ['c']));
  g.add(makeNode('Mul', ['c', 'scale'], ['y']));
  expect(parametersOf(g.graph)).toEqual(['scale', 'weight']);
});

test('a weight is learned through Transpose and Reshape', () => {
  const g = new GraphBuilder();
  g.input('x', 'float32');
  g.initializer('weight', ones(12));
  g.add(makeNode('Reshape', ['weight', g.ints([4, 3])], ['matrix']));
  g.add(makeNode('Transpose', ['matrix'], ['transposed']));
  g.add(makeNode('MatMul', ['x', 'transposed'], ['y']));
  expect(parametersOf(g.graph)).toEqual(['weight']);
});

test('a sum over named axes is a layer, also of the raw input', () => {
  const g = new GraphBuilder();
  g.input('x', 'float32');
  g.initializer('weight', ones(3, 4));
  g.initializer('scale', ones(4));
  g.add(makeNode('Einsum', ['x', 'weight'], ['h'], { equation: 'bi,io->bo' }));
  g.add(makeNode('Mul', ['h', 'scale'], ['y']));
  expect(parametersOf(g.graph)).toEqual(['weight', 'scale']);
});
