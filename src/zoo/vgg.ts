/**
 * VGG networks ([Simonyan & Zisserman 2015]) as [Pfahler & Morik 2021] train them on CIFAR-10: no biases, batch
 * normalisation without learned scale and shift after each convolution, dropout between the dense layers.
 */
import { scaled, type Architecture } from './architecture.js';
import { activate, batchNorm, conv, dense, dropout, flatten, maxPool } from './network.js';

const POOL = 'pool';

/** Channels of each convolution, and where the maps are pooled. */
const LAYERS = {
  vgg11: [64, POOL, 128, POOL, 256, 256, POOL, 512, 512, POOL, 512, 512, POOL],
  vgg16: [64, 64, POOL, 128, 128, POOL, 256, 256, 256, POOL, 512, 512, 512, POOL, 512, 512, 512, POOL],
} as const;

const DENSE_UNITS = 4096;
const DROPOUT = 0.5;

/** Eight 3×3 convolutions of 64 to 512 channels, three dense layers. */
export const vgg11 = vgg('vgg11', 'eight bias-free 3×3 convolutions with batch normalisation, dense 4096 and 4096');

/** Thirteen 3×3 convolutions of 64 to 512 channels, three dense layers: 33.6 million weights for CIFAR-10. */
export const vgg16 = vgg('vgg16', 'thirteen bias-free 3×3 convolutions with batch normalisation, dense 4096 and 4096');

function vgg(name: keyof typeof LAYERS, summary: string): Architecture {
  return {
    name,
    summary,
    inputShape: [3, 32, 32],
    open: ['width'],
    build: (net, x, { classes, width }) => {
      let h = x;
      let convolutions = 0;
      let pools = 0;
      for (const entry of LAYERS[name]) {
        if (entry === POOL) {
          h = maxPool(net, `pool${++pools}`, h, { partial: true });
        } else {
          const i = ++convolutions;
          h = conv(net, `conv${i}`, h, { channels: scaled(entry, width), kernel: 3, pad: 1, bias: false });
          h = activate(net, batchNorm(net, `bn${i}`, h, false), i);
        }
      }
      h = flatten(net, 'flatten', h);
      for (const i of [1, 2]) {
        h = activate(net, dense(net, `fc${i}`, h, scaled(DENSE_UNITS, width), false), convolutions + i);
        h = dropout(net, `dropout${i}`, h, DROPOUT);
      }
      return dense(net, 'fc3', h, classes, false);
    },
  };
}
