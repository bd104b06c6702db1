import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { normalize, scaleAndOffset } from '../../src/data/normalization.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { float32 } from '../../src/tensor.js';
import { inputErrorOf } from '../helpers/data-files.js';

const cifar = { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] };

describe('normalize', () => {
  test('is (x / 255 − mean) / std of each channel', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), fc.integer({ min: 1, max: 3 }), (bytes, n) => {
        const examples = Uint8Array.from({ length: 12 * n }, (_, i) => bytes[i % 12]! ^ (i >> 3));
        const expected = Array.from(examples, (x, i) => {
          const channel = Math.floor((i % 12) / 4);
          return (x / 255 - cifar.mean[channel]!) / cifar.std[channel]!;
        });
        // Scale, offset, product and sum are each rounded to float32 (2⁻²⁴), of numbers up to 4.1.
        expect(normalize(examples, [3, 2, 2], cifar)).toBeAllClose(expected, { absolute: 1e-6 });
      }),
    );
  });

  test('gives the very bits of the same formula in ONNX Runtime', async () => {
    const { scale, offset } = scaleAndOffset(cifar, 3);
    const graph = new GraphBuilder();
    const bytes = graph.input('x', 'uint8', ['n', 3, 2, 2]);
    const floats = graph.op('Cast', [bytes], { to: 1 });
    const scaled = graph.op('Mul', [floats, graph.constant(float32(scale, [3, 1, 1]))]);
    graph.output(graph.rename(graph.op('Add', [scaled, graph.constant(float32(offset, [3, 1, 1]))]), 'y'), 'float32');
    const session = await nodeRuntime().createSession(encodeModel(graph.model()));
    const data = Uint8Array.from({ length: 64 * 12 }, (_, i) => (i * 7 + (i >> 4)) % 256);
    const { y } = await session.run({ x: { type: 'uint8', dims: [64, 3, 2, 2], data } });
    await session.release();
    expect(normalize(data, [3, 2, 2], cifar)).toEqual(y!.data);
  });

  test('without anything said it is x / 255; one number serves all channels; floats pass through', () => {
    expect(normalize(Uint8Array.of(0, 51, 255), [3])).toBeAllClose([0, 0.2, 1], { absolute: 1e-7 }); // one float32 rounding
    const half = { mean: [0.5], std: [0.5] };
    expect(normalize(Uint8Array.of(0, 255), [2, 1, 1], half)).toBeAllClose([-1, 1], { absolute: 1e-6 });
    const floats = Float32Array.of(3, -7);
    expect(normalize(floats, [2], half)).toBe(floats);
  });

  test.each([
    [{ mean: [0, 0], std: [1] }, '2 numbers for mean, expected 1 or 3 (channels)'],
    [{ mean: [0], std: [] }, '0 numbers for std'],
    [{ mean: [NaN], std: [1] }, 'NaN for mean, expected a finite number'],
    [{ mean: [0], std: [1, 0, 1] }, '0 for std, expected a positive number'],
  ])('%j is refused', async (normalization, message) => {
    expect(await inputErrorOf(() => scaleAndOffset(normalization, 3))).toContain(message);
  });
});
