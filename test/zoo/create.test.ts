import { expect, test } from '@jest/globals';
import { InputError } from '../../src/errors.js';
import { parametersOf } from '../../src/graph/parameters.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { feedsOf, graphOf, metadata, type Model } from '../../src/onnx/model.js';
import { decodeTensor } from '../../src/onnx/tensor-proto.js';
import { validateModel } from '../../src/onnx/validate.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { elementCount, float32, type Tensor } from '../../src/tensor.js';
import { create, type CreateOptions } from '../../src/zoo/create.js';
import { ACTIVATIONS, type ActivationName, type InitName } from '../../src/zoo/network.js';
import { ARCHITECTURES } from '../../src/zoo/registry.js';
import { awayFromZero } from '../helpers/gradients/gradient-check.js';

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

// vgg11 is made once only, below: drawing tens of millions of weights takes its time.
const tried = ARCHITECTURES.filter(({ name }) => name !== 'vgg11');

test.each(tried.map(({ name, inputShape }) => [name, inputShape] as const))(
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
    if (name === 'vgg16') expectPaperNetwork(model);
  },
);

/** The 33.6 million weights that the trace paper trains for CIFAR-10, and nothing of the batch norms. */
function expectPaperNetwork(model: Model): void {
  const graph = graphOf(model);
  const parameters = new Set(parametersOf(graph));
  const count = graph.initializer
    .filter(({ name }) => parameters.has(name))
    .reduce((sum, { dims }) => sum + elementCount(dims.map(Number)), 0);
  const convolutions = 3 * 64 + 64 * 64 + 64 * 128 + 128 ** 2 + 128 * 256 + 2 * 256 ** 2 + 256 * 512 + 5 * 512 ** 2;
  expect(count).toBe(9 * convolutions + 512 * 4096 + 4096 ** 2 + 4096 * 7);
  expect([...parameters].every((name) => /^(conv|fc)\d+\.weight$/.test(name))).toBe(true);
}

test.each(Object.entries(ACTIVATIONS))(
  'activation %s is what follows every layer but the last',
  async (activation, op) => {
    const model = create('lenet-bn', { activation: activation as ActivationName });
    const follow = graphOf(model).node.filter((node) => node.opType === op);
    expect(follow.map(({ name }) => name)).toEqual([1, 2, 3, 4].map((index) => `${activation}${index}`));
    expect((await logitsOf(model, { input: [1, 28, 28] })).dims).toEqual([2, 10]);
    // Only what follows the layers is another, not what they start from.
    expect(weight(model, 'fc1.weight')).toEqual(weight(create('lenet-bn'), 'fc1.weight'));
  },
);

test('an unknown activation is refused, with those that there are', () => {
  const activation = 'swoosh' as ActivationName;
  expect(() => create('mlp', { activation })).toThrow(
    /^activation: swoosh is none of relu, gelu, elu, softplus, tanh$/,
  );
});

test('uniform weights and biases fill ±1/√fan-in, as PyTorch draws them', () => {
  const model = create('simple-cnn', { init: 'uniform' });
  // Of n draws from ±b the largest is above (1 − 10/n) b in all but e⁻¹⁰ of cases.
  for (const [name, fanIn] of [
    ['conv2.weight', 16 * 25],
    ['fc.weight', 32 * 49],
    ['conv2.bias', 16 * 25],
  ] as const) {
    const values = weight(model, name).data;
    const bound = 1 / Math.sqrt(fanIn);
    const largest = Math.max(...values.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(bound * (1 + 2 ** -23));
    expect(largest).toBeGreaterThan(bound * (1 - 10 / values.length));
    expect(Math.min(...values)).toBeLessThan(0);
  }
});

test('an unknown way to draw weights is refused, with those that there are', () => {
  expect(() => create('mlp', { init: 'magic' as InitName })).toThrow(/^init: magic is none of he, uniform$/);
});

test.each(['mlp', 'lenet-bn'])('%s: the same seed gives the same bytes, another seed other weights', (name) => {
  const bytes = (seed: number) => encodeModel(create(name, { seed }));
  expect(Buffer.compare(bytes(5), bytes(5))).toBe(0);
  expect(Buffer.compare(bytes(5), bytes(6))).not.toBe(0);
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

test('vgg keeps odd sizes whole when it pools', async () => {
  const model = create('vgg11', { inputShape: [1, 28, 28] });
  expect(weight(model, 'fc1.weight').dims).toEqual([4096, 512]);
  expect((await logitsOf(model, { input: [1, 28, 28] })).dims).toEqual([2, 10]);
});

test('scores of a graph do not depend on the order of its nodes, nor on padding', async () => {
  const model = create('gin', { inputShape: [6, 9], seed: 2 });
  const edges = [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 0],
    [1, 3],
  ] as const;
  const graphOfOrder = (order: readonly number[]) => {
    const matrix = new Float32Array(6 * 9);
    for (const [node, place] of order.entries()) matrix[place * 9 + (node % 3)] = 1;
    for (const [a, b] of edges) {
      matrix[order[a]! * 9 + 3 + order[b]!] = 1;
      matrix[order[b]! * 9 + 3 + order[a]!] = 1;
    }
    return matrix;
  };
  // Four nodes in six rows: the first graph leaves the last two empty, the second two in the middle.
  const both = float32([...graphOfOrder([0, 1, 2, 3]), ...graphOfOrder([5, 0, 3, 1])], [2, 6, 9]);
  const session = await runtime.createSession(encodeModel(model));
  const scores = (await session.run({ input: both })).logits!.data as Float32Array;
  await session.release();
  // Sums over nodes are taken in another order.
  expect(scores.slice(10)).toBeAllClose(scores.slice(0, 10), { relative: 1e-4 });
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

test('small and large images get the stem that suits them', async () => {
  const large = create('resnet18', { inputShape: [3, 96, 96] });
  expect(weight(large, 'conv1.weight').dims).toEqual([64, 3, 7, 7]);
  expect((await logitsOf(large, { input: [3, 96, 96] }, 1)).dims).toEqual([1, 10]);
  const small = create('resnet18', { inputShape: [3, 64, 64] });
  expect(weight(small, 'conv1.weight').dims).toEqual([64, 3, 3, 3]);
  expect(metadata(small, 'onnx-explain.mean')).toBe('0.5,0.5,0.5');
});

test.each([
  ['lenet', [3, 32, 32]],
  ['mlp', [7]],
  ['simple-cnn', [3, 31, 33]],
] as const)('%s takes %j', async (name, inputShape) => {
  expect((await logitsOf(create(name, { inputShape }), { input: inputShape })).dims).toEqual([2, 10]);
});

test('images say how pixels become the input', () => {
  expect(metadata(create('lenet'), 'onnx-explain.std')).toBe('0.5');
  expect(metadata(create('mlp', { inputShape: [4] }), 'onnx-explain.mean')).toBeUndefined();
});

test('width scales every hidden layer and nothing else', async () => {
  const narrow = create('vgg16', { width: 1 / 16, classes: 7 });
  expect(weight(narrow, 'conv1.weight').dims).toEqual([4, 3, 3, 3]);
  expect(weight(narrow, 'conv13.weight').dims).toEqual([32, 32, 3, 3]);
  expect(weight(narrow, 'fc2.weight').dims).toEqual([256, 256]);
  expect((await logitsOf(narrow, { input: [3, 32, 32] })).dims).toEqual([2, 7]);
  const residual = create('resnet18', { width: 0.5 });
  expect(weight(residual, 'layer4.1.conv2.weight').dims).toEqual([256, 256, 3, 3]);
  // A width of 1 is the network itself.
  expect(weight(create('resnet18', { width: 1, seed: 3 }), 'fc.weight')).toEqual(
    weight(create('resnet18', { seed: 3 }), 'fc.weight'),
  );
});

test('depth says how many layers of gin there are', async () => {
  const shallow = create('gin', { depth: 1, width: 0.1 });
  const names = graphOf(shallow).initializer.map(({ name }) => name);
  expect(names.filter((name) => name.endsWith('fc1.weight'))).toEqual(['layer1.fc1.weight']);
  expect((await logitsOf(shallow, { input: [28, 35] })).dims).toEqual([2, 10]);
});

test('vit-tiny has as many weights as the network it is named after, to its depth', async () => {
  const graph = graphOf(create('vit-tiny', { seed: 3 }));
  const parameters = new Set(parametersOf(graph));
  const counts = graph.initializer.map(({ name, dims }) => (parameters.has(name) ? elementCount(dims.map(Number)) : 0));
  // timm's block of width 192 has 444,864; patches of 3·4·4, 64 positions, the last normalisation, ten classes.
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(
    6 * 444_864 + (48 + 1) * 192 + 64 * 192 + 2 * 192 + 193 * 10,
  );
  const narrow = create('vit-tiny', { width: 1 / 3, depth: 2, inputShape: [1, 28, 28] });
  expect(weight(narrow, 'blocks.1.attn.qkv.weight').dims).toEqual([64, 192]);
  expect(graphOf(narrow).initializer.some(({ name }) => name.startsWith('blocks.2.'))).toBe(false);
  expect((await logitsOf(narrow, { input: [1, 28, 28] })).dims).toEqual([2, 10]);
});

test('a patch of vit-tiny attends to all others, in the order of its heads', async () => {
  // Scores of a picture whose patches are moved around differ by the positions alone.
  const model = create('vit-tiny', { depth: 1, width: 1 / 3, inputShape: [1, 8, 8], seed: 2 });
  const positions = graphOf(model).initializer.find(({ name }) => name === 'pos_embed')!;
  const picture = Float32Array.from(awayFromZero([1, 1, 8, 8]).data);
  const turned = Float32Array.from({ length: 64 }, (_, i) => picture[((i >> 3) ^ 4) * 8 + ((i & 7) ^ 4)]!);
  const scoresOf = async () => {
    const session = await runtime.createSession(encodeModel(model));
    const { logits } = await session.run({ input: float32([...picture, ...turned], [2, 1, 8, 8]) });
    await session.release();
    const scores = logits!.data as Float32Array;
    return [scores.slice(0, 10), scores.slice(10)] as const;
  };
  const [upright, rotated] = await scoresOf();
  expect(rotated).not.toBeAllClose(upright, { relative: 1e-3 });
  positions.rawData = new Uint8Array(positions.rawData.length);
  const [before, after] = await scoresOf();
  // Sums over patches are taken in another order.
  expect(after).toBeAllClose(before, { relative: 1e-4, absolute: 1e-6 });
});

test('vit-tiny has GELU unless asked otherwise', () => {
  const usual = encodeModel(create('vit-tiny', { depth: 1 }));
  expect(encodeModel(create('vit-tiny', { depth: 1, activation: 'gelu' }))).toEqual(usual);
  const other = graphOf(create('vit-tiny', { depth: 1, activation: 'relu' })).node.map(({ opType }) => opType);
  expect(other).toContain('Relu');
  expect(other).not.toContain('Gelu');
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
  [
    'a choice that it does not have',
    'lenet',
    { hidden: [20] },
    /^hidden: lenet has no such choice; mlp can be given one$/,
  ],
  ['a depth that is fixed', 'vgg16', { depth: 3 }, /^depth: vgg16 .* gin can/],
  ['pictures that are no whole patches', 'vit-tiny', { inputShape: [1, 30, 28] }, /must be multiples of 4$/],
  ['no layer', 'gin', { depth: 0 }, /^depth: 0 is not a whole number above 0$/],
  ['no width', 'vgg16', { width: 0 }, /^width: 0 is not a number above 0/],
  ['a width that fills the memory', 'vgg16', { width: 1e9 }, /^width: /],
  ['weights that fill the memory', 'mlp', { hidden: [2 ** 30] }, /elements/],
])('%s is refused in one line', (_, name, options, message) => {
  expect(() => create(name, options)).toThrow(InputError);
  expect(() => create(name, options)).toThrow(message);
  expect(() => create(name, options)).not.toThrow(/\n/);
});
