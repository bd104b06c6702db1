import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/errors.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { measureGraph } from '../../src/graph/measure.js';
import { prepareModel } from '../../src/graph/prepare.js';
import { inferValues } from '../../src/graph/values.js';
import { graphOf, onnx, type Model } from '../../src/onnx/model.js';
import { float32, int64 } from '../../src/tensor.js';
import { runtime } from '../helpers/run-model.js';

/** A model of one input [batch, 3, 4] that ends in the sum of what is built. */
function summing(build: (builder: GraphBuilder, x: string) => string): Model {
  const builder = new GraphBuilder();
  const x = builder.input('x', 'float32', ['batch', 3, 4]);
  builder.rename(builder.op('ReduceSum', [build(builder, x)], { keepdims: 0 }), 'y');
  builder.output('y', 'float32');
  return builder.model();
}

/** As every command does that computes with a model. */
const shapesOf = async (model: Model) => inferValues(await prepareModel(model, runtime), runtime);

const BILLION = 10 ** 9;

/** Graphs of a few hundred bytes that ask for gigabytes. */
const BOMBS: Record<string, (builder: GraphBuilder, x: string) => string> = {
  Expand: (b, x) => b.op('Expand', [x, b.ints([BILLION, 1, 1, 1])]),
  Range: (b) =>
    b.op(
      'Cast',
      [
        b.op(
          'Range',
          [0, BILLION, 1].map((n) => b.constant(int64([n], []))),
        ),
      ],
      { to: 1 },
    ),
  Pad: (b, x) => b.op('Pad', [x, b.ints([0, 0, 0, 0, 0, BILLION])]),
  ConstantOfShape: (b) => b.op('ConstantOfShape', [b.ints([BILLION])]),
  Tile: (b, x) => b.op('Tile', [x, b.ints([1, 1, BILLION])]),
  Resize: (b, x) => b.op('Resize', [x, '', b.constant(float32([1, 30000, 30000]))]),
  OneHot: (b) => b.op('OneHot', [b.ints([0, 1]), b.constant(int64([BILLION], [])), b.constant(float32([0, 1]))]),
  'a weight of many channels': (b, x) =>
    b.op('ConvTranspose', [x, b.constant(float32(new Float32Array(9), [3, 1, 3]))], { strides: [BILLION] }),
  'products of a vector with itself': (b, x) => {
    let row = b.op('Reshape', [x, b.ints([1, -1])]);
    for (let i = 0; i < 3; i++) {
      const square = b.op('MatMul', [b.op('Transpose', [row], { perm: [1, 0] }), row]);
      row = b.op('Reshape', [square, b.ints([1, -1])]);
    }
    return row;
  },
  'a target computed from a shape': (b, x) => {
    const far = b.op('Mul', [b.op('Shape', [x]), b.ints([1, 30000, 30000])]);
    const turned = b.op('Where', [b.op('Greater', [far, b.ints([0])]), far, b.ints([1])]);
    return b.op('Expand', [b.op('ReduceSum', [x]), turned]);
  },
  'a target computed from a target': (b, x) => {
    const one = b.op('ReduceSum', [x]);
    const size = b.op('Where', [
      b.constant({ type: 'bool', dims: [1], data: Uint8Array.of(1) }),
      b.ints([100]),
      b.ints([1]),
    ]);
    const row = b.op('Expand', [one, b.op('Concat', [b.ints([1, 1]), size], { axis: 0 })]);
    const square = b.op('Mul', [b.op('Shape', [row]), b.op('Shape', [row])]);
    const power = b.op('Where', [
      b.op('Greater', [square, b.ints([1])]),
      b.op('Mul', [square, b.ints([BILLION])]),
      square,
    ]);
    return b.op('Expand', [one, power]);
  },
};

describe('a model that would take more memory than its size is worth', () => {
  test.each(Object.entries(BOMBS))('%s', async (_, build) => {
    const before = process.memoryUsage().rss;
    await expect(shapesOf(summing(build))).rejects.toThrow(/would take .* [GT]B of memory/);
    // The smallest of them asks for 4 GB.
    expect(process.memoryUsage().rss - before).toBeLessThan(5e8);
  });

  test('an input that no example fills', async () => {
    const builder = new GraphBuilder();
    builder.output(
      builder.rename(builder.op('Relu', [builder.input('x', 'float32', ['batch', 30000, 30000])]), 'y'),
      'float32',
    );
    await expect(shapesOf(builder.model())).rejects.toThrow(/no example is that large/);
  });
});

describe('measuring', () => {
  const feeds = new Map([['x', { type: 'float32', dims: [2, 3, 4] } as const]]);

  test('sizes that follow from other sizes, and from what is computed', async () => {
    const model = summing((b, x) => {
      const target = b.op('Where', [
        b.op('Greater', [b.op('Shape', [x]), b.ints([2])]),
        b.op('Shape', [x]),
        b.ints([1]),
      ]);
      const grown = b.op('Expand', [b.op('ReduceSum', [x]), target]);
      const places = b.op('NonZero', [b.op('Add', [grown, b.scalar(1)])]);
      return b.op('Cast', [places], { to: 1 });
    });
    const { known } = await measureGraph(model, runtime, feeds);
    const dims = Object.fromEntries(
      graphOf(model).node.map(({ opType, output }) => [opType, known.get(output[0]!)?.dims]),
    );
    expect(dims).toMatchObject({ Expand: [1, 3, 4], NonZero: [3, 12], Cast: [3, 12] });
  });

  test('a weight stands in by its shape', async () => {
    const model = summing((b, x) => b.op('MatMul', [x, b.constant(float32(new Float32Array(4 * 500), [4, 500]))]));
    const { known } = await measureGraph(model, runtime, feeds);
    expect(known.get(graphOf(model).node[0]!.output[0]!)).toEqual({ type: 'float32', dims: [2, 3, 500] });
  });

  test('values that are no tensors are told apart, and what comes out of them is measured', async () => {
    const model = summing((b, x) =>
      b.op('SequenceAt', [b.op('SequenceConstruct', [x, x]), b.constant(int64([1], []))]),
    );
    const { known, others } = await measureGraph(model, runtime, feeds);
    const [sequence, element] = graphOf(model).node.map(({ output }) => output[0]!);
    expect([...others]).toEqual([sequence]);
    expect(known.get(element!)?.dims).toEqual([2, 3, 4]);
    expect((await inferValues(model, runtime)).of(element!).dims).toEqual(['batch', 3, 4]);
  });
});

describe('inputs whose shape the model does not say', () => {
  const open = (change: (tensor: onnx.TypeProto.$Properties['tensorType'] & {}) => void) => {
    const model = summing((b, x) => b.op('Relu', [x]));
    change(graphOf(model).input[0]!.type!.tensorType!);
    return model;
  };
  const CASES: Record<string, (tensor: onnx.TypeProto.Tensor) => void> = {
    'a named dimension': ({ shape }) => (shape!.dim[2] = new onnx.TensorShapeProto.Dimension({ dimParam: 'w' })),
    'an unnamed one': ({ shape }) => (shape!.dim[2] = new onnx.TensorShapeProto.Dimension({})),
    'one of −1': ({ shape }) => (shape!.dim[2] = new onnx.TensorShapeProto.Dimension({ dimValue: -1 })),
    'no number of dimensions': (tensor) => (tensor.shape = null),
  };

  test.each(Object.entries(CASES))('%s', async (_, change) => {
    const asked = inferValues(open(change), runtime);
    await expect(asked).rejects.toThrow(InputError);
    await expect(asked).rejects.toThrow(/give the shape of one example as (`inputShape`|--input-shape)/);
    const values = await inferValues(open(change), runtime, { x: [3, 4] });
    expect(values.of('x').dims).toEqual(['batch', 3, 4]);
    expect(values.of('y').dims).toEqual([]);
  });
});
