import { describe, expect, test } from '@jest/globals';
import { decomposeRecurrent, hasRecurrent } from '../../../src/graph/recurrent/decompose-recurrent.js';
import { traceableLayers } from '../../../src/graph/layers.js';
import { parametersOf } from '../../../src/graph/parameters.js';
import { inferValues } from '../../../src/graph/values.js';
import { float, makeAttribute } from '../../../src/onnx/attributes.js';
import { encodeModel } from '../../../src/onnx/codec.js';
import { graphOf, type Model } from '../../../src/onnx/model.js';
import { compareWithDifferences, randomSeeds, SMALL_STEPS } from '../../helpers/gradients/differences.js';
import { gradients } from '../../helpers/gradients/gradient-graphs.js';
import { inDouble, recurrentLayer, UNITS, WIDTH, type LayerOptions } from '../helpers/recurrent-layers.js';
import { expectSameOutputs, runtime } from '../../helpers/run-model.js';

const decomposed = async (model: Model) => decomposeRecurrent(model, await inferValues(model, runtime));

describe.each(['RNN', 'LSTM', 'GRU'])('%s', (op) => {
  test.each<[string, LayerOptions]>([
    ['plain', {}],
    ['without bias', { bias: false }],
    ['backwards', { attributes: { direction: 'reverse' } }],
    ['both ways, with first states', { attributes: { direction: 'bidirectional' }, directions: 2, initial: true }],
    ['clipped', { attributes: { clip: float(0.7) } }],
    ['with weights that are computed', { computed: true }],
    ['of sequences of different lengths', { lengths: [4, 2, 1], initial: true }],
    ['of different lengths, backwards', { lengths: [3, 4, 1], attributes: { direction: 'reverse' }, initial: true }],
  ])('%s', async (_, options) => {
    const { model, feeds } = recurrentLayer(op, options);
    const written = await decomposed(model);
    expect(hasRecurrent(graphOf(written))).toBe(false);
    // Gates are summed in another order than in the fused kernel.
    await expectSameOutputs(written, model, feeds, 1e-5);
  });

  test('gradients to weights, inputs and states are what differences say', async () => {
    const attributes = { direction: 'bidirectional' };
    const options = { attributes, directions: 2, initial: true, computed: true, lengths: [4, 2, 3] };
    const { model, feeds } = recurrentLayer(op, options);
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

test.each<[string, string, LayerOptions]>([
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
  const { model, feeds } = recurrentLayer(op, options);
  await expectSameOutputs(await decomposed(model), model, feeds, 1e-5);
});

test('weights become matrices of their own, which are parameters and traceable layers', async () => {
  const { model } = recurrentLayer('LSTM', { attributes: { direction: 'bidirectional' }, directions: 2 });
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
  expect(layers.filter(({ weight }) => weight === 'r.R.backward')).toHaveLength(4 - 1);
});

describe('refuses', () => {
  const refused = async (model: Model) => {
    const values = await inferValues(model, runtime);
    return expect(() => decomposeRecurrent(model, values));
  };

  test('activations that are not known', async () => {
    const { model } = recurrentLayer('RNN', { strings: { activations: ['Affine'] } });
    (await refused(model)).toThrow(/activation Affine/);
  });

  test('parameters of activations', async () => {
    const { model } = recurrentLayer('RNN', { strings: { activations: ['LeakyRelu'] } });
    graphOf(model).node[1]!.attribute.push(makeAttribute('activation_alpha', float([0.5])));
    (await refused(model)).toThrow(/parameters of the activation LeakyRelu/);
  });
});
