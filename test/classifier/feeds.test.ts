import { describe, expect, test } from '@jest/globals';
import { asFed, feedTensor } from '../../src/classifier/feeds.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { InputError } from '../../src/errors.js';
import type { ElementType } from '../../src/tensor.js';
import { runtime } from '../helpers/run-model.js';

const inputOf = (type: ElementType) => ({ name: 'x', type, dims: [2] });

describe('examples are fed as the type that the input has', () => {
  test.each([
    ...(['bool', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'] as const),
    ...(['float32', 'float64'] as const),
  ])('%s', async (type) => {
    const g = new GraphBuilder();
    g.output(g.rename(g.op('Cast', [g.input('x', type, ['batch', 2])], { to: 1 }), 'y'), 'float32');
    const session = await runtime.createSession(encodeModel(g.model()));
    const { y } = await session.run({ x: feedTensor(inputOf(type), Float32Array.of(0, 1, 1, 0), 2) });
    await session.release();
    expect(y!.dims).toEqual([2, 2]);
    expect(Array.from(y!.data as Float32Array)).toEqual([0, 1, 1, 0]);
  });

  test.each(['string', 'float16'] as const)('%s is refused', (type) => {
    expect(() => feedTensor(inputOf(type), Float32Array.of(0, 1), 1)).toThrow(InputError);
  });
});

describe('what an input cannot hold is refused, not cut off', () => {
  test.each([
    ['int64', 0.5],
    ['uint32', -1],
    ['uint8', 256],
    ['int8', -129],
    ['bool', 2],
    ['int32', 2 ** 31],
    ['int64', 2 ** 63],
    ['uint64', 2 ** 64],
  ] as const)('%s: %d', (type, value) => {
    const classifier = { input: inputOf(type), normalization: undefined };
    const feed = () => asFed(classifier, Float32Array.of(1, value), [2], 'x.npy');
    expect(feed).toThrow(new RegExp(`^x\\.npy: element 1 of an example is .* takes ${type}`));
  });

  test.each([
    ['int64', -(2 ** 63)],
    ['int64', 2 ** 63 - 2 ** 39],
    ['uint64', 2 ** 64 - 2 ** 40],
    ['uint32', 2 ** 32 - 256],
    ['int8', -128],
  ] as const)('%s takes %d', (type, value) => {
    const input = inputOf(type);
    const fed = asFed({ input, normalization: undefined }, Float32Array.of(1, value), [2], 'x.npy');
    expect(Number(feedTensor(input, fed, 1).data[1])).toBe(value);
  });
});
