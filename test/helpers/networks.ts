/** Small networks to train in tests. */
import { GraphBuilder, makeNode, type Attributes } from '../../src/graph/builder.js';
import type { Model } from '../../src/onnx/model.js';
import { seededRandom } from '../../src/numeric/random.js';
import { elementCount, float32 } from '../../src/tensor.js';
import {
  batchNorm,
  conv,
  dense,
  dropout,
  flatten,
  input,
  layer,
  maxPool,
  output,
  type Feature,
  type NetworkBuilder,
} from '../../src/zoo/network.js';
import { gaussian } from './random-tensors.js';

/** max(x, 0). */
export function relu(net: NetworkBuilder, name: string, x: Feature): Feature {
  return layer(net, 'Relu', name, [x.name], x.shape);
}

/** A model of the layers that `build` puts between the input and the class scores. */
export function network(
  shape: readonly number[],
  build: (net: NetworkBuilder, x: Feature) => Feature,
  seed = 1,
): Model {
  const net = {
    g: new GraphBuilder({ name: 'network' }),
    random: seededRandom(seed),
    activation: 'relu' as const,
    init: 'he' as const,
  };
  output(net, 'scores', build(net, input(net, 'input', shape)));
  return net.g.model();
}

/** Everything that a step can depend on: convolution, batch norm, pooling, dropout, dense layers. */
export function tinyCnn(shape: readonly number[] = [1, 14, 14], classes = 10): Model {
  return network(shape, (net, x) => {
    let h = conv(net, 'conv1', x, { channels: 4, kernel: 3, pad: 1, bias: false });
    h = maxPool(net, 'pool1', relu(net, 'relu1', batchNorm(net, 'bn1', h)));
    h = conv(net, 'conv2', h, { channels: 6, kernel: 3, bias: false });
    h = maxPool(net, 'pool2', relu(net, 'relu2', batchNorm(net, 'bn2', h)));
    h = relu(net, 'relu3', dense(net, 'fc1', flatten(net, 'flatten', h), 16));
    return dense(net, 'fc2', dropout(net, 'dropout', h, 0.25), classes);
  });
}

/** One linear layer without a bias: class scores are W x. */
export function linear(features: number, classes: number): Model {
  return network([features], (net, x) => dense(net, 'fc', x, classes, false));
}

/** Sizes of `recurrentClassifier`. */
export const RECURRENT = { steps: 9, width: 4, units: 3, classes: 3 } as const;

/** Two layers that read both ways, with dropout between them, and the mean over all steps. */
export function recurrentClassifier(op: 'RNN' | 'LSTM' | 'GRU'): Model {
  const { steps, width, units, classes } = RECURRENT;
  const gates = { RNN: 1, LSTM: 4, GRU: 3 }[op];
  const g = new GraphBuilder();
  const weight = (name: string, seed: number, ...dims: number[]) =>
    g.initializer(name, float32(gaussian(elementCount(dims), seed, 0.4), dims));
  g.input('x', 'float32', ['batch', steps, width]);
  let value = g.op('Transpose', ['x'], { perm: [1, 0, 2] });
  for (const [i, columns] of [width, 2 * units].entries()) {
    const weights = [
      weight(`w${i}`, 10 * i + 2, 2, gates * units, columns),
      weight(`r${i}`, 10 * i + 3, 2, gates * units, units),
      weight(`b${i}`, 10 * i + 4, 2, 2 * gates * units),
    ];
    g.add(makeNode(op, [value, ...weights], [`y${i}`], { hidden_size: units, direction: 'bidirectional' }));
    value = g.op('Reshape', [g.op('Transpose', [`y${i}`], { perm: [0, 2, 1, 3] }), g.ints([0, 0, -1])]);
    if (i === 0) value = g.op('Dropout', [value, g.scalar(0.25)]);
  }
  const mean = g.op('ReduceMean', [value, g.ints([0])], { keepdims: 0 });
  g.add(makeNode('Gemm', [mean, weight('head', 5, 2 * units, classes)], ['scores']));
  g.output('scores', 'float32', ['batch', classes]);
  return g.model();
}

/** Edge of the pictures, and classes, of `smallNetwork` and `pooledNetwork`. */
const [EDGE, CLASSES] = [12, 4];

/** A graph, and short words for what goes into it. */
function nodesOfGraph() {
  const g = new GraphBuilder();
  let seed = 1;
  return {
    g,
    weight: (name: string, dims: number[], deviation: number) =>
      g.initializer(name, float32(gaussian(elementCount(dims), seed++, deviation), dims)),
    filled: (name: string, count: number, value: number) =>
      g.initializer(name, float32(new Float32Array(count).fill(value))),
    node: (op: string, name: string, inputs: string[], attributes: Attributes = {}) => {
      g.add(makeNode(op, inputs, [g.reserve(name)], attributes));
      return name;
    },
  };
}

/**
 * A network with one of each: a convolution with padding and bias, batch normalisation, a grouped convolution without
 * bias, a Gemm that stores its weight [in, out], and a MatMul whose bias is added apart.
 */
export function smallNetwork(): Model {
  const { g, weight, filled, node } = nodesOfGraph();
  const bias = (name: string, count: number) => filled(name, count, 0);
  let x = g.input('image', 'float32', ['batch', 1, EDGE, EDGE]);
  x = node('Conv', 'conv1', [x, weight('conv1.weight', [8, 1, 3, 3], 0.4), bias('conv1.bias', 8)], {
    pads: [1, 1, 1, 1],
  });
  const statistics = [
    filled('bn.scale', 8, 1),
    filled('bn.shift', 8, 0),
    filled('bn.mean', 8, 0),
    filled('bn.var', 8, 1),
  ];
  x = node('BatchNormalization', 'bn', [x, ...statistics]);
  x = node('MaxPool', 'pool', [node('Relu', 'relu1', [x])], { kernel_shape: [2, 2], strides: [2, 2] });
  x = node('Relu', 'relu2', [node('Conv', 'conv2', [x, weight('conv2.weight', [8, 4, 3, 3], 0.2)], { group: 2 })]);
  x = node('Flatten', 'flatten', [x]);
  x = node('Relu', 'relu3', [node('Gemm', 'fc1', [x, weight('fc1.weight', [128, 24], 0.1), bias('fc1.bias', 24)])]);
  x = node('MatMul', 'fc2', [x, weight('fc2.weight', [24, CLASSES], 0.2)]);
  g.output(node('Add', 'logits', [x, bias('fc2.bias', CLASSES)]), 'float32', ['batch', CLASSES]);
  return g.model();
}

/** Pools that overlap and that do not, groups, and a convolution of six channels: what a provider may compute otherwise. */
export function pooledNetwork(): Model {
  const { g, weight, filled, node } = nodesOfGraph();
  let x = g.input('image', 'float32', ['batch', 1, EDGE, EDGE]);
  x = node('Conv', 'conv1', [x, weight('w1', [6, 1, 3, 3], 0.4), filled('b1', 6, 0)], { pads: [1, 1, 1, 1] });
  const statistics = [filled('scale', 6, 1), filled('shift', 6, 0), filled('mean', 6, 0), filled('var', 6, 1)];
  x = node('Relu', 'relu1', [node('BatchNormalization', 'bn', [x, ...statistics])]);
  x = node('MaxPool', 'pool1', [x], { kernel_shape: [2, 2], strides: [2, 2] });
  x = node('Relu', 'relu2', [node('Conv', 'conv2', [x, weight('w2', [8, 6, 3, 3], 0.2)], { pads: [1, 1, 1, 1] })]);
  x = node('MaxPool', 'pool2', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  x = node('Relu', 'relu3', [node('Conv', 'conv3', [x, weight('w3', [4, 2, 2, 2], 0.4)], { group: 4 })]);
  x = node('Flatten', 'flatten', [x]);
  g.output(node('Gemm', 'logits', [x, weight('w4', [16, CLASSES], 0.3), filled('b4', CLASSES, 0)]), 'float32', [
    'batch',
    CLASSES,
  ]);
  return g.model();
}
