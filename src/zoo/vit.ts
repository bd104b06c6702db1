/**
 * Vision transformer ([Dosovitskiy et al. 2021]) for small pictures, in the width of DeiT-tiny ([Touvron et al. 2021]):
 * patches of 4×4 pixels, learned embeddings of their positions, blocks that normalise before attention and before the
 * perceptron, and the mean over the patches in place of a class token. Names of weights are those of timm, whose dense
 * layers hold them as [units, inputs]; here they are [inputs, units], as MatMul takes them.
 */
import { InputError } from '../errors.js';
import { scaled, type Architecture } from './architecture.js';
import {
  activate,
  add,
  constant,
  conv,
  dense,
  drawnNormal,
  layer,
  layerNorm,
  layers,
  linear,
  wholeNumbers,
  type Feature,
  type NetworkBuilder,
} from './network.js';
import { float32 } from '../tensor.js';

const PATCH = 4;
const HEADS = 3;
const DEPTH = 6;

/** Values of a patch that a head attends by. */
const HEAD_WIDTH = 64;

const MLP_RATIO = 4;

/** Deviation of fresh position embeddings, as all of timm's. */
const POSITION_DEVIATION = 0.02;

/** Six blocks of width 192 with three heads: half of DeiT-tiny's twelve, so that two cores train it. */
export const vitTiny: Architecture = {
  name: 'vit-tiny',
  summary: 'vision transformer: patches of 4×4 pixels, six blocks of width 192 with three heads, GELU',
  inputShape: [3, 32, 32],
  open: ['width', 'depth'],
  activation: 'gelu',
  build: (net, x, { classes, width, depth = DEPTH }) => {
    if (x.shape.slice(1).some((size) => size % PATCH !== 0)) {
      throw new InputError(`input shape ${x.shape.join('x')}: height and width must be multiples of ${PATCH}`);
    }
    const heads = scaled(HEADS, width);
    let h = embed(net, x, heads * HEAD_WIDTH);
    for (let i = 0; i < depth; i++) {
      const block = `blocks.${i}`;
      h = add(net, `${block}.add1`, h, attention(net, `${block}.attn`, layerNorm(net, `${block}.norm1`, h), heads));
      h = add(net, `${block}.add2`, h, perceptron(net, block, layerNorm(net, `${block}.norm2`, h)));
    }
    h = layerNorm(net, 'norm', h);
    const mean = layer(net, 'ReduceMean', 'mean', [h.name, wholeNumbers(net, [1])], h.shape.slice(1), { keepdims: 0 });
    return dense(net, 'head', mean, classes);
  },
};

/** Patches and where they are: [patches, width]. */
function embed(net: NetworkBuilder, x: Feature, width: number): Feature {
  const maps = conv(net, 'patch_embed', x, { channels: width, kernel: PATCH, stride: PATCH });
  const patches = maps.shape[1]! * maps.shape[2]!;
  const rows = layer(net, 'Reshape', 'patch_rows', [maps.name, wholeNumbers(net, [0, width, -1])], [width, patches]);
  const columns = layer(net, 'Transpose', 'patches', [rows.name], [patches, width], { perm: [0, 2, 1] });
  const positions = drawnNormal(net, 'pos_embed', [patches, width], POSITION_DEVIATION);
  return layer(net, 'Add', 'positions', [columns.name, positions], columns.shape);
}

/** Attention of several heads among the patches. */
function attention(net: NetworkBuilder, name: string, x: Feature, heads: number): Feature {
  const [patches, width] = x.shape as [number, number];
  const joint = linear(net, `${name}.qkv`, x, 3 * width);
  const names = ['q', 'k', 'v'].map((part) => `${name}.${part}`);
  const sizes = wholeNumbers(net, [width, width, width]);
  layers(net, 'Split', names, [joint.name, sizes], { axis: 2 });
  const parts = names.map((part, i) => {
    const shape = wholeNumbers(net, [0, 0, heads, HEAD_WIDTH]);
    const split = layer(net, 'Reshape', `${part}.split`, [part, shape], [patches, heads, HEAD_WIDTH]);
    // Keys are transposed at once, as the product takes them.
    const isKeys = i === 1;
    const dims = isKeys ? [heads, HEAD_WIDTH, patches] : [heads, patches, HEAD_WIDTH];
    return layer(net, 'Transpose', `${part}.heads`, [split.name], dims, { perm: isKeys ? [0, 2, 3, 1] : [0, 2, 1, 3] });
  });
  const [q, k, v] = parts as [Feature, Feature, Feature];
  const scale = constant(net, float32([1 / Math.sqrt(HEAD_WIDTH)], []));
  const scaled = layer(net, 'Mul', `${name}.scale`, [q.name, scale], q.shape);
  const similarity = layer(net, 'MatMul', `${name}.similarity`, [scaled.name, k.name], [heads, patches, patches]);
  const weights = layer(net, 'Softmax', `${name}.softmax`, [similarity.name], similarity.shape, { axis: -1 });
  const values = layer(net, 'MatMul', `${name}.values`, [weights.name, v.name], v.shape);
  const rows = layer(net, 'Transpose', `${name}.rows`, [values.name], [patches, heads, HEAD_WIDTH], {
    perm: [0, 2, 1, 3],
  });
  const joined = layer(net, 'Reshape', `${name}.join`, [rows.name, wholeNumbers(net, [0, 0, width])], x.shape);
  return linear(net, `${name}.proj`, joined, width);
}

function perceptron(net: NetworkBuilder, block: string, x: Feature): Feature {
  const width = x.shape[1]!;
  const wide = activate(net, linear(net, `${block}.mlp.fc1`, x, MLP_RATIO * width), '', `${block}.mlp`);
  return linear(net, `${block}.mlp.fc2`, wide, width);
}
