import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { examine } from '../../src/classifier/examine.js';
import { openClassifier, type OpenClassifier } from '../../src/classifier/open.js';
import { probabilitiesOf } from '../../src/classifier/probabilities.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { readModelFile } from '../../src/onnx/file.js';
import { graphOf, type Model } from '../../src/onnx/model.js';
import { float32, int64 } from '../../src/tensor.js';
import { runModel, runtime } from '../helpers/run-model.js';

/** What ends a network of 4 inputs and some logits z [batch, classes]. */
type End = (g: GraphBuilder, z: string) => string;

const WEIGHTS = [0.3, -0.8, 0.5, 0.1, 0.9, -0.2, 0.4, -0.6, -0.7, 0.2, 0.1, 0.8];

/** x [batch, 4] → fully connected → the end. @param bias of the last layer */
function network(end: End, classes = 3, bias = [0.1, -0.2, 0.3].slice(0, classes)): Model {
  const g = new GraphBuilder({ opset: 18 });
  const x = g.input('x', 'float32', ['batch', 4]);
  const w = g.initializer('w', float32(WEIGHTS.slice(0, 4 * classes), [4, classes]));
  const b = g.initializer('b', float32(bias));
  g.output(g.rename(end(g, g.rename(g.op('Gemm', [x, w, b]), 'z')), 'y'), 'float32');
  return g.model();
}

const X = Float32Array.of(1, -0.5, 2, 0.25);
const EXPECTED_Z = [0, 1, 2].map((c) =>
  [0, 1, 2, 3].reduce((sum, i) => sum + X[i]! * WEIGHTS[i * 3 + c]!, [0.1, -0.2, 0.3][c]!),
);

const axes = (g: GraphBuilder, ...values: number[]) => g.constant(int64(values));
const unsqueezed = (g: GraphBuilder, z: string) => g.op('Unsqueeze', [z, axes(g, 2, 3)]);
const writtenOut: End = (g, z) => {
  const e = g.op('Exp', [g.op('Sub', [z, g.op('ReduceMax', [z, axes(g, 1)], { keepdims: 1 })])]);
  return g.op('Div', [e, g.op('ReduceSum', [e, axes(g, 1)], { keepdims: 1 })]);
};
const complement = (g: GraphBuilder, p: string) => g.op('Sub', [g.scalar(1), p]);

const SOFTMAX: Readonly<Record<string, End>> = {
  softmax: (g, z) => g.op('Softmax', [z], { axis: 1 }),
  'softmax over the last axis': (g, z) => g.op('Softmax', [z], { axis: -1 }),
  'softmax, then Flatten': (g, z) => g.op('Flatten', [g.op('Softmax', [unsqueezed(g, z)], { axis: 1 })]),
  'softmax, then Reshape': (g, z) =>
    g.op('Reshape', [g.op('Softmax', [unsqueezed(g, z)], { axis: 1 }), axes(g, -1, 3)]),
  'softmax, then Squeeze': (g, z) => g.op('Squeeze', [g.op('Softmax', [unsqueezed(g, z)], { axis: 1 }), axes(g, 2, 3)]),
  'softmax, clipped': (g, z) => g.op('Clip', [g.op('Softmax', [z], { axis: 1 }), g.scalar(1e-7), g.scalar(1 - 1e-7)]),
  'log-softmax': (g, z) => g.op('LogSoftmax', [z], { axis: 1 }),
  'exp of log-softmax': (g, z) => g.op('Exp', [g.op('LogSoftmax', [z], { axis: 1 })]),
  'log of softmax': (g, z) => g.op('Log', [g.op('Softmax', [z], { axis: 1 })]),
  'written out': writtenOut,
  'written out without the maximum': (g, z) => {
    const e = g.op('Exp', [z]);
    return g.op('Div', [e, g.op('ReduceSum', [e, axes(g, 1)], { keepdims: 1 })]);
  },
  'written out with ReduceLogSumExp': (g, z) =>
    g.op('Exp', [g.op('Sub', [z, g.op('ReduceLogSumExp', [z, axes(g, 1)], { keepdims: 1 })])]),
  'written out, then concatenated from its columns': (g, z) => {
    const parts = g.ops('Split', [g.op('Softmax', [z], { axis: 1 })], { axis: 1, num_outputs: 3 }, 3);
    return g.op('Concat', parts, { axis: 1 });
  },
};

const SIGMOID: Readonly<Record<string, End>> = {
  sigmoid: (g, z) => g.op('Sigmoid', [z]),
  'sigmoid, then Flatten': (g, z) => g.op('Flatten', [g.op('Sigmoid', [unsqueezed(g, z)])]),
  'sigmoid, written out': (g, z) =>
    g.op('Div', [g.scalar(1), g.op('Add', [g.scalar(1), g.op('Exp', [g.op('Neg', [z])])])]),
  'sigmoid by a tangent': (g, z) =>
    g.op('Mul', [g.scalar(0.5), g.op('Add', [g.scalar(1), g.op('Tanh', [g.op('Mul', [g.scalar(0.5), z])])])]),
  'log of a sigmoid': (g, z) => g.op('Log', [g.op('Sigmoid', [z])]),
};

async function opened(model: Model, more: Partial<OpenClassifier> = {}) {
  const classifier = await openClassifier(model, { runtime, form: { shape: [4] }, keepWeights: true, ...more });
  return examine(classifier, [X], runtime);
}

const own = async (model: Model, x = X) => {
  const { y } = await runModel(model, { x: float32(x, [1, 4]) });
  return y!.data as Float32Array;
};

describe('a softmax at the end', () => {
  test.each(Object.entries(SOFTMAX))('%s: scores are the logits, probabilities the model’s own', async (name, end) => {
    const model = network(end);
    const { classifier, scores } = await opened(model);
    expect(classifier).toMatchObject({ activation: 'softmax', outputs: 3, classes: 3, rowsMix: false });
    Array.from(scores[0]!, (score, c) => expect(score).toBeCloseTo(EXPECTED_Z[c]!, 5));
    const given = Array.from(await own(model), (p) => (name.startsWith('log') ? Math.exp(p) : p));
    for (const { class: c, probability } of probabilitiesOf(scores[0]!, classifier.activation)) {
      expect(probability).toBeCloseTo(given[c]!, 5);
    }
  });

  test('a naive Bayes classifier of scikit-learn', async () => {
    const folder = new URL('../fixtures/onnx/', import.meta.url);
    const { models } = JSON.parse(readFileSync(new URL('models.json', folder), 'utf8')) as {
      models: Record<string, { outputs: Record<string, { values: number[] }> }>;
    };
    const given = models['sklearn-naive-bayes']!.outputs.probabilities!.values;
    const { model } = await readModelFile(new URL('sklearn-naive-bayes.onnx', folder).pathname);
    const classifier = await openClassifier(model, { runtime, form: { shape: [4] } });
    // The first row of what the fixture's probabilities were computed from.
    const { scores } = await examine(classifier, [Float32Array.from([0, 1, 2, 3], (i) => Math.sin(0.37 * i))], runtime);
    expect(classifier).toMatchObject({ activation: 'softmax', outputs: 3 });
    for (const { class: c, probability } of probabilitiesOf(scores[0]!)) expect(probability).toBeCloseTo(given[c]!, 5);
  });

  test('a bias that happens to be zero stays before the scores, and is trained', async () => {
    const g = new GraphBuilder({ opset: 18 });
    const x = g.input('x', 'float32', ['batch', 4]);
    const product = g.op('MatMul', [x, g.initializer('w', float32(WEIGHTS, [4, 3]))]);
    const z = g.rename(g.op('Add', [product, g.initializer('b', float32([0, 0, 0]))]), 'z');
    g.output(g.rename(writtenOut(g, z), 'y'), 'float32');
    const { classifier } = await opened(g.model());
    const producer = graphOf(classifier.model).node.find(({ output }) => output.includes(classifier.scores));
    expect(producer!.opType).toBe('Add');
  });

  test('a scale that happens to be one stays before the scores', async () => {
    const model = network((g, z) => writtenOut(g, g.op('Mul', [z, g.initializer('temperature', float32([1]))])));
    const { classifier } = await opened(model);
    const producer = graphOf(classifier.model).node.find(({ output }) => output.includes(classifier.scores));
    expect(producer!.opType).toBe('Mul');
  });

  test('a temperature belongs to the scores', async () => {
    const model = network((g, z) => g.op('Softmax', [g.op('Div', [z, g.scalar(4)])], { axis: 1 }));
    const { scores } = await opened(model);
    Array.from(scores[0]!, (score, c) => expect(score).toBeCloseTo(EXPECTED_Z[c]! / 4, 5));
  });
});

describe('a sigmoid at the end', () => {
  test.each(Object.entries(SIGMOID))('%s for each of several classes', async (name, end) => {
    const model = network(end);
    const { classifier, scores } = await opened(model);
    expect(classifier).toMatchObject({ activation: 'sigmoid', outputs: 3, classes: 3 });
    const given = Array.from(await own(model), (p) => (name.startsWith('log') ? Math.exp(p) : p));
    for (const { class: c, probability } of probabilitiesOf(scores[0]!, classifier.activation)) {
      expect(probability).toBeCloseTo(given[c]!, 5);
    }
  });

  test.each<[string, End]>([
    ['one column', (g, z) => g.op('Sigmoid', [z])],
    ['squeezed', (g, z) => g.op('Squeeze', [g.op('Sigmoid', [z]), axes(g, 1)])],
    ['as a pair', (g, z) => g.op('Concat', [complement(g, g.op('Sigmoid', [z])), g.op('Sigmoid', [z])], { axis: 1 })],
    [
      'written out as a pair',
      (g, z) => {
        const p = g.op('Reciprocal', [g.op('Add', [g.scalar(1), g.op('Exp', [g.op('Neg', [z])])])]);
        return g.op('Concat', [complement(g, p), p], { axis: 1 });
      },
    ],
  ])('%s: two classes with one score', async (_, end) => {
    const model = network(end, 1, [0.1]);
    const { classifier, scores } = await opened(model);
    expect(classifier).toMatchObject({ activation: 'sigmoid', outputs: 1, classes: 2 });
    const p = (await own(model)).at(-1)!;
    expect(probabilitiesOf(scores[0]!).find((entry) => entry.class === 1)!.probability).toBeCloseTo(p, 5);
  });
});

describe('no activation at the end', () => {
  test.each<[string, End]>([
    ['logits', (_, z) => z],
    ['logits of the shape that a pooling leaves', unsqueezed],
    ['logits behind a Squeeze', (g, z) => g.op('Squeeze', [unsqueezed(g, z), axes(g, 2, 3)])],
  ])('%s', async (_, end) => {
    const { classifier, scores } = await opened(network(end));
    expect(classifier).toMatchObject({ activation: 'none', outputs: 3 });
    expect(classifier.values.of(classifier.scores).dims).toEqual(['batch', 3]);
    Array.from(scores[0]!, (score, c) => expect(score).toBeCloseTo(EXPECTED_Z[c]!, 5));
  });

  test('a single score without its own axis', async () => {
    const { classifier } = await opened(network((g, z) => g.op('Squeeze', [z, axes(g, 1)]), 1, [0.1]));
    expect(classifier).toMatchObject({ activation: 'none', outputs: 1, classes: 2 });
    expect(classifier.values.of(classifier.scores).dims).toEqual(['batch', 1]);
  });
});

test('probabilities that come from no softmax are explained by their logarithms, with a word', async () => {
  const ensemble: End = (g, z) =>
    g.op('Mean', [g.op('Softmax', [z], { axis: 1 }), g.op('Softmax', [g.op('Neg', [z])], { axis: 1 })]);
  const model = network(ensemble);
  const notices: string[] = [];
  const classifier = await openClassifier(model, { runtime, form: { shape: [4] } });
  const { classifier: sure, scores } = await examine(classifier, [X], runtime, (line) => notices.push(line));
  const given = await own(model);
  Array.from(scores[0]!, (score, c) => expect(score).toBeCloseTo(Math.log(given[c]!), 5));
  expect(notices.join()).toMatch(/gives probabilities \("y"\), and no scores/);
  expect(sure.activation).toBe('softmax');
  expect(sure.scores).not.toBe(classifier.scores);
});

describe('outputs and positions', () => {
  let several: Model;
  beforeAll(() => {
    const g = new GraphBuilder({ opset: 18 });
    const x = g.input('x', 'float32', ['batch', 4]);
    const hidden = g.rename(g.op('Relu', [x]), 'features');
    const z = g.op('MatMul', [hidden, g.initializer('w', float32(WEIGHTS, [4, 3]))]);
    g.output(hidden, 'float32');
    g.output(g.rename(g.op('ArgMax', [z], { axis: 1, keepdims: 0 }), 'label'), 'int64');
    g.output(g.rename(g.op('Softmax', [z], { axis: 1 }), 'probabilities'), 'float32');
    several = g.model();
  });
  afterAll(() => undefined);

  test('of several outputs the scores are those that nothing else is computed from', async () => {
    const notices: string[] = [];
    const found = await openClassifier(several, {
      runtime,
      form: { shape: [4] },
      onNotice: (line) => notices.push(line),
    });
    expect(found).toMatchObject({ output: 'probabilities', outputs: 3, activation: 'softmax' });
    expect(notices.join()).toMatch(
      /the model has 2 outputs \(features, probabilities\): scores are read off probabilities/,
    );
  });

  test('as many columns as there are classes decide', async () => {
    expect(await openClassifier(several, { runtime, form: { shape: [4] }, classes: 4 })).toMatchObject({
      output: 'features',
    });
  });

  test('an output can be named, and one that is not there is refused', async () => {
    expect(await openClassifier(several, { runtime, form: { shape: [4] }, output: 'features' })).toMatchObject({
      outputs: 4,
    });
    await expect(openClassifier(several, { runtime, form: { shape: [4] }, output: 'probability' })).rejects.toThrow(
      /output "probability": the model has no such output; the nearest are probabilities/,
    );
  });

  /** Scores at each of 2 positions: [batch, 2, 3] (a sequence), or [batch, 3, 1, 2] (pixels). */
  const positions = (pixels: boolean): Model => {
    const g = new GraphBuilder({ opset: 18 });
    const x = g.input('x', 'float32', ['batch', 4]);
    const z = g.op('Reshape', [
      g.op('MatMul', [x, g.initializer('w', float32([...WEIGHTS, ...WEIGHTS.map((w) => -w)], [4, 6]))]),
      axes(g, -1, 2, 3),
    ]);
    const shaped = pixels ? g.op('Unsqueeze', [g.op('Transpose', [z], { perm: [0, 2, 1] }), axes(g, 2)]) : z;
    g.output(g.rename(g.op('Softmax', [shaped], { axis: pixels ? 1 : 2 }), 'y'), 'float32');
    return g.model();
  };

  test.each([
    [false, /holds 3 scores at each of 2 positions; pick one with `at`, such as 1/],
    [true, /holds 3 scores at each of 2 positions; pick one with `at`, such as 1/],
  ])('scores for many positions (pixels: %s) want one picked', async (pixels, message) => {
    const model = positions(pixels);
    await expect(openClassifier(model, { runtime, form: { shape: [4] } })).rejects.toThrow(message);
    const [first, second, last] = await Promise.all(
      [[0], [1], [-1]].map((at) => opened(model, { at }).then(({ scores }) => Array.from(scores[0]!))),
    );
    expect(first).not.toEqual(second);
    expect(last).toEqual(second);
    expect(first).toHaveLength(3);
    await expect(openClassifier(model, { runtime, form: { shape: [4] }, at: [2] })).rejects.toThrow(
      /has places 0 to 1/,
    );
    await expect(openClassifier(model, { runtime, form: { shape: [4] }, at: [0, 0, 0] })).rejects.toThrow(
      /expected \d places/,
    );
  });
});
