import { expect, test } from '@jest/globals';
import { InputError } from '../../src/errors.js';
import { findNode, nodeName } from '../../src/graph/find-node.js';
import { graphOf } from '../../src/onnx/model.js';
import { create } from '../../src/zoo/create.js';

const graph = graphOf(create('lenet', { seed: 1 }));

test('nodes are found by name, value, weight and number', () => {
  for (const text of ['conv2', 'conv2.weight', 'conv2.bias', '1'])
    expect(nodeName(findNode(graph, text))).toBe('conv2');
  expect(nodeName(findNode(graph, 'relu1'))).toBe('relu1');
});

test('only those that may be meant', () => {
  const relus = graph.node.filter(({ opType }) => opType === 'Relu');
  expect(() => findNode(graph, 'conv2', relus)).toThrow(InputError);
  expect(() => findNode(graph, 'relo2', relus)).toThrow(
    'layer "relo2" does not exist here; the nearest are relu2, relu1, relu3 (see onnx-explain inspect)',
  );
});
