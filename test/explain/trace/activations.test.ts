import { describe, expect, test } from '@jest/globals';
import { openActivations, probabilitiesOf } from '../../../src/explain/trace/activations.js';
import { stepUse } from '../../../src/explain/trace/step-use.js';
import { GraphBuilder } from '../../../src/graph/builder.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import { float32 } from '../../../src/tensor.js';

describe('probabilities', () => {
  test('are the softmax of the scores, best first', () => {
    const found = probabilitiesOf(Float32Array.of(1, 3, 2));
    expect(found.map((entry) => entry.class)).toEqual([1, 2, 0]);
    const total = Math.exp(1) + Math.exp(3) + Math.exp(2);
    expect(found[0]!.probability).toBeCloseTo(Math.exp(3) / total, 12);
  });

  test('of a single score are those of a logistic model', () => {
    expect(probabilitiesOf([-2])).toEqual([
      { class: 0, probability: 1 / (1 + Math.exp(-2)) },
      { class: 1, probability: Math.exp(-2) / (1 + Math.exp(-2)) },
    ]);
  });

  test('survive scores that overflow, and refuse what is no number', () => {
    expect(probabilitiesOf([1000, 0])[0]).toEqual({ class: 0, probability: 1 });
    expect(() => probabilitiesOf([NaN, 0])).toThrow(/not numbers/);
  });
});

test('any value can be asked for, inputs too, and only what it needs is computed', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['batch', 2]);
  g.rename(g.op('Mul', [x, g.scalar(2)]), 'twice');
  g.output(g.rename(g.op('Add', ['twice', g.scalar(1)]), 'y'), 'float32');
  const activations = await openActivations(g.model(), nodeRuntime({ threads: 1 }), ['twice', 'x']);
  const queries = [1, 2].map((value) => ({ x: float32([value, 0], [1, 2]) }));
  const twice = await activations.of('twice', queries);
  expect(twice.map(({ data }) => Array.from(data as Float32Array))).toEqual([
    [2, 0],
    [4, 0],
  ]);
  expect((await activations.of('x', queries))[1]).toBe(queries[1]!.x);
  await activations.release();
});

describe('the use of a step', () => {
  const record = { step: 3, epoch: 0, learningRate: 0.1, loss: 1, examples: [0, 2, 3], ghosts: [1] };

  test('is shared by the classes of its examples, ghosts aside', () => {
    const labels = Int32Array.of(1, 0, 1, 2);
    expect(stepUse(record, labels).shares).toEqual([
      { label: 1, share: 2 / 3 },
      { label: 2, share: 1 / 3 },
    ]);
    expect(stepUse({ ...record, class: 1 }, labels).shares).toEqual([{ label: 1, share: 1 }]);
  });

  test('names an example that the data do not have', () => {
    expect(() => stepUse(record, Int32Array.of(0, 0, 0))).toThrow(/step 3 of the log used training example 3/);
  });
});
