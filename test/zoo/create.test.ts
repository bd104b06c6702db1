import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/errors.js';
import { parametersOf } from '../../src/graph/parameters.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { feedsOf, graphOf, metadata, type Model } from '../../src/onnx/model.js';
import { decodeTensor } from '../../src/onnx/tensor-proto.js';
import { validateModel } from '../../src/onnx/validate.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { elementCount, type Tensor } from '../../src/tensor.js';
import { create, type CreateOptions } from '../../src/zoo/create.js';
import { ARCHITECTURES } from '../../src/zoo/registry.js';
import { awayFromZero } from '../helpers/gradient-check.js';

const runtime = nodeRuntime({ threads: 1 });

/** Logits of random examples, after the model's own check. */
async function logitsOf(model: Model, shapes: Record<string, readonly number[]>, batch = 2): Promise<Tensor> {
  validateModel(model, 'zoo');
  const session = await runtime.createSession(encodeModel(model));
  try {
    const feeds = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => {
        const dims = [batch, ...shape];
        return [name, { type: 'float32', dims, data: Float32Array.from(awayFromZero(dims).data) }] as const;
      }),
    );
    return (await session.run(feeds)).logits!;
  } finally {
    await session.release();
  }
}

const weight = (model: Model, name: string) =>
  decodeTensor(graphOf(model).initializer.find((stored) => stored.name === name)!) as Tensor<'float32'>;

describe('every architecture', () => {
  test.each(ARCHITECTURES.map(({ name, inputShape }) => [name, inputShape] as const))(
    '%s runs and gives one row of scores an example',
    async (name, inputShape) => {
      const model = create(name, { seed: 1, classes: 7 });
      const graph = graphOf(model);
      expect(feedsOf(graph)[0]!.name).toBe('input');
      const logits = await logitsOf(model, { input: inputShape });
      expect(logits.dims).toEqual([2, 7]);
      expect([...(logits.data as Float32Array)].every(Number.isFinite)).toBe(true);
      expect(metadata(model, 'onnx-explain.architecture')).toBe(name);
      expect(new Set(graph.node.map((node) => node.name)).size).toBe(graph.node.length);
    },
  );

  test.each(ARCHITECTURES.map(({ name }) => name).filter((name) => !name.startsWith('vgg')))(
    '%s: the same seed gives the same bytes, another seed other weights',
    (name) => {
      const bytes = (seed: number) => encodeModel(create(name, { seed }));
      expect(Buffer.compare(bytes(5), bytes(5))).toBe(0);
      expect(Buffer.compare(bytes(5), bytes(6))).not.toBe(0);
    },
  );
});

test.each([
  ['conv2.weight', 6 * 25],
  ['fc1.weight', 400],
  ['fc3.weight', 84],
])('%s has mean 0 and variance 2 / fan-in', (name, fanIn) => {
  // Seeds are joined so that the smallest weight gives 8400 numbers.
  const values = Array.from({ length: 10 }, (_, seed) => [...weight(create('lenet', { seed }), name).data]).flat();
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
  const expected = 2 / fanIn;
  // Five standard errors of the mean, and of a normal sample's variance (σ²√(2/n)).
  expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(expected / n));
  expect(Math.abs(variance / expected - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
});

test('biases and batch-norm statistics start neutral', () => {
  const model = create('lenet-bn');
  for (const [name, value] of [
    ['bn1.weight', 1],
    ['bn1.bias', 0],
    ['bn1.running_mean', 0],
    ['bn1.running_var', 1],
    ['fc3.bias', 0],
  ] as const) {
    expect(new Set(weight(model, name).data)).toEqual(new Set([value]));
  }
});

test('vgg16 for CIFAR-10 trains the 33.6 million weights of the trace paper and nothing of its batch norms', () => {
  const graph = graphOf(create('vgg16', { classes: 10 }));
  const parameters = new Set(parametersOf(graph));
  const count = graph.initializer
    .filter(({ name }) => parameters.has(name))
    .reduce((sum, { dims }) => sum + elementCount(dims.map(Number)), 0);
  // 9 · (3·64 + 64·64 + 64·128 + 128² + 128·256 + 2·256² + 256·512 + 5·512²) + 512·4096 + 4096² + 4096·10
  expect(count).toBe(33_625_792);
  expect([...parameters].every((name) => /^(conv|fc)\d+\.weight$/.test(name))).toBe(true);
});

test('small and large images get the stem that suits them', async () => {
  const large = create('resnet18', { inputShape: [3, 96, 96] });
  expect(weight(large, 'conv1.weight').dims).toEqual([64, 3, 7, 7]);
  expect((await logitsOf(large, { input: [3, 96, 96] }, 1)).dims).toEqual([1, 10]);
  expect(weight(create('resnet18'), 'conv1.weight').dims).toEqual([64, 3, 3, 3]);
});

test.each([
  ['lenet', [3, 32, 32]],
  ['vgg11', [1, 28, 28]],
  ['mlp', [7]],
  ['simple-cnn', [3, 31, 33]],
] as const)('%s takes %j', async (name, inputShape) => {
  expect((await logitsOf(create(name, { inputShape }), { input: inputShape })).dims).toEqual([2, 10]);
});

test('images say how pixels become the input', () => {
  expect(metadata(create('resnet18'), 'onnx-explain.mean')).toBe('0.5,0.5,0.5');
  expect(metadata(create('lenet'), 'onnx-explain.std')).toBe('0.5');
  expect(metadata(create('mlp', { inputShape: [4] }), 'onnx-explain.mean')).toBeUndefined();
});

test('mlp takes the widths of its hidden layers', () => {
  const graph = graphOf(create('mlp', { hidden: [20, 30], classes: 3 }));
  const gemms = graph.node.filter(({ opType }) => opType === 'Gemm').map(({ name }) => name);
  expect(gemms).toEqual(['fc1', 'fc2', 'fc3']);
  expect(graph.initializer.find(({ name }) => name === 'fc2.weight')!.dims.map(Number)).toEqual([30, 20]);
});

test.each<[string, string, CreateOptions, RegExp]>([
  ['an unknown architecture', 'alexnet', {}, /choose one of mlp, lenet/],
  ['no classes', 'lenet', { classes: 0 }, /classes: 0/],
  ['a fractional size', 'lenet', { inputShape: [1, 28.5, 28] }, /input shape: 28.5/],
  ['a vector for a convolution', 'lenet', { inputShape: [784] }, /needs 3 sizes/],
  ['graphs without features', 'gin', { inputShape: [10, 10] }, /features/],
  ['images that vanish', 'lenet', { inputShape: [1, 4, 4] }, /too small/],
  ['weights that fill the memory', 'mlp', { hidden: [2 ** 30] }, /elements/],
])('%s is refused in one line', (_, name, options, message) => {
  expect(() => create(name, options)).toThrow(InputError);
  expect(() => create(name, options)).toThrow(message);
  expect(() => create(name, options)).not.toThrow(/\n/);
});
