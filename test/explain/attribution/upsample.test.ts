import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { upsample } from '../../../src/explain/attribution/upsample.js';
import { float32 } from '../../../src/tensor.js';
import { oneNodeModel, runModel } from '../../helpers/run-model.js';

test('equals ONNX Resize with linear interpolation', async () => {
  const sizes = fc.integer({ min: 1, max: 7 });
  await fc.assert(
    fc.asyncProperty(sizes, sizes, sizes, sizes, async (h, w, up, across) => {
      const to = [h * up, w * across];
      const data = Float32Array.from({ length: h * w }, (_, i) => Math.sin(7 * i));
      const { model, feeds } = oneNodeModel({
        op: 'Resize',
        inputs: [
          float32(data, [1, 1, h, w]),
          undefined,
          undefined,
          { type: 'int64', dims: [4], data: BigInt64Array.from([1, 1, ...to], BigInt) },
        ],
        attributes: { mode: 'linear' },
      });
      const { y } = await runModel(model, feeds);
      // Two float32 interpolations one after the other.
      expect(upsample(data, [h, w], to)).toBeAllClose(y!.data as Float32Array, { absolute: 1e-6 });
    }),
    { numRuns: 20 },
  );
});

test('a line and a volume', () => {
  expect(Array.from(upsample(Float32Array.of(0, 4), [2], [4]))).toEqual([0, 1, 3, 4]);
  const cube = upsample(Float32Array.of(1, 1, 1, 1, 3, 3, 3, 3), [2, 2, 2], [4, 2, 2]);
  expect([0, 4, 8, 12].map((i) => cube[i])).toEqual([1, 1.5, 2.5, 3]);
});
