/** LeNet-5 ([LeCun et al. 1998]) in its usual modern form: ReLU by default, and maximum pooling. */
import type { Architecture } from './architecture.js';
import { activate, batchNorm, conv, dense, flatten, maxPool, type Feature, type NetworkBuilder } from './network.js';

/** Two 5×5 convolutions of 6 and 16 channels, dense layers of 120 and 84 units. */
export const lenet: Architecture = {
  name: 'lenet',
  summary: 'LeNet-5: 5×5 convolutions of 6 and 16 channels, dense 120 and 84',
  inputShape: [1, 28, 28],
  build: (net, x, { classes }) => build(net, x, classes, false),
};

/** LeNet with batch normalisation after each layer but the last. */
export const lenetBn: Architecture = {
  name: 'lenet-bn',
  summary: 'lenet with batch normalisation',
  inputShape: [1, 28, 28],
  build: (net, x, { classes }) => build(net, x, classes, true),
};

function build(net: NetworkBuilder, x: Feature, classes: number, normalise: boolean): Feature {
  const bias = !normalise;
  const then = (index: number, h: Feature) => activate(net, normalise ? batchNorm(net, `bn${index}`, h) : h, index);
  // The original takes 32×32 pixels; smaller images get the border that MNIST's digits were given.
  const pad = x.shape[1]! < 32 ? 2 : 0;
  let h = maxPool(net, 'pool1', then(1, conv(net, 'conv1', x, { channels: 6, kernel: 5, pad, bias })));
  h = maxPool(net, 'pool2', then(2, conv(net, 'conv2', h, { channels: 16, kernel: 5, bias })));
  h = then(3, dense(net, 'fc1', flatten(net, 'flatten', h), 120, bias));
  h = then(4, dense(net, 'fc2', h, 84, bias));
  return dense(net, 'fc3', h, classes);
}
