import { expect, test } from '@jest/globals';
import { float32 } from '../src/tensor.js';

test('float32 keeps a Float32Array without a copy', () => {
  const data = new Float32Array([1, 2]);
  expect(float32(data).data).toBe(data);
});
