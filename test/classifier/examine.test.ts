import { expect, test } from '@jest/globals';
import { examine } from '../../src/classifier/examine.js';
import { openClassifier } from '../../src/classifier/open.js';
import { inputXGradient } from '../../src/explain/attribution/methods/input-x-gradient.js';
import { lrp } from '../../src/explain/attribution/methods/lrp.js';
import { integratedGradients } from '../../src/explain/attribution/methods/integrated-gradients.js';
import { ATTRIBUTION_DEFAULTS } from '../../src/explain/attribution/settings.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import type { Model } from '../../src/onnx/model.js';
import { float32, int64 } from '../../src/tensor.js';
import { runtime } from '../helpers/run-model.js';

const WEIGHTS = float32([0.3, -0.8, 0.5, 0.1, 0.9, -0.2], [3, 2]);

/** x [batch, 3] → something over the batch → scores. */
function mixing(make: (g: GraphBuilder, x: string) => string): Model {
  const g = new GraphBuilder({ opset: 18 });
  const x = g.input('x', 'float32', ['batch', 3]);
  const y = g.op('MatMul', [make(g, x), g.initializer('w', WEIGHTS)]);
  g.output(g.rename(y, 'y'), 'float32', ['batch', 2]);
  return g.model();
}

const over = (g: GraphBuilder, ...axes: number[]) => g.constant(int64(axes));

const MIXERS: Readonly<Record<string, (g: GraphBuilder, x: string) => string>> = {
  'statistics of the batch': (g, x) => {
    const centred = g.op('Sub', [x, g.op('ReduceMean', [x, over(g, 0)], { keepdims: 1 })]);
    return g.op('Add', [centred, g.op('Mul', [x, g.scalar(0.5)])]);
  },
  'the range of the batch': (g, x) => {
    const low = g.op('ReduceMin', [x], { keepdims: 1 });
    return g.op('Div', [g.op('Sub', [x, low]), g.op('Sub', [g.op('ReduceMax', [x], { keepdims: 1 }), low])]);
  },
  'a sum over the rows before': (g, x) => g.op('CumSum', [x, g.constant(int64([0], []))]),
  'attention over the rows': (g, x) => {
    const weights = g.op('Softmax', [g.op('MatMul', [x, g.op('Transpose', [x], { perm: [1, 0] })])], { axis: 1 });
    return g.op('MatMul', [weights, x]);
  },
  'quantisation by the range of the batch': (g, x) => {
    const [q, scale, zero] = g.ops('DynamicQuantizeLinear', [x], {}, 3) as [string, string, string];
    return g.op('DequantizeLinear', [q, scale, zero]);
  },
};

const XS = [Float32Array.of(1, -0.5, 2), Float32Array.of(0.2, 0.3, -0.1)];

test.each(Object.entries(MIXERS))('%s: rows mix, and every example is run alone', async (_, make) => {
  const notices: string[] = [];
  const opened = await openClassifier(mixing(make), { runtime, form: { shape: [3] } });
  const { classifier, scores } = await examine(opened, XS, runtime, (line) => notices.push(line));
  expect(classifier.rowsMix).toBe(true);
  expect(notices.join()).toMatch(/across the rows of a batch/);
  // Alone, as if each had been given by itself.
  for (const [i, x] of XS.entries()) {
    const { scores: single } = await examine(opened, [x], runtime);
    expect(Array.from(scores[i]!)).toEqual(Array.from(single[0]!));
  }
});

test('an explanation does not depend on what is explained beside it', async () => {
  const opened = await openClassifier(mixing(MIXERS['the range of the batch']!), { runtime, form: { shape: [3] } });
  const { classifier } = await examine(opened, XS, runtime);
  const open = await integratedGradients.open({ runtime, explained: classifier, settings: ATTRIBUTION_DEFAULTS });
  try {
    const examples = XS.map((x, index) => ({ x, target: 1, index }));
    const together = await open.attribute(examples);
    for (const [i, example] of examples.entries()) {
      const [alone] = await open.attribute([example]);
      expect(Array.from(together[i]!.map)).toEqual(Array.from(alone!.map));
    }
  } finally {
    await open.release();
  }
});

test('rows that do not influence one another share calls', async () => {
  const opened = await openClassifier(
    mixing((g, x) => g.op('Tanh', [x])),
    { runtime, form: { shape: [3] } },
  );
  const { classifier } = await examine(opened, XS, runtime);
  expect(classifier.rowsMix).toBe(false);
});

/** Scores of a batch of two at once, which no other number of rows fits: the exporter's batch stands in the weights. */
function fixedAtTwo(): Model {
  const g = new GraphBuilder({ opset: 18 });
  const x = g.input('x', 'float32', [2, 3]);
  const centred = g.op('Sub', [x, g.op('ReduceMean', [x, over(g, 0)], { keepdims: 1 })]);
  const half = g.op('Mul', [x, g.scalar(0.5)]);
  const y = g.op('MatMul', [g.op('Add', [centred, half]), g.initializer('w', WEIGHTS)]);
  g.output(g.rename(g.op('Softmax', [y], { axis: 1 }), 'y'), 'float32', [2, 2]);
  return g.model();
}

test('a batch that cannot be freed is filled with copies of the example', async () => {
  const opened = await openClassifier(fixedAtTwo(), { runtime, form: { shape: [3] } });
  expect(opened).toMatchObject({ batch: 2, outputs: 2, activation: 'softmax' });
  const { classifier, scores } = await examine(opened, XS, runtime);
  expect(classifier.rowsMix).toBe(true);
  // Among its own copies an example is its own mean.
  for (const [i, x] of XS.entries()) {
    Array.from(scores[i]!, (score, c) => {
      const expected = [0, 1, 2].reduce((sum, k) => sum + 0.5 * x[k]! * WEIGHTS.data[2 * k + c]!, 0);
      expect(score).toBeCloseTo(expected, 5);
    });
  }
  for (const method of [lrp, inputXGradient]) {
    const open = await method.open({ runtime, explained: classifier, settings: ATTRIBUTION_DEFAULTS });
    try {
      const found = await open.attribute(XS.map((x, index) => ({ x, target: 1, index })));
      for (const [i, { output, map, shape }] of found.entries()) {
        expect(output).toBeCloseTo(scores[i]![1]!, 5);
        expect(map).toHaveLength(3);
        expect(shape).toEqual([3]);
      }
      // The gradient of the score by the example, all copies of it together: half a weight.
      if (method === inputXGradient) {
        found[0]!.map.forEach((value, k) => expect(value).toBeCloseTo(0.5 * XS[0]![k]! * WEIGHTS.data[2 * k + 1]!, 5));
      }
    } finally {
      await open.release();
    }
  }
});

test('a model that fails for one example alone is refused', async () => {
  const g = new GraphBuilder({ opset: 18 });
  const x = g.input('x', 'float32', ['batch', 1, 3]);
  // Of a single example, Squeeze takes the batch away too.
  const squeezed = g.op('Squeeze', [x]);
  const twice = g.op('Concat', [squeezed, squeezed], { axis: 1 });
  const y = g.op('MatMul', [twice, g.initializer('w', float32([...WEIGHTS.data, ...WEIGHTS.data], [6, 2]))]);
  g.output(g.rename(y, 'y'), 'float32', ['batch', 2]);
  const classifier = await openClassifier(g.model(), { runtime, form: { shape: [1, 3] } });
  await expect(examine(classifier, [Float32Array.of(1, 2, 3)], runtime)).rejects.toThrow(
    /^the model cannot be run on an example alone: .*; export it for any number of examples$/,
  );
});
