import { describe, expect, test } from '@jest/globals';
import { openActivations } from '../../src/classifier/activations.js';
import { probabilitiesOf } from '../../src/classifier/probabilities.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { nodeRuntime } from '../../src/runtime/node.js';

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
  const input = { name: 'x', type: 'float32', dims: [2] } as const;
  const opened = { model: g.model(), input, batch: undefined };
  const activations = await openActivations(opened, nodeRuntime({ threads: 1 }), ['twice', 'x']);
  const queries = [1, 2].map((value) => Float32Array.of(value, 0));
  const twice = await activations.of('twice', queries);
  expect(twice.map(({ data }) => Array.from(data as Float32Array))).toEqual([
    [2, 0],
    [4, 0],
  ]);
  expect((await activations.of('x', queries))[1]!.data).toBe(queries[1]);
  const both = await activations.allOf(['x', 'twice'], queries[1]!);
  expect(both.x!.data).toBe(queries[1]);
  expect(Array.from(both.twice!.data as Float32Array)).toEqual([4, 0]);
  await activations.release();
});
