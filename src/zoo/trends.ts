/**
 * The two networks of the study of explanations over training ([Terzieva et al. n.d.]), and each with batch
 * normalisation.
 */
import type { Architecture } from './architecture.js';
import { activate, batchNorm, conv, dense, flatten, maxPool, type Feature, type NetworkBuilder } from './network.js';

/** Two 5×5 convolutions of 16 and 32 channels, then the class scores. */
export const simpleCnn: Architecture = {
  name: 'simple-cnn',
  summary: 'two 5×5 convolutions of 16 and 32 channels, pooled, one dense layer',
  inputShape: [1, 28, 28],
  build: (net, x, { classes }) => simple(net, x, classes, false),
};

/** `simpleCnn` with batch normalisation after each convolution. */
export const simpleCnnBn: Architecture = {
  name: 'simple-cnn-bn',
  summary: 'simple-cnn with batch normalisation',
  inputShape: [1, 28, 28],
  build: (net, x, { classes }) => simple(net, x, classes, true),
};

/** Six 3×3 convolutions of 32 to 128 channels, pooled after every second one, a dense layer of 1024 units. */
export const complexCnn: Architecture = {
  name: 'complex-cnn',
  summary: 'six 3×3 convolutions of 32, 64 and 128 channels, pooled in pairs, dense 1024',
  inputShape: [3, 32, 32],
  build: (net, x, { classes }) => complex(net, x, classes, false),
};

/** `complexCnn` with batch normalisation after each layer but the last. */
export const complexCnnBn: Architecture = {
  name: 'complex-cnn-bn',
  summary: 'complex-cnn with batch normalisation',
  inputShape: [3, 32, 32],
  build: (net, x, { classes }) => complex(net, x, classes, true),
};

function simple(net: NetworkBuilder, x: Feature, classes: number, normalise: boolean): Feature {
  let h = x;
  [16, 32].forEach((channels, i) => {
    h = convolution(net, i + 1, h, { channels, kernel: 5, pad: 2 }, normalise);
    h = maxPool(net, `pool${i + 1}`, h);
  });
  return dense(net, 'fc', flatten(net, 'flatten', h), classes);
}

function complex(net: NetworkBuilder, x: Feature, classes: number, normalise: boolean): Feature {
  let h = x;
  [32, 32, 64, 64, 128, 128].forEach((channels, i) => {
    h = convolution(net, i + 1, h, { channels, kernel: 3, pad: 1 }, normalise);
    if (i % 2 === 1) h = maxPool(net, `pool${(i + 1) / 2}`, h);
  });
  h = dense(net, 'fc1', flatten(net, 'flatten', h), 1024, !normalise);
  h = activate(net, normalise ? batchNorm(net, 'bn7', h) : h, 7);
  return dense(net, 'fc2', h, classes);
}

/** Convolution and activation, with batch normalisation in place of the bias where that is asked for. */
function convolution(
  net: NetworkBuilder,
  index: number,
  x: Feature,
  options: { channels: number; kernel: number; pad: number },
  normalise: boolean,
): Feature {
  const h = conv(net, `conv${index}`, x, { ...options, bias: !normalise });
  return activate(net, normalise ? batchNorm(net, `bn${index}`, h) : h, index);
}
