import { describe, expect, test } from '@jest/globals';
import { stepUse } from '../../../src/explain/trace/step-use.js';

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
