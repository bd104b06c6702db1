/**
 * Graph isomorphism network ([Xu et al. 2019]) on dense graphs padded to one size, in the size that [Pfahler & Morik
 * 2021] use.
 *
 * Input `input` [batch, V, T + V], as `data/formats/graph.ts` lays out graphs of up to V nodes: T features of each
 * node, a real node having one above zero, and its row of the adjacency matrix, where column u is 1 for an edge from u;
 * padding is 0. Node v becomes MLP(x_v + Σ_u A_vu max(x_u, 0)), five times or as often as is asked for; a graph is the mean over its real nodes.
 */
import { scaled, type Architecture } from './architecture.js';
import {
  activate,
  add,
  batchNorm,
  constant,
  conv,
  dense,
  layer,
  wholeNumbers,
  type Feature,
  type NetworkBuilder,
} from './network.js';
import { InputError } from '../errors.js';
import { float32 } from '../tensor.js';

const LAYERS = 5;
const HIDDEN = 300;
const MLP_HIDDEN = 600;

/** Five layers of width 300 with a two-layer perceptron 300→600→300 each. */
export const gin: Architecture = {
  name: 'gin',
  summary: 'graph isomorphism network on padded dense graphs: five layers of width 300',
  inputShape: [28, 35],
  open: ['width', 'depth'],
  build: (net, x, { classes, width: factor, depth = LAYERS }) => {
    const [hidden, mlpHidden] = [scaled(HIDDEN, factor), scaled(MLP_HIDDEN, factor)];
    const [nodes, width] = x.shape as [number, number];
    const features = width - nodes;
    if (features < 1) {
      throw new InputError(`input shape ${x.shape.join('x')}: rows must hold features and one number for each node`);
    }
    const columns = (name: string, from: number, to: number) => {
      const bounds = [[from], [to], [2]].map((values) => wholeNumbers(net, values));
      return layer(net, 'Slice', name, [x.name, ...bounds], [nodes, to - from]);
    };
    const tags = columns('features', 0, features);
    const adjacency = columns('adjacency', features, width);
    // Nodes along the last axis: a 1×1 convolution is then the same dense layer for every node, and batch
    // normalisation finds the channels where it expects them.
    const transpose = (name: string, from: Feature, rows: number) =>
      layer(net, 'Transpose', name, [from.name], [rows, nodes], { perm: [0, 2, 1] });
    const sources = transpose('sources', adjacency, nodes);
    let h = perNode(net, 'embed', transpose('nodes', tags, features), hidden);
    for (let i = 1; i <= depth; i++) {
      const name = `layer${i}`;
      const active = activate(net, h, 0, name);
      const neighbours = layer(net, 'MatMul', `${name}.aggregate`, [active.name, sources.name], h.shape);
      const sum = add(net, `${name}.sum`, h, neighbours);
      const wide = batchNorm(net, `${name}.bn1`, perNode(net, `${name}.fc1`, sum, mlpHidden));
      h = perNode(net, `${name}.fc2`, activate(net, wide, 1, name), hidden);
    }
    return dense(net, 'fc', meanOverNodes(net, h, tags), classes);
  },
};

function perNode(net: NetworkBuilder, name: string, x: Feature, units: number): Feature {
  return conv(net, name, x, { channels: units, kernel: 1 });
}

/** The mean of `h` [width, nodes] over the nodes that have a feature above zero in `x` [nodes, features]. */
function meanOverNodes(net: NetworkBuilder, h: Feature, x: Feature): Feature {
  const nodes = h.shape[1]!;
  const strongest = layer(net, 'ReduceMax', 'node_strength', [x.name, wholeNumbers(net, [2])], [nodes], {
    keepdims: 0,
  });
  const zero = constant(net, float32([0], []));
  const real = layer(net, 'Greater', 'is_node', [strongest.name, zero], [nodes]);
  const mask = layer(net, 'Cast', 'node_mask', [real.name], [nodes], { to: 1 });
  const column = layer(net, 'Unsqueeze', 'node_weights', [mask.name, wholeNumbers(net, [2])], [nodes, 1]);
  const sum = layer(net, 'MatMul', 'node_sum', [h.name, column.name], [h.shape[0]!, 1]);
  const flat = layer(net, 'Flatten', 'graph_sum', [sum.name], [h.shape[0]!], { axis: 1 });
  const count = layer(net, 'ReduceSum', 'node_count', [mask.name, wholeNumbers(net, [1])], [1], { keepdims: 1 });
  const one = constant(net, float32([1], []));
  const divisor = layer(net, 'Max', 'node_count_or_1', [count.name, one], [1]);
  return layer(net, 'Div', 'graph_mean', [flat.name, divisor.name], [h.shape[0]!]);
}
