import { describe, expect, test } from '@jest/globals';
import { stepUse } from '../../../src/explain/trace/step-use.js';

describe('the use of a step', () => {
  const record = { step: 3, epoch: 0, learningRate: 0.1, loss: 1, examples: [0, 2, 3], ghosts: [1] };

  test('has the class of its examples, ghosts aside, and none where they mix', () => {
    expect(stepUse(record, Int32Array.of(1, 0, 1, 2)).batchClass).toBeNull();
    expect(stepUse(record, Int32Array.of(1, 0, 1, 1)).batchClass).toBe(1);
    expect(stepUse({ ...record, class: 1 }, Int32Array.of(1, 0, 1, 1)).batchClass).toBe(1);
  });

  test('gives each example the share that it has in the loss', () => {
    const labels = Int32Array.of(1, 0, 1, 2);
    expect(stepUse(record, labels).shares).toBeUndefined();
    expect(stepUse(record, labels, Float32Array.of(1, 5, 0, 3))).toMatchObject({
      examples: [0, 3],
      shares: [0.25, 0.75],
      batchClass: null,
    });
    // What weighs 0 is of no class.
    expect(stepUse(record, labels, Float32Array.of(1, 5, 1, 0)).batchClass).toBe(1);
    expect(stepUse(record, labels, new Float32Array(4))).toMatchObject({ examples: [], batchClass: null });
  });

  test('names an example that the data do not have', () => {
    expect(() => stepUse(record, Int32Array.of(0, 0, 0))).toThrow(/step 3 of the log used training example 3/);
  });
});
