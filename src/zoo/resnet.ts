/** Residual networks ([He et al. 2016]). Names are those of torchvision's ResNet. */
import { scaled, type Architecture } from './architecture.js';
import {
  activate,
  add,
  batchNorm,
  conv,
  dense,
  globalAverage,
  maxPool,
  type Feature,
  type NetworkBuilder,
} from './network.js';

/** Above this many pixels the stem of the ImageNet networks, up to it that of the CIFAR-10 networks. */
const LARGEST_SMALL_IMAGE = 64;

/** Eight basic blocks of two 3×3 convolutions, 64 to 512 channels. */
export const resnet18: Architecture = {
  name: 'resnet18',
  summary: 'eight residual blocks of two 3×3 convolutions; a small stem up to 64 pixels, the ImageNet stem above',
  inputShape: [3, 32, 32],
  open: ['width'],
  build: (net, x, { classes, width }) => {
    const small = x.shape[1]! <= LARGEST_SMALL_IMAGE;
    const stem = small ? { kernel: 3, stride: 1, pad: 1 } : { kernel: 7, stride: 2, pad: 3 };
    let h = conv(net, 'conv1', x, { channels: scaled(64, width), bias: false, ...stem });
    h = activate(net, batchNorm(net, 'bn1', h), '');
    if (!small) h = maxPool(net, 'maxpool', h, { kernel: 3, stride: 2, pad: 1 });
    [64, 128, 256, 512].forEach((full, stage) => {
      const channels = scaled(full, width);
      h = basicBlock(net, `layer${stage + 1}.0`, h, channels, stage === 0 ? 1 : 2);
      h = basicBlock(net, `layer${stage + 1}.1`, h, channels, 1);
    });
    return dense(net, 'fc', globalAverage(net, 'avgpool', h), classes);
  },
};

function basicBlock(net: NetworkBuilder, name: string, x: Feature, channels: number, stride: number): Feature {
  const convolve = (part: string, from: Feature, kernel: number, step: number) =>
    conv(net, `${name}.${part}`, from, { channels, kernel, stride: step, pad: (kernel - 1) / 2, bias: false });
  let h = batchNorm(net, `${name}.bn1`, convolve('conv1', x, 3, stride));
  h = activate(net, h, 1, name);
  h = batchNorm(net, `${name}.bn2`, convolve('conv2', h, 3, 1));
  const changes = stride !== 1 || x.shape[0] !== channels;
  const shortcut = changes ? batchNorm(net, `${name}.downsample.1`, convolve('downsample.0', x, 1, stride)) : x;
  return activate(net, add(net, `${name}.add`, h, shortcut), 2, name);
}
