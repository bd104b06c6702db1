/** Models of one recurrent layer. */
import { GraphBuilder, makeNode, type Attributes } from '../../../src/graph/builder.js';
import { inferValues } from '../../../src/graph/values.js';
import { graphOf, onnx, type Model } from '../../../src/onnx/model.js';
import { decodeTensor } from '../../../src/onnx/tensor-proto.js';
import { float32, int32, type Tensor } from '../../../src/tensor.js';
import { as } from '../../helpers/gradients/differences.js';
import { awayFromZero } from '../../helpers/random-tensors.js';
import { runtime } from '../../helpers/run-model.js';

/** Sizes of the layers. */
export const [BATCH, WIDTH, UNITS] = [3, 2, 5];

const GATES: Record<string, number> = { RNN: 1, LSTM: 4, GRU: 3 };
const x = (seed: number, ...dims: number[]) => float32(Float32Array.from(awayFromZero(dims, seed).data), dims);

/** How a layer departs from the plainest of its kind. */
export interface LayerOptions {
  /** Length of the sequences, 4 by default. */
  readonly steps?: number;
  readonly attributes?: Attributes;
  readonly strings?: Record<string, string[]>;
  readonly directions?: number;
  readonly bias?: boolean;
  readonly initial?: boolean;
  readonly peepholes?: boolean;
  /** Lengths of the sequences within that. */
  readonly lengths?: readonly number[];
  /** Whether the weights are inputs of the graph rather than stored. */
  readonly computed?: boolean;
}

/** A model of one recurrent layer, and feeds for it. */
export function recurrentLayer(
  op: string,
  options: LayerOptions = {},
): { model: Model; feeds: Record<string, Tensor> } {
  const { attributes = {}, strings = {}, directions = 1, bias = true, initial = false, computed = false } = options;
  const { steps = 4 } = options;
  const gates = GATES[op]!;
  const g = new GraphBuilder();
  g.input('input', 'float32', ['batch', steps, WIDTH]);
  g.add(makeNode('Transpose', ['input'], ['x'], { perm: [1, 0, 2] }));
  const feeds: Record<string, Tensor> = { input: x(1, BATCH, steps, WIDTH) };
  const weight = (name: string, tensor: Tensor) => {
    if (!computed) return g.initializer(name, tensor);
    feeds[name] = tensor;
    return g.input(name, 'float32', tensor.dims);
  };
  const state = (name: string, seed: number) => {
    feeds[`${name}_in`] = x(seed, BATCH, directions, UNITS);
    g.input(`${name}_in`, 'float32', ['batch', directions, UNITS]);
    g.add(makeNode('Transpose', [`${name}_in`], [name], { perm: [1, 0, 2] }));
    return name;
  };
  const inputs = [
    'x',
    weight('w', x(2, directions, gates * UNITS, WIDTH)),
    weight('r', x(3, directions, gates * UNITS, UNITS)),
    bias ? weight('b', x(4, directions, 2 * gates * UNITS)) : '',
    options.lengths ? g.input('lengths', 'int32', ['batch']) : '',
    initial ? state('h0', 5) : '',
    initial && op === 'LSTM' ? state('c0', 6) : '',
    options.peepholes ? weight('p', x(7, directions, 3 * UNITS)) : '',
  ];
  while (inputs.at(-1) === '') inputs.pop();
  if (options.lengths) feeds.lengths = int32(options.lengths);
  const outputs = op === 'LSTM' ? ['y', 'yh', 'yc'] : ['y', 'yh'];
  const node = makeNode(op, inputs, outputs, { hidden_size: UNITS, ...attributes });
  for (const [name, values] of Object.entries(strings)) {
    const encoded = values.map((text) => new TextEncoder().encode(text));
    node.attribute.push(
      new onnx.AttributeProto({ name, type: onnx.AttributeProto.AttributeType.STRINGS, strings: encoded }),
    );
  }
  g.add(node);
  for (const name of outputs) g.output(name, 'float32');
  return { model: g.model(), feeds };
}

/** A model with doubles for floats: differences in float32 are too coarse to tell a gradient by. */
export async function inDouble(label: string, model: Model, floats: Readonly<Record<string, Tensor>>) {
  const feeds = Object.fromEntries(Object.entries(floats).map(([name, tensor]) => [name, double(tensor)]));
  const graph = graphOf(model);
  const builder = () => {
    const g = new GraphBuilder();
    for (const stored of graph.initializer) g.initializer(stored.name, double(decodeTensor(stored)));
    for (const [name, { type, dims }] of Object.entries(feeds)) g.input(name, type, dims);
    return g;
  };
  const g = builder();
  for (const node of graph.node) g.add(node);
  const outputNames = graph.output.map(({ name }) => name);
  for (const name of outputNames) g.output(name, 'float64');
  const forward = g.model();
  const values = await inferValues(forward, runtime);
  return { label, nodes: graph.node, values, feeds, outputNames, builder, forward };
}

const double = (tensor: Tensor) => (tensor.type === 'float32' ? as('float64', tensor) : tensor);
