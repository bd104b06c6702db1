import { describe, expect, test } from '@jest/globals';
import { GraphBuilder, makeNode, type Attributes } from '../../../src/graph/builder.js';
import { decomposeRecurrent, hasRecurrent } from '../../../src/graph/recurrent/decompose-recurrent.js';
import { traceableLayers } from '../../../src/graph/layers.js';
import { parametersOf } from '../../../src/graph/parameters.js';
import { inferValues } from '../../../src/graph/values.js';
import { float, makeAttribute } from '../../../src/onnx/attributes.js';
import { encodeModel } from '../../../src/onnx/codec.js';
import { graphOf, onnx, type Model } from '../../../src/onnx/model.js';
import { decodeTensor } from '../../../src/onnx/tensor-proto.js';
import { float32, int32, type Tensor } from '../../../src/tensor.js';
import { as, compareWithDifferences, gradients, randomSeeds, SMALL_STEPS } from '../../helpers/differences.js';
import { awayFromZero } from '../../helpers/gradient-check.js';
import { expectSameOutputs, runtime } from '../../helpers/run-model.js';

const [STEPS, BATCH, WIDTH, UNITS] = [4, 3, 2, 5];
const GATES: Record<string, number> = { RNN: 1, LSTM: 4, GRU: 3 };
const x = (seed: number, ...dims: number[]) => float32(Float32Array.from(awayFromZero(dims, seed).data), dims);

interface Options {
  readonly attributes?: Attributes;
  readonly strings?: Record<string, string[]>;
  readonly directions?: number;
  readonly bias?: boolean;
  readonly initial?: boolean;
  readonly peepholes?: boolean;
  /** Lengths of the sequences. */
  readonly lengths?: readonly number[];
  /** Whether the weights are inputs of the graph rather than stored. */
  readonly computed?: boolean;
}

function layer(op: string, options: Options = {}): { model: Model; feeds: Record<string, Tensor> } {
  const { attributes = {}, strings = {}, directions = 1, bias = true, initial = false, computed = false } = options;
  const gates = GATES[op]!;
  const g = new GraphBuilder();
  g.input('input', 'float32', ['batch', STEPS, WIDTH]);
  g.add(makeNode('Transpose', ['input'], ['x'], { perm: [1, 0, 2] }));
  const feeds: Record<string, Tensor> = { input: x(1, BATCH, STEPS, WIDTH) };
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

const decomposed = async (model: Model) => decomposeRecurrent(model, await inferValues(model, runtime));

/** A model with doubles for floats: differences in float32 are too coarse to tell a gradient by. */
async function inDouble(label: string, model: Model, floats: Readonly<Record<string, Tensor>>) {
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

describe.each(['RNN', 'LSTM', 'GRU'])('%s', (op) => {
  test.each<[string, Options]>([
    ['plain', {}],
    ['without bias', { bias: false }],
    ['backwards', { attributes: { direction: 'reverse' } }],
    ['both ways, with first states', { attributes: { direction: 'bidirectional' }, directions: 2, initial: true }],
    ['clipped', { attributes: { clip: float(0.7) } }],
    ['with weights that are computed', { computed: true }],
    ['of sequences of different lengths', { lengths: [4, 2, 1], initial: true }],
    ['of different lengths, backwards', { lengths: [3, 4, 1], attributes: { direction: 'reverse' }, initial: true }],
  ])('%s', async (_, options) => {
    const { model, feeds } = layer(op, options);
    const written = await decomposed(model);
    expect(hasRecurrent(graphOf(written))).toBe(false);
    // Gates are summed in another order than in the fused kernel.
    await expectSameOutputs(written, model, feeds, 1e-5);
  });

  test('gradients to weights, inputs and states are what differences say', async () => {
    const attributes = { direction: 'bidirectional' };
    const options = { attributes, directions: 2, initial: true, computed: true, lengths: [4, 2, 3] };
    const { model, feeds } = layer(op, options);
    const differentiable = await inDouble(`${op} written out`, await decomposed(model), feeds);
    const session = await runtime.createSession(encodeModel(differentiable.forward));
    try {
      const seeds = await randomSeeds(session, differentiable, SMALL_STEPS);
      const names = Object.keys(differentiable.feeds).filter((name) => name !== 'lengths');
      expect(names).toHaveLength(op === 'LSTM' ? 6 : 5);
      const found = await gradients(differentiable, seeds, names);
      for (const name of names)
        await compareWithDifferences(session, differentiable, seeds, name, found[name], SMALL_STEPS);
    } finally {
      await session.release();
    }
  });
});

test.each<[string, string, Options]>([
  ['GRU', 'that applies the weight before the reset gate', { attributes: { linear_before_reset: 1 } }],
  ['LSTM', 'with peepholes', { peepholes: true, initial: true }],
  ['LSTM', 'that forgets as much as it takes in', { attributes: { input_forget: 1 } }],
  ['RNN', 'with another activation', { strings: { activations: ['Relu'] } }],
  [
    'LSTM',
    'with other activations each way',
    {
      attributes: { direction: 'bidirectional' },
      directions: 2,
      strings: { activations: ['HardSigmoid', 'Tanh', 'Softsign', 'Sigmoid', 'Relu', 'Tanh'] },
    },
  ],
])('%s %s', async (op, _, options) => {
  const { model, feeds } = layer(op, options);
  await expectSameOutputs(await decomposed(model), model, feeds, 1e-5);
});

test('weights become matrices of their own, which are parameters and traceable layers', async () => {
  const { model } = layer('LSTM', { attributes: { direction: 'bidirectional' }, directions: 2 });
  const graph = graphOf(await decomposed(model));
  const names = ['forward', 'backward'].flatMap((way) =>
    ['w.W', 'r.R', 'b.Wb', 'b.Rb'].map((part) => `${part}.${way}`),
  );
  expect(parametersOf(graph)).toEqual(expect.arrayContaining(names));
  const layers = traceableLayers(graph);
  expect(layers.filter(({ weight }) => weight === 'w.W.forward')).toMatchObject([
    { op: 'MatMul', rows: 4 * UNITS, columns: WIDTH, bias: 'b.Wb.forward' },
  ]);
  // The first step is from a state of zeros, a constant.
  expect(layers.filter(({ weight }) => weight === 'r.R.backward')).toHaveLength(STEPS - 1);
});

describe('refuses', () => {
  const refused = async (model: Model) => {
    const values = await inferValues(model, runtime);
    return expect(() => decomposeRecurrent(model, values));
  };

  test('activations that are not known', async () => {
    const { model } = layer('RNN', { strings: { activations: ['Affine'] } });
    (await refused(model)).toThrow(/activation Affine/);
  });

  test('parameters of activations', async () => {
    const { model } = layer('RNN', { strings: { activations: ['LeakyRelu'] } });
    graphOf(model).node[1]!.attribute.push(makeAttribute('activation_alpha', float([0.5])));
    (await refused(model)).toThrow(/parameters of the activation LeakyRelu/);
  });
});
