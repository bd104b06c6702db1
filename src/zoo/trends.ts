/** The two networks of the study of explanations over training (Terzieva et al.). */
import type { Architecture } from './architecture.js';
import { conv, dense, flatten, maxPool, relu } from './network.js';

/** Two 5×5 convolutions of 16 and 32 channels, then the class scores. */
export const simpleCnn: Architecture = {
  name: 'simple-cnn',
  summary: 'two 5×5 convolutions of 16 and 32 channels, pooled, one dense layer',
  inputShape: [1, 28, 28],
  build: (net, x, { classes }) => {
    let h = x;
    [16, 32].forEach((channels, i) => {
      const activated = relu(net, `relu${i + 1}`, conv(net, `conv${i + 1}`, h, { channels, kernel: 5, pad: 2 }));
      h = maxPool(net, `pool${i + 1}`, activated);
    });
    return dense(net, 'fc', flatten(net, 'flatten', h), classes);
  },
};

/** Six 3×3 convolutions of 32 to 128 channels, pooled after every second one, a dense layer of 1024 units. */
export const complexCnn: Architecture = {
  name: 'complex-cnn',
  summary: 'six 3×3 convolutions of 32, 64 and 128 channels, pooled in pairs, dense 1024',
  inputShape: [3, 32, 32],
  build: (net, x, { classes }) => {
    let h = x;
    [32, 32, 64, 64, 128, 128].forEach((channels, i) => {
      h = relu(net, `relu${i + 1}`, conv(net, `conv${i + 1}`, h, { channels, kernel: 3, pad: 1 }));
      if (i % 2 === 1) h = maxPool(net, `pool${(i + 1) / 2}`, h);
    });
    h = relu(net, 'relu7', dense(net, 'fc1', flatten(net, 'flatten', h), 1024));
    return dense(net, 'fc2', h, classes);
  },
};
