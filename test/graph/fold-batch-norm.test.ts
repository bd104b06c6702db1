import { describe, expect, test } from '@jest/globals';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { foldBatchNorm } from '../../src/graph/fold-batch-norm.js';
import { float } from '../../src/onnx/attributes.js';
import { graphOf, onnx } from '../../src/onnx/model.js';
import { decodeTensor, encodeTensor } from '../../src/onnx/tensor-proto.js';
import { float32, type Tensor } from '../../src/tensor.js';
import { create } from '../../src/zoo/create.js';
import { awayFromZero, positive } from '../helpers/gradients/gradient-check.js';
import { expectSameOutputs } from '../helpers/run-model.js';

const x = (...dims: number[]) => float32(Float32Array.from(awayFromZero(dims, dims.length + 1).data), dims);
const variance = (size: number) => float32(Float32Array.from(positive([size]).data));

/** Folding rounds each weight once more, and sums then differ by about √n roundings of 6e-8. */
const ROUNDING = 2e-6;

function addNorm(g: GraphBuilder, input: string, output: string, channels: number, training = false): void {
  const names = ['scale', 'shift', 'mean', 'variance'].map((part) => `${output}.${part}`);
  const values = [x(channels), x(channels), x(channels), variance(channels)];
  names.forEach((name, i) => g.initializer(name, values[i]!));
  const attributes = { epsilon: float(1e-3), training_mode: training ? 1 : undefined };
  g.add(makeNode('BatchNormalization', [input, ...names], training ? [output, '', 'v'] : [output], attributes));
}

/** A model in which `build` computes `h` from the input `x`, and a batch norm follows. */
function normalised(input: Tensor, channels: number, build: (g: GraphBuilder) => void) {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', ...input.dims.slice(1)]);
  build(g);
  addNorm(g, 'h', 'y', channels);
  g.output('y', 'float32', ['batch', channels, ...input.dims.slice(2).map((_, i) => `size${i}`)]);
  return { model: g.model(), feeds: { x: input } };
}

const ops = (model: ReturnType<typeof foldBatchNorm>) => graphOf(model).node.map(({ opType }) => opType);

describe('folds into', () => {
  test.each([
    ['Conv', [x(4, 3, 3, 3), x(4)], {}],
    ['Conv without bias', [x(4, 3, 3, 3)], {}],
    ['Conv in groups', [x(6, 1, 3, 3), x(6)], { group: 3 }],
  ] as [string, Tensor[], { group?: number }][])('%s', async (_, weights, attributes) => {
    const { model, feeds } = normalised(x(2, 3, 6, 5), weights[0]!.dims[0]!, (g) => {
      const names = weights.map((weight, i) => g.initializer(['w', 'b'][i]!, weight));
      g.add(makeNode('Conv', ['x', ...names], ['h'], attributes));
    });
    const folded = foldBatchNorm(model);
    expect(ops(folded)).toEqual(['Conv']);
    expect(graphOf(folded).initializer.map(({ name }) => name)).toContain('w');
    await expectSameOutputs(folded, model, feeds, ROUNDING);
  });

  test.each([
    ['ConvTranspose', x(3, 4, 2, 2), {}, 4],
    ['ConvTranspose in groups', x(3, 2, 2, 2), { group: 3 }, 6],
  ] as const)('%s', async (_, weight, attributes, channels) => {
    const { model, feeds } = normalised(x(2, 3, 4, 4), channels, (g) => {
      g.add(makeNode('ConvTranspose', ['x', g.initializer('w', weight)], ['h'], { ...attributes, strides: [2, 2] }));
    });
    const folded = foldBatchNorm(model);
    expect(ops(folded)).toEqual(['ConvTranspose']);
    await expectSameOutputs(folded, model, feeds, ROUNDING);
  });

  test.each([
    ['Gemm', x(3, 5), x(5), {}],
    ['Gemm with a transposed weight', x(5, 3), x(1, 5), { transB: 1 }],
    ['Gemm with factors', x(3, 5), x(5), { alpha: float(0.5), beta: float(3) }],
    ['Gemm without bias', x(3, 5), undefined, {}],
  ] as const)('%s', async (_, weight, bias, attributes) => {
    const { model, feeds } = normalised(x(4, 3), 5, (g) => {
      const inputs = ['x', g.initializer('w', weight), ...(bias ? [g.initializer('b', bias)] : [])];
      g.add(makeNode('Gemm', inputs, ['h'], attributes));
    });
    const folded = foldBatchNorm(model);
    expect(ops(folded)).toEqual(['Gemm']);
    await expectSameOutputs(folded, model, feeds, ROUNDING);
  });

  test.each([true, false])('MatMul of matrices (with an Add: %p)', async (adds) => {
    const { model, feeds } = normalised(x(4, 3), 5, (g) => {
      g.add(makeNode('MatMul', ['x', g.initializer('w', x(3, 5))], [adds ? 'p' : 'h']));
      if (adds) g.add(makeNode('Add', [g.initializer('b', x(5)), 'p'], ['h']));
    });
    const folded = foldBatchNorm(model, () => 2);
    expect(ops(folded)).toEqual(['MatMul', 'Add']);
    await expectSameOutputs(folded, model, feeds, ROUNDING);
    // Whether the channels are the last axis is not known without the rank.
    expect(ops(foldBatchNorm(model))).toContain('BatchNormalization');
  });

  test('every layer of a network', async () => {
    const model = create('lenet-bn', { seed: 3 });
    for (const [i, stored] of graphOf(model).initializer.entries()) {
      if (!/running_(mean|var)|bn.*bias/.test(stored.name)) continue;
      const size = decodeTensor(stored).dims[0]!;
      const values = stored.name.includes('running_var') ? variance(size) : x(size);
      graphOf(model).initializer[i] = encodeTensor(stored.name, values);
    }
    const folded = foldBatchNorm(model);
    expect(ops(folded)).not.toContain('BatchNormalization');
    // Each of five layers passes the rounding of those before it on.
    await expectSameOutputs(folded, model, { input: x(2, 1, 28, 28) }, 5 * ROUNDING);
  });

  test('two norms in a row', async () => {
    const { model, feeds } = normalised(x(2, 3, 4, 4), 4, (g) => {
      g.add(makeNode('Conv', ['x', g.initializer('w', x(4, 3, 3, 3))], ['c']));
      addNorm(g, 'c', 'h', 4);
    });
    const folded = foldBatchNorm(model);
    expect(ops(folded)).toEqual(['Conv']);
    await expectSameOutputs(folded, model, feeds, ROUNDING);
  });
});

describe('leaves alone', () => {
  test('a norm in training mode, one after another operator, one whose input others read', () => {
    const g = new GraphBuilder();
    g.input('x', 'float32', [2, 3, 5, 5]);
    g.initializer('w', x(3, 3, 3, 3));
    g.add(makeNode('Conv', ['x', 'w'], ['a']));
    addNorm(g, 'a', 'b', 3, true);
    g.add(makeNode('Relu', ['b'], ['c']));
    addNorm(g, 'c', 'd', 3);
    g.add(makeNode('Conv', ['x', 'w'], ['e']));
    addNorm(g, 'e', 'f', 3);
    for (const name of ['d', 'e', 'f']) g.graph.output.push(new onnx.ValueInfoProto({ name }));
    const model = g.model();
    const folded = foldBatchNorm(model);
    expect(ops(folded).filter((op) => op === 'BatchNormalization')).toHaveLength(3);
  });

  test('a weight that others read: the layer gets its own copy', async () => {
    const { model, feeds } = normalised(x(2, 3, 3, 3), 3, (g) => {
      g.initializer('w', x(3, 3, 1, 1));
      g.add(makeNode('Conv', ['x', 'w'], ['first']));
      g.add(makeNode('Conv', ['first', 'w'], ['h']));
    });
    const folded = foldBatchNorm(model);
    expect(graphOf(folded).initializer.map(({ name }) => name)).toEqual(expect.arrayContaining(['w', 'w_folded']));
    await expectSameOutputs(folded, model, feeds, ROUNDING);
  });

  test('the model that was given', () => {
    const model = create('lenet-bn');
    const before = graphOf(model).node.length;
    foldBatchNorm(model);
    expect(graphOf(model).node).toHaveLength(before);
  });
});
