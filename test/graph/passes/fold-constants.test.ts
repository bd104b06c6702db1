import { expect, test } from '@jest/globals';
import { GraphBuilder, makeNode, type Attributes } from '../../../src/graph/builder.js';
import { foldConstants } from '../../../src/graph/passes/fold-constants.js';
import { liftConstants } from '../../../src/graph/passes/lift-constants.js';
import { float } from '../../../src/onnx/attributes.js';
import { graphOf, onnx } from '../../../src/onnx/model.js';
import { float32, int64 } from '../../../src/tensor.js';
import { awayFromZero } from '../../helpers/gradients/gradient-check.js';
import { expectSameOutputs, runtime, runModel } from '../../helpers/run-model.js';

const x = (...dims: number[]) => float32(Float32Array.from(awayFromZero(dims).data), dims);

function modelOf(build: (g: GraphBuilder) => void) {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', 3]);
  build(g);
  g.graph.output.push(new onnx.ValueInfoProto({ name: 'y' }));
  return g.model();
}

const opsOf = (model: ReturnType<typeof modelOf>) => graphOf(model).node.map(({ opType }) => opType);
const feeds = { x: x(2, 3) };

test('what depends on constants only is replaced by its result', async () => {
  const model = modelOf((g) => {
    g.initializer('w', x(4, 3));
    g.add(makeNode('Transpose', ['w'], ['wt']));
    g.add(makeNode('Mul', ['wt', g.scalar(2)], ['scaled']));
    g.add(makeNode('MatMul', ['x', 'scaled'], ['y']));
  });
  const folded = await foldConstants(model, runtime);
  expect(opsOf(folded)).toEqual(['MatMul']);
  expect(graphOf(folded).initializer.map(({ name }) => name)).toEqual(['scaled']);
  await expectSameOutputs(folded, model, feeds);
});

test('a weight to be trained is no constant', async () => {
  const model = modelOf((g) => {
    g.initializer('w', x(4, 3));
    g.add(makeNode('Transpose', ['w'], ['wt']));
    g.add(makeNode('Concat', [g.ints([-1]), g.ints([4])], ['shape'], { axis: 0 }));
    g.add(makeNode('MatMul', ['x', 'wt'], ['h']));
    g.add(makeNode('Reshape', ['h', 'shape'], ['y']));
  });
  const folded = await foldConstants(model, runtime, ['w']);
  expect(opsOf(folded)).toEqual(['Transpose', 'MatMul', 'Reshape']);
  await expectSameOutputs(folded, model, feeds);
});

test('random numbers and dropout in training stay, and so does what only the runtime could hold', async () => {
  const model = modelOf((g) => {
    g.add(makeNode('RandomNormal', [], ['noise'], { shape: [3] }));
    g.add(makeNode('Add', ['x', 'noise'], ['a']));
    g.add(makeNode('ConstantOfShape', [g.ints([2 ** 23])], ['large']));
    g.add(makeNode('ReduceMax', ['large'], ['zero'], { keepdims: 0 }));
    g.add(makeNode('Expand', ['zero', g.ints([2 ** 23])], ['wide']));
    g.add(makeNode('Concat', ['wide', 'wide'], ['y'], { axis: 0 }));
  });
  const folded = await foldConstants(model, runtime);
  // The last result, an output, is too large to be stored, so its chain stays as it is.
  expect(opsOf(folded)).toEqual(['ConstantOfShape', 'ReduceMax', 'Expand', 'Concat']);
  const noisy = modelOf((g) => {
    g.add(makeNode('RandomNormal', [], ['noise'], { shape: [3] }));
    g.add(makeNode('Add', ['x', 'noise'], ['y']));
  });
  expect(opsOf(await foldConstants(noisy, runtime))).toEqual(['RandomNormal', 'Add']);
});

test('an output that is constant becomes a weight', async () => {
  const model = modelOf((g) => g.add(makeNode('Add', [g.scalar(1), g.scalar(2)], ['y'])));
  const folded = await foldConstants(model, runtime);
  expect(opsOf(folded)).toEqual([]);
  expect((await runModel(folded, feeds)).y!.data).toEqual(Float32Array.of(3));
});

test('a model without constant parts is returned as it is', async () => {
  const model = modelOf((g) => g.add(makeNode('Relu', ['x'], ['y'])));
  expect(await foldConstants(model, runtime)).toBe(model);
});

test.each<[string, Attributes, string]>([
  ['value', { value: float32([1, 2], [2, 1]) }, 'float32 2,1'],
  ['value_float', { value_float: float(1.5) }, 'float32 '],
  ['value_floats', { value_floats: float([1.5, 2]) }, 'float32 2'],
  ['value_int', { value_int: 7 }, 'int64 '],
  ['value_ints', { value_ints: [7, 8] }, 'int64 2'],
  ['value_string', { value_string: 'text' }, 'string '],
])('a Constant with %s becomes a weight', async (_, attributes, described) => {
  const model = modelOf((g) => g.add(makeNode('Constant', [], ['y'], attributes)));
  const lifted = liftConstants(model);
  expect(opsOf(lifted)).toEqual([]);
  const { y } = await runModel(lifted, feeds);
  expect(`${y!.type} ${y!.dims.join()}`).toBe(described);
  expect(y!.data).toEqual((await runModel(model, feeds)).y!.data);
});

test('a sparse constant is refused', () => {
  const sparse = new onnx.AttributeProto({
    name: 'sparse_value',
    type: onnx.AttributeProto.AttributeType.SPARSE_TENSOR,
    sparseTensor: new onnx.SparseTensorProto({ dims: [4] }),
  });
  const model = modelOf((g) => g.add(makeNode('Constant', [], ['y'], { sparse_value: sparse })));
  expect(() => liftConstants(model)).toThrow(/sparse_value.*not supported/);
  expect(() => liftConstants(modelOf((g) => g.add(makeNode('Constant', [], ['y']))))).toThrow(/no value/);
});

test('constants in branches stay where they are', () => {
  const branch = (name: string) => {
    const b = new GraphBuilder({ name });
    b.add(makeNode('Constant', [], ['c'], { value: int64([1]) }));
    b.output('c', 'int64');
    return b.graph;
  };
  const model = modelOf((g) => {
    g.input('yes', 'bool', []);
    g.add(makeNode('If', ['yes'], ['y'], { then_branch: branch('a'), else_branch: branch('b') }));
  });
  expect(graphOf(liftConstants(model)).initializer).toEqual([]);
});
