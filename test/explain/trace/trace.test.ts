/** Histories made by hand: what a trace must say of them follows on paper. */
import { describe, expect, test } from '@jest/globals';
import { asClassifier } from '../../helpers/classifier.js';
import { unitsToTellApart } from '../../../src/explain/trace/logits.js';
import { trace, TRACE_DEFAULTS, type TraceRequest } from '../../../src/explain/trace/trace.js';
import type { LayerLog } from '../../../src/explain/trace/trace-layer.js';
import { GraphBuilder } from '../../../src/graph/builder.js';
import { traceableLayers } from '../../../src/graph/layers.js';
import type { StepRecord } from '../../../src/log/format/records.js';
import { graphOf, type Model } from '../../../src/onnx/model.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import { float32 } from '../../../src/tensor.js';
import { gaussian } from '../../helpers/random-tensors.js';

const FEATURES = 5;
const CLASSES = 3;
const EXAMPLES = 12;
const RATE = 0.3;

/** Logistic regression: logits = W x + b. */
function linearModelOf(weight: ArrayLike<number>, bias: ArrayLike<number>): Model {
  const g = new GraphBuilder();
  const outputs = bias.length;
  const x = g.input('x', 'float32', ['batch', FEATURES]);
  const names = [
    g.initializer('w', float32(Float32Array.from(weight), [outputs, FEATURES])),
    g.initializer('b', float32(Float32Array.from(bias), [outputs])),
  ];
  g.output(g.rename(g.op('Gemm', [x, ...names], { transB: 1 }), 'logits'), 'float32', ['batch', outputs]);
  // Named as an exporter would.
  g.graph.node[0]!.name = 'fc';
  return g.model();
}

/** A log in memory. */
function memoryLog(records: readonly StepRecord[], deltas: readonly Float32Array[]): LayerLog {
  return {
    layers: [],
    async *steps() {
      await Promise.resolve();
      yield* records;
    },
    async *stored(_layer, { chunkSteps = 256 } = {}) {
      await Promise.resolve();
      for (let first = 0; first < deltas.length; first += chunkSteps) {
        const chunk = deltas.slice(first, first + chunkSteps);
        const data = new Float32Array(chunk.length * chunk[0]!.length);
        chunk.forEach((delta, i) => data.set(delta, i * delta.length));
        yield { form: 'dense', firstStep: first + 1, count: chunk.length, data };
      }
    },
    residual: () => Promise.resolve(new Float32Array(deltas[0]!.length)),
  };
}

/** Example by example, plain gradient descent on cross-entropy, in float64. */
function descend(steps: number, trainsBias: boolean) {
  const next = gaussian(EXAMPLES * FEATURES, 3);
  const examples = Array.from({ length: EXAMPLES }, (_, i) => next.subarray(i * FEATURES, (i + 1) * FEATURES));
  const labels = Int32Array.from({ length: EXAMPLES }, (_, i) => i % CLASSES);
  const initial = { w: gaussian(CLASSES * FEATURES, 1, 0.5), b: gaussian(CLASSES, 2, 0.5) };
  const w = Float64Array.from(initial.w);
  const b = Float64Array.from(initial.b);
  const records: StepRecord[] = [];
  const deltas: Float32Array[] = [];
  /** p − y of each step: the gradient of the loss to the logits. */
  const errors: number[][] = [];
  for (let step = 1; step <= steps; step++) {
    const index = (step * 7) % EXAMPLES;
    const x = examples[index]!;
    const exps = Array.from({ length: CLASSES }, (_, c) => Math.exp(dot(x, w.subarray(c * FEATURES)) + b[c]!));
    const total = exps.reduce((sum, value) => sum + value, 0);
    const error = exps.map((value, c) => value / total - (c === labels[index] ? 1 : 0));
    const delta = new Float32Array(CLASSES * FEATURES + (trainsBias ? CLASSES : 0));
    error.forEach((e, c) => {
      for (let i = 0; i < FEATURES; i++) delta[c * FEATURES + i] = -RATE * e * x[i]!;
      if (trainsBias) delta[CLASSES * FEATURES + c] = -RATE * e;
    });
    delta.forEach((change, i) => {
      if (i < w.length) w[i]! += change;
      else b[i - w.length]! += change;
    });
    errors.push(error);
    deltas.push(delta);
    records.push({
      step,
      epoch: 0,
      learningRate: RATE,
      class: labels[index]!,
      examples: [index],
      ghosts: [1],
      loss: 1,
    });
  }
  return { examples, labels, initial, trained: { w, b }, records, deltas, errors };
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function requestFor(history: ReturnType<typeof descend>, inputs: readonly Float32Array[], bias: boolean): TraceRequest {
  const trained = linearModelOf(history.trained.w, history.trained.b);
  const tensors = [
    { name: 'w', dims: [CLASSES, FEATURES] },
    { name: 'b', dims: [CLASSES] },
  ];
  return {
    runtime: nodeRuntime({ threads: 1 }),
    initial: linearModelOf(history.initial.w, history.initial.b),
    trained: asClassifier(trained, [FEATURES], CLASSES),
    log: memoryLog(history.records, history.deltas),
    lastStep: history.records.length,
    layers: [
      { layer: traceableLayers(graphOf(trained))[0]!, logged: { name: 'fc', tensors: bias ? tensors : [tensors[0]!] } },
    ],
    labels: history.labels,
    classNames: ['ant', 'bee', 'cat'],
    inputs: inputs.map((x, i) => ({ name: `input ${i}`, x })),
    options: { ...TRACE_DEFAULTS, topK: EXAMPLES, steps: true },
  };
}

const queries = [gaussian(FEATURES, 8), gaussian(FEATURES, 9)];

describe('logistic regression, one example a step', () => {
  const history = descend(60, true);
  const { examples, labels, trained, records, errors } = history;

  test('γ of a step is −η (⟨x, f⟩ + 1) ⟨z, p − y⟩', async () => {
    const results = await trace(requestFor(history, queries, true));
    results.forEach(({ layers, predicted }, q) => {
      const f = queries[q]!;
      const z = Array.from(trained.b, (b, c) => dot(f, trained.w.subarray(c * FEATURES)) + b);
      expect(predicted.class).toBe(z.indexOf(Math.max(...z)));
      const expected = errors.map((error, t) => {
        return -RATE * (dot(examples[records[t]!.examples[0]!]!, f) + 1) * dot(z, error);
      });
      // float32 weights, updates and sums.
      expect(layers[0]!.steps!.gamma).toBeAllClose(expected, { relative: 1e-5 });
      const influence = new Float64Array(EXAMPLES);
      records.forEach((record, t) => (influence[record.examples[0]!]! += expected[t]!));
      const listed = [...layers[0]!.examples, ...layers[0]!.opponents];
      expect(listed.map(({ index }) => index).sort((a, b) => a - b)).toEqual(Array.from(labels.keys()));
      for (const { index, gamma, label } of listed) {
        expect(gamma).toBeCloseTo(influence[index]!, 4);
        expect(label).toBe(labels[index]);
      }
      const ofClass = (c: number) => sum(expected.filter((_, t) => records[t]!.class === c));
      layers[0]!.classes.forEach((entry) => expect(entry.gamma).toBeCloseTo(ofClass(entry.class), 4));
    });
  });

  test('a logit is what it was before training and what the steps of each class did to it', async () => {
    // In pieces of seven steps and a block for each input, so that sums run over more than one call.
    const results = await trace({ ...requestFor(history, queries, true), chunkSteps: 7, queryBytes: 1 });
    results.forEach(({ layers }, q) => {
      const f = queries[q]!;
      layers[0]!.logits!.forEach(({ class: name, byClass }) => {
        const moved = errors.map((error, t) => {
          return -RATE * (dot(examples[records[t]!.examples[0]!]!, f) + 1) * error[name]!;
        });
        expect(byClass!.initialBias).toBeCloseTo(history.initial.b[name]!, 6);
        expect(byClass!.classes.map((part) => part.class)).toEqual([0, 1, 2]);
        byClass!.classes.forEach(({ class: of, value }) => {
          expect(value).toBeCloseTo(sum(moved.filter((_, t) => records[t]!.class === of)), 5);
        });
        expect(byClass!.mixed).toBeUndefined();
        expect(byClass!.rest).toBeCloseTo(0, 5);
      });
    });
  });

  test('of many classes those that may be the decision are told apart', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `class ${i}`);
    const [result] = await trace({ ...requestFor(history, queries, true), classNames: names });
    const likely = result!.topClasses.map((entry) => entry.class).sort((a, b) => a - b);
    for (const { byClass } of result!.layers[0]!.logits!) {
      expect(byClass!.classes.map((part) => part.class).sort((a, b) => a - b)).toEqual(likely);
    }
  });

  test('of many classes the true one is told apart too, however unlikely', async () => {
    const wide = Array.from({ length: 30 }, (_, i) => `class ${i}`);
    const inputs = queries.map((x, i) => ({ name: `input ${i}`, x, label: 29, classNames: wide }));
    const [result] = await trace({ ...requestFor(history, queries, true), inputs, classNames: wide });
    expect(result!.truth!.class).toBe(29);
    const { byClass } = result!.layers[0]!.logits![0]!;
    expect(byClass!.classes.map((part) => part.class)).toContain(29);
  });

  test('scores of few inputs are all split by examples, of many the two that a decision is between', () => {
    const named = (index: number) => ({ class: index, label: '', probability: 0 });
    const wrong = { predicted: named(4), truth: named(7), topClasses: [4, 2, 7, 1].map(named) };
    const right = { predicted: named(1), truth: named(1), topClasses: [1, 0, 9, 4].map(named) };
    const of = (inputs: readonly unknown[], outputs = 10) => unitsToTellApart(inputs as never, outputs);
    expect(of([wrong])[0]!.slice(0, 5)).toEqual([4, 7, 2, 1, 0]);
    expect(of([wrong])[0]).toHaveLength(10);
    expect(of([wrong], 1000)[0]).toHaveLength(20);
    expect(of(Array.from({ length: 50 }, () => right))[0]).toEqual([1, 0, 9, 4]);
    expect(of([wrong, ...Array.from({ length: 200 }, () => right)]).slice(0, 2)).toEqual([[4, 7], [1, 0]]); // prettier-ignore
    expect(of([wrong, right], 1)).toEqual([[0], [0]]);
  });

  test('is the same in small pieces: steps by two, one input at a time', async () => {
    const whole = await trace(requestFor(history, queries, true));
    const seen: number[] = [];
    const pieces = await trace({
      ...requestFor(history, queries, true),
      chunkSteps: 2,
      queryBytes: 1,
      onProgress: (_, done, total) => seen.push(done / total),
    });
    pieces.forEach(({ layers }, q) => {
      const [piece, all] = [layers[0]!, whole[q]!.layers[0]!];
      expect(piece.steps!.gamma).toBeAllClose(all.steps!.gamma, { relative: 1e-5 });
      expect(piece.examples.map(({ index }) => index)).toEqual(all.examples.map(({ index }) => index));
      expect(piece.completenessError).toBeLessThan(1e-5);
    });
    // Two passes of thirty pieces, one after the other.
    expect(seen).toEqual(Array.from({ length: 61 }, (_, i) => expect.closeTo(i / 60, 1)));
    expect(seen.at(-1)).toBe(1);
  });

  test('nothing to explain gives nothing', async () => {
    expect(await trace(requestFor(history, [], true))).toEqual([]);
  });
});

test('a bias that was not trained is left out of γ, and part of the logits', async () => {
  const history = descend(40, false);
  const [result] = await trace(requestFor(history, queries, false));
  const layer = result!.layers[0]!;
  const f = queries[0]!;
  const wf = Array.from({ length: CLASSES }, (_, c) => dot(f, history.trained.w.subarray(c * FEATURES)));
  expect(layer.norm).toBeCloseTo(Math.hypot(...wf), 5);
  expect(layer.biasShare).toBe(0);
  expect(layer.completenessError).toBeLessThan(1e-5);
  layer.logits!.forEach(({ logit, initial, bias, training }, c) => {
    expect(bias).toBeCloseTo(history.initial.b[c]!, 6);
    expect(initial).toBeCloseTo(dot(f, history.initial.w.subarray(c * FEATURES)), 5);
    expect(logit).toBeCloseTo(wf[c]! + bias, 5);
    expect(initial + bias + training).toBeCloseTo(logit, 5);
  });
});

test('a model with one score decides between two classes', async () => {
  const [w0, w1] = [gaussian(FEATURES, 1), gaussian(FEATURES, 2)];
  const trained = linearModelOf(w1, [0.5]);
  const change = Float32Array.of(...w1.map((value, i) => value - w0[i]!), 0.5);
  const record = { step: 1, epoch: 0, learningRate: 1, class: 1, examples: [0, 1], ghosts: [], loss: 1 };
  const [result] = await trace({
    ...requestFor(descend(1, true), queries.slice(0, 1), true),
    initial: linearModelOf(w0, [0]),
    trained: asClassifier(trained, [FEATURES], 1),
    log: memoryLog([record], [change]),
    layers: [
      {
        layer: traceableLayers(graphOf(trained))[0]!,
        logged: {
          name: 'fc',
          tensors: [
            { name: 'w', dims: [1, FEATURES] },
            { name: 'b', dims: [1] },
          ],
        },
      },
    ],
    classNames: ['no', 'yes'],
  });
  const score = dot(queries[0]!, w1) + 0.5;
  expect(result!.predicted.label).toBe(score > 0 ? 'yes' : 'no');
  expect(result!.predicted.probability).toBeCloseTo(1 / (1 + Math.exp(-Math.abs(score))), 6);
  expect(result!.layers[0]!.logits!.map((parts) => parts.class)).toEqual([1]);
  expect(result!.layers[0]!.logits![0]!.logit).toBeCloseTo(score, 5);
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
