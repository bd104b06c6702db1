/** Small networks to train in tests. */
import { GraphBuilder } from '../../src/graph/builder.js';
import type { Model } from '../../src/onnx/model.js';
import { seededRandom } from '../../src/numeric/random.js';
import {
  batchNorm,
  conv,
  dense,
  dropout,
  flatten,
  input,
  maxPool,
  output,
  relu,
  type Feature,
  type NetworkBuilder,
} from '../../src/zoo/network.js';

/** A model of the layers that `build` puts between the input and the class scores. */
export function network(
  shape: readonly number[],
  build: (net: NetworkBuilder, x: Feature) => Feature,
  seed = 1,
): Model {
  const net = { g: new GraphBuilder({ name: 'network' }), random: seededRandom(seed) };
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
