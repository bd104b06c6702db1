/** What LRP leaves out or merges changes nothing of what it says: held against formulas written out, and where it must not be done. */
import { describe, expect, test } from '@jest/globals';
import type { Classifier } from '../../../../src/classifier/classifier.js';
import { boundsOf } from '../../../../src/explain/attribution/bounds.js';
import { chooseRules } from '../../../../src/explain/attribution/lrp-rules.js';
import { emitPass, targetSeed, TARGET } from '../../../../src/explain/attribution/pass.js';
import { positivelyRelevant } from '../../../../src/explain/attribution/rules/positively-relevant.js';
import { relevanceGraphOf } from '../../../../src/explain/attribution/rules/relevance-graph.js';
import { ATTRIBUTION_DEFAULTS } from '../../../../src/explain/attribution/settings.js';
import type { GraphBuilder, Attributes } from '../../../../src/graph/builder.js';
import { decodeModel, encodeModel } from '../../../../src/onnx/codec.js';
import type { Model } from '../../../../src/onnx/model.js';
import { decodeTensor } from '../../../../src/onnx/tensor-proto.js';
import type { Runtime } from '../../../../src/runtime/runtime.js';
import { float32, int64 } from '../../../../src/tensor.js';
import { relativeError } from '../../../helpers/attribution.js';
import { explain, inputsOf, network, ROUNDING, type Layers, type Settings } from '../../../helpers/lrp-networks.js';
import { runtime } from '../../../helpers/run-model.js';

const conv = (g: GraphBuilder, x: string, w: string, bias?: string, more: Attributes = {}) =>
  g.op('Conv', bias === undefined ? [x, w] : [x, w, bias], { pads: [1, 1, 1, 1], ...more });
const pool = { kernel_shape: [2, 2], strides: [2, 2] };

describe('relevance only where a value is above zero', () => {
  const shape = [2, 4, 4];
  type Rectify = (g: GraphBuilder, x: string) => string;
  const relu: Rectify = (g, x) => g.op('Relu', [x]);
  /** Two convolutions, the first of which is looked at. */
  const twice =
    (rectify: Rectify, between: Rectify = (_, x) => x): Layers =>
    (g, x, weight) => {
      const first = between(g, rectify(g, g.rename(conv(g, x, weight(3, 2, 3, 3), weight(3)), 'looked-at')));
      const second = relu(g, conv(g, first, weight(3, 3, 3, 3), weight(3)));
      return g.op('Gemm', [g.op('Flatten', [second]), weight(2, shapeAfter(between))], { transB: 1 });
    };
  const halved: Rectify = (g, x) => g.op('MaxPool', [x], pool);
  const shapeAfter = (between: Rectify) => (between === halved ? 12 : 48);
  const cases: readonly (readonly [string, boolean, Layers, Settings])[] = [
    ['before a Relu and γ', true, twice(relu), { composite: 'gamma' }],
    ['before a Relu and ε', true, twice(relu), { composite: 'epsilon' }],
    ['before a Relu and z⁺', true, twice(relu), { composite: 'zplus' }],
    ['before a Relu and αβ', true, twice(relu), { composite: 'alpha-beta' }],
    ['before maxima that take all', true, twice(relu, halved), { composite: 'epsilon-gamma-box' }],
    ['before maxima as averages', true, twice(relu, halved), { composite: 'trends' }],
    ['before the flat rule', false, twice(relu), { composite: 'flat' }],
    ['before w²', false, twice(relu), { composite: 'wsquare' }],
    ['before z^B', false, twice(relu), { composite: 'zbox' }],
    ['before maxima and the flat rule', false, twice(relu, halved), { composite: 'flat' }],
    ['before an activation with two signs', false, twice((g, x) => g.op('Tanh', [x])), { composite: 'gamma' }],
    ['before a leaky Relu', false, twice((g, x) => g.op('LeakyRelu', [x])), { composite: 'gamma' }],
    [
      'of the scores',
      false,
      (g, x, weight) => g.rename(g.op('Gemm', [g.op('Flatten', [x]), weight(32, 2)]), 'looked-at'),
      {},
    ],
    [
      'of what is also read past the Relu',
      false,
      (g, x, weight) => {
        const value = g.rename(conv(g, x, weight(3, 2, 3, 3)), 'looked-at');
        const sum = g.op('Add', [conv(g, relu(g, value), weight(3, 3, 3, 3)), value]);
        return g.op('Gemm', [g.op('Flatten', [sum]), weight(2, 48)], { transB: 1 });
      },
      { composite: 'gamma' },
    ],
    [
      'of what two branches rectify',
      true,
      (g, x, weight) => {
        const value = g.rename(conv(g, x, weight(3, 2, 3, 3)), 'looked-at');
        const sum = g.op('Add', [relu(g, conv(g, relu(g, value), weight(3, 3, 3, 3))), relu(g, value)]);
        return g.op('Gemm', [g.op('Flatten', [sum]), weight(2, 48)], { transB: 1 });
      },
      { composite: 'gamma' },
    ],
  ];

  test.each(cases)('%s: %s', async (_, expected, layers, settings) => {
    const explained = await network(shape, layers);
    const all = { ...ATTRIBUTION_DEFAULTS, ...settings };
    const { node } = explained.model.graph!;
    // The pass that drops identities leaves the value under another name.
    const value = node.find(({ opType }) => opType === 'Conv' || opType === 'Gemm')!.output[0]!;
    const rules = chooseRules(explained, all);
    const claims = positivelyRelevant(relevanceGraphOf(explained), explained.scores, (each) => rules.nameOf(each));
    expect(claims(value)).toBe(expected);

    const { g, gradients } = emitPass(
      { explained },
      {
        from: explained.scores,
        seed: targetSeed(explained, 'score'),
        wrt: [value],
        ruleFor: rules.ruleFor(),
      },
    );
    g.output(g.rename(gradients[0]!, 'relevance'), 'float32');
    g.output(g.rename(value, 'value'), 'float32');
    const session = await runtime.createSession(encodeModel(g.model()));
    const examples = inputsOf(shape);
    const x = float32(
      examples.flatMap((example) => [...example.x]),
      [examples.length, ...shape],
    );
    const found = await session.run({ x, [TARGET]: int64(examples.map(({ target }) => target)) });
    await session.release();
    const [relevance, values] = [found.relevance!.data as Float32Array, found.value!.data as Float32Array];
    const notAbove = relevance.filter((_each, i) => values[i]! <= 0);
    expect(notAbove.length).toBeGreaterThan(0);
    // What is not claimed does happen.
    expect(notAbove.some((each) => each !== 0)).toBe(!expected);
    expect(relevance.some((each) => each !== 0)).toBe(true);
  });

  test.each([0, 1e-6])('γ says the same where it is not known, with stabiliser %d', async (stabilizer) => {
    // Clip at 0 is a Relu that relevance is not known to be silent below.
    const clip: Rectify = (g, x) => g.op('Clip', [x, g.constant(float32([0], []))]);
    const [known, unknown] = [await network(shape, twice(relu)), await network(shape, twice(clip))];
    const rulesFor = ({ model }: Classifier) =>
      Object.fromEntries(
        model
          .graph!.node.filter(({ opType }) => opType === 'Conv')
          .map(({ name, output }) => [name === '' ? output[0]! : name, { rule: 'gamma', gamma: 0.5, stabilizer }]),
      );
    const examples = inputsOf(shape);
    const [a, b] = await Promise.all(
      [known, unknown].map((each) => explain(each, examples, { composite: 'epsilon', rules: rulesFor(each) })),
    );
    a!.forEach(({ map, ledger }, i) => {
      expect(relativeError(map, b![i]!.map)).toBeLessThan(ROUNDING);
      expect(ledger!.map((entry) => entry.bias)).toBeAllClose(
        b![i]!.ledger!.map((entry) => entry.bias),
        { relative: 1e-4, absolute: 1e-6 },
      );
    });
  });
});

describe('γ of a convolution whose weights are fed', () => {
  const shape = [2, 4, 4];
  /** A convolution, rectified or not, and a second one, which is looked at. */
  const second =
    (activation: string, group: number, hasBias: boolean): Layers =>
    (g, x, weight) => {
      const first = g.op(activation, [conv(g, x, weight(4, 2, 3, 3), weight(4))]);
      const bias = hasBias ? weight(4) : undefined;
      const last = g.op('Relu', [conv(g, first, weight(4, 4 / group, 3, 3), bias, { group })]);
      return g.op('Gemm', [g.op('Flatten', [last]), weight(2, 64)], { transB: 1 });
    };
  const cases: readonly (readonly [string, boolean, Layers, Settings])[] = [
    ['with a bias', true, second('Relu', 1, true), {}],
    ['without one', true, second('Relu', 1, false), {}],
    ['with a bias that is ignored', false, second('Relu', 1, true), { ignoreBias: true }],
    ['in groups', false, second('Relu', 2, true), {}],
    ['that sees two signs', false, second('Tanh', 1, true), {}],
  ];

  test.each(cases)('%s, in one convolution with the forward pass: %s', async (_, isOne, layers, settings) => {
    const explained = await network(shape, layers);
    const examples = inputsOf(shape);
    const stored = await explain(explained, examples, { composite: 'gamma', ...settings });
    const current = Object.fromEntries(
      explained.model.graph!.initializer.map((tensor) => [tensor.name, decodeTensor(tensor)]),
    );
    const graphs: Model[] = [];
    const watched: Runtime = {
      ...runtime,
      createSession: (model, options) => {
        graphs.push(decodeModel(model, 'model'));
        return runtime.createSession(model, options);
      },
    };
    const weights = { names: Object.keys(current), current: () => current };
    const fed = await explain(explained, examples, { composite: 'gamma', ...settings }, { weights, runtime: watched });
    const filters = graphs.at(-1)!.graph!.node.filter(({ opType }) => opType === 'Split').length;
    expect(filters).toBe(isOne ? 1 : 0);
    fed.forEach(({ map, ledger }, i) => {
      // Sums of both signs, which are divided by, may be small.
      expect(relativeError(map, stored[i]!.map)).toBeLessThan(10 * ROUNDING);
      expect(ledger!.map((entry) => entry.bias)).toBeAllClose(
        stored[i]!.ledger!.map((entry) => entry.bias),
        { relative: 1e-4, absolute: 1e-6 },
      );
    });
  });
});

test('without the ledger the maps are the same', async () => {
  const shape = [1, 4, 4];
  const explained = await network(shape, (g, x, weight) => {
    const hidden = g.op('MaxPool', [g.op('Relu', [conv(g, x, weight(3, 1, 3, 3), weight(3))])], pool);
    return g.op('Gemm', [g.op('Flatten', [hidden]), weight(2, 12)], { transB: 1 });
  });
  const settings = { composite: 'trends', bounds: { low: [-1], high: [1] } };
  const watched = await explain(explained, inputsOf(shape), settings);
  const alone = await explain(explained, inputsOf(shape), settings, { ledger: false });
  expect(alone.map(({ map }) => [...map])).toEqual(watched.map(({ map }) => [...map]));
  expect(alone.every((each) => !('ledger' in each))).toBe(true);
  expect(watched.every(({ ledger }) => ledger!.length > 0)).toBe(true);
});

describe('z^B of inputs that are known to lie within the box', () => {
  const shape = [2, 4, 4];
  const layers: Layers = (g, x, weight) => {
    const hidden = g.op('Relu', [g.rename(conv(g, x, weight(3, 2, 3, 3), weight(3)), 'looked-at')]);
    return g.op('Gemm', [g.op('Flatten', [hidden]), weight(2, 48)], { transB: 1 });
  };
  const all = inputsOf(shape).flatMap(({ x }) => [...x]);
  const box = { low: [Math.min(...all)], high: [Math.max(...all)] };

  test('is what it is where that is not known', async () => {
    const explained = await network(shape, layers);
    const known = await explain(explained, inputsOf(shape), {
      composite: 'trends',
      bounds: { ...box, encloses: true },
    });
    const unknown = await explain(explained, inputsOf(shape), { composite: 'trends', bounds: box });
    known.forEach(({ map }, i) => expect(relativeError(map, unknown[i]!.map)).toBeLessThan(ROUNDING));
  });

  test('is finite at a corner of the box, where no contribution is left', async () => {
    const explained = await network(shape, layers);
    const corners = [box.low[0]!, box.high[0]!].map((value, index) => ({
      x: new Float32Array(32).fill(value),
      target: 0,
      index,
    }));
    const found = await explain(explained, corners, { composite: 'trends', bounds: { ...box, encloses: true } });
    for (const { map } of found) expect(map.every(Number.isFinite)).toBe(true);
  });

  test('is not taken for granted of bounds that a layer has of its own', async () => {
    const explained = await network(shape, layers);
    const rules = { Conv_2: { rule: 'zbox', low: [-0.1], high: [0.1] } };
    const find = (encloses: boolean) =>
      explain(explained, inputsOf(shape), { composite: 'trends', rules, bounds: { ...box, encloses } });
    const [known, unknown] = [await find(true), await find(false)];
    expect(known.map(({ map }) => [...map])).toEqual(unknown.map(({ map }) => [...map]));
  });
});

test('bounds enclose the inputs where they were found, not where they were given', () => {
  const inputs = [{ data: Float32Array.of(-2, 3) }];
  const unit = { mean: [0], std: [1] };
  expect(boundsOf({ low: [], high: [] }, inputs, unit)).toEqual({ low: [-2], high: [3], encloses: true });
  expect(boundsOf({ low: [0], high: [] }, inputs, unit)).toMatchObject({ low: [0], high: [3], encloses: false });
  expect(boundsOf({ low: [0], high: [1] }, inputs, unit).encloses ?? false).toBe(false);
});
