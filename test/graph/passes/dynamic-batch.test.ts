import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../../src/errors.js';
import { GraphBuilder, makeNode, type Dim } from '../../../src/graph/builder.js';
import { fixedBatch, requireFreeBatch } from '../../../src/graph/batch.js';
import { dynamicBatch } from '../../../src/graph/passes/dynamic-batch.js';
import { inferValues } from '../../../src/graph/values.js';
import { graphOf, type Model } from '../../../src/onnx/model.js';
import { float32, int64 } from '../../../src/tensor.js';
import { create } from '../../../src/zoo/create.js';
import { awayFromZero } from '../../helpers/gradients/gradient-check.js';
import { runtime, runModel } from '../../helpers/run-model.js';

const x = (...dims: number[]) => float32(Float32Array.from(awayFromZero(dims).data), dims);
const alike = (rows: number, ...rest: number[]) => {
  const row = [...x(1, ...rest).data];
  return float32(Array.from({ length: rows }, () => row).flat(), [rows, ...rest]);
};

function fixed(dims: readonly Dim[], build: (g: GraphBuilder) => void): Model {
  const g = new GraphBuilder();
  g.input('x', 'float32', dims);
  build(g);
  g.output('y', 'float32');
  return g.model();
}

/** Frees the batch, and checks that five examples at once are the same as one model run for each batch of `size`. */
async function expectFreed(model: Model, size: number): Promise<Model> {
  const free = await dynamicBatch(model, runtime);
  const { dims } = (await inferValues(free, runtime)).of('x');
  expect(dims[0]).toBe('batch');
  const rest = dims.slice(1) as number[];
  const input = x(3 * size, ...rest);
  const together = (await runModel(free, { x: input })).y!.data as Float32Array;
  const length = input.data.length / 3;
  const parts: number[] = [];
  for (let i = 0; i < 3; i++) {
    const part = float32(input.data.slice(i * length, (i + 1) * length), [size, ...rest]);
    parts.push(...((await runModel(model, { x: part })).y!.data as Float32Array));
  }
  // Larger batches may be summed in another order.
  expect(together).toBeAllClose(parts, { relative: 1e-5 });
  return free;
}

describe.each([1, 4])('frees a batch of %d', (size) => {
  test('of a convolution that is flattened', async () => {
    const model = fixed([size, 2, 4, 4], (g) => {
      g.add(makeNode('Conv', ['x', g.initializer('w', x(3, 2, 3, 3))], ['c']));
      g.add(makeNode('Reshape', ['c', g.ints([size, 12])], ['y']));
    });
    const free = await expectFreed(model, size);
    expect(graphOf(free).node.map(({ opType }) => opType)).toEqual(['Conv', 'Reshape']);
  });

  test('that is kept beside a size left open', async () => {
    const model = fixed([size, 2, 4, 4], (g) => g.add(makeNode('Reshape', ['x', g.ints([size, 2, -1])], ['y'])));
    await expectFreed(model, size);
  });

  test('that is joined with another axis and taken apart again', async () => {
    const model = fixed([size, 3, 4], (g) => {
      g.add(makeNode('Reshape', ['x', g.ints([size * 3, -1])], ['rows']));
      g.add(makeNode('MatMul', ['rows', g.initializer('w', x(4, 2))], ['r']));
      g.add(makeNode('Reshape', ['r', g.ints([size, -1, 2])], ['y']));
    });
    await expectFreed(model, size);
  });

  test('of heads of attention', async () => {
    const model = fixed([size, 3, 4], (g) => {
      g.add(makeNode('Reshape', ['x', g.ints([size, 3, 2, 2])], ['split']));
      g.add(makeNode('Transpose', ['split'], ['heads'], { perm: [0, 2, 1, 3] }));
      g.add(makeNode('Reshape', ['heads', g.ints([size * 2, 3, 2])], ['flat']));
      g.add(makeNode('MatMul', ['flat', g.op('Transpose', ['flat'], { perm: [0, 2, 1] })], ['scores']));
      g.add(makeNode('Reshape', ['scores', g.ints([size, 2, 3, 3])], ['y']));
    });
    await expectFreed(model, size);
  });

  test('of attention that has the sequence first', async () => {
    const [length, heads, width] = [5, 2, 3];
    const features = heads * width;
    const model = fixed([size, length, features], (g) => {
      const swapped = (value: string) => g.op('Transpose', [value], { perm: [1, 0, 2] });
      const shaped = (value: string, ...dims: number[]) => g.op('Reshape', [value, g.ints(dims)], { allowzero: 1 });
      const rows = shaped(swapped('x'), length, size * heads, width);
      const mixed = g.op('Softmax', [swapped(rows)], { axis: 1 });
      const together = shaped(swapped(mixed), length * size, features);
      const dense = g.op('MatMul', [together, g.initializer('w', x(features, 4))]);
      g.add(makeNode('Transpose', [shaped(dense, length, size, 4)], ['y'], { perm: [1, 0, 2] }));
    });
    await expectFreed(model, size);
  });

  test('of what a recurrent layer gives, directions merged', async () => {
    const [length, width] = [6, 3];
    const model = fixed([size, length, width], (g) => {
      const sequence = g.op('Transpose', ['x'], { perm: [1, 0, 2] });
      const apart = g.op('Reshape', [sequence, g.ints([length, size, 1, width])]);
      const merged = g.op('Reshape', [apart, g.ints([length, size, width])], { allowzero: 1 });
      g.add(makeNode('Gather', [merged, g.constant(int64([-1], []))], ['y'], { axis: 0 }));
    });
    await expectFreed(model, size);
  });

  test('that a class token and position numbers were repeated for', async () => {
    const model = fixed([size, 3, 4], (g) => {
      g.add(makeNode('Concat', [g.initializer('token', alike(size, 1, 4)), 'x'], ['tokens'], { axis: 1 }));
      g.add(makeNode('Add', ['tokens', g.initializer('positions', alike(size, 4, 4))], ['y']));
    });
    await expectFreed(model, size);
  });

  test('that is the target of Expand and Resize', async () => {
    const model = fixed([size, 2, 4, 4], (g) => {
      g.add(makeNode('Resize', ['x', '', '', g.ints([size, 2, 6, 6])], ['large'], { mode: 'nearest' }));
      g.add(makeNode('ReduceMean', ['large', g.ints([2, 3])], ['mean'], { keepdims: 1 }));
      g.add(makeNode('Expand', ['mean', g.ints([size, 2, 3, 3])], ['wide']));
      g.add(makeNode('ConstantOfShape', [g.ints([size, 1, 3, 3])], ['zeros'], { value: float32([2]) }));
      g.add(makeNode('Concat', ['wide', 'zeros'], ['y'], { axis: 1 }));
    });
    await expectFreed(model, size);
  });

  test('that states of a recurrent layer were made for', async () => {
    const zeros = float32(new Float32Array(size * 2), [1, size, 2]);
    const model = fixed([size, 3, 4], (g) => {
      g.add(makeNode('Transpose', ['x'], ['steps'], { perm: [1, 0, 2] }));
      const weights = [g.initializer('w', x(1, 6, 4)), g.initializer('r', x(1, 6, 2))];
      g.add(makeNode('GRU', ['steps', ...weights, '', '', g.constant(zeros)], ['', 'h'], { hidden_size: 2 }));
      g.add(makeNode('Squeeze', ['h', g.ints([0])], ['y']));
    });
    await expectFreed(model, size);
  });

  test('that stands in rows of a weight picked alike for each example, and in a number to be expanded', async () => {
    const kinds = int64(Array.from({ length: size }, () => [1, 0, 1]).flat(), [size, 3]);
    const model = fixed([size, 3, 4], (g) => {
      const kind = g.op('Gather', [g.initializer('kinds', x(2, 4)), g.constant(kinds)]);
      const sum = g.op('Add', ['x', kind]);
      const shape = g.op('Shape', [sum]);
      const threes = g.constant(float32(new Float32Array(size * 12).fill(3), [size, 3, 4]));
      g.add(makeNode('Add', [sum, g.op('Expand', [threes, shape])], ['y']));
    });
    await expectFreed(model, size);
  });
});

test('declared shapes follow', async () => {
  const model = fixed([2, 3], (g) => g.add(makeNode('Relu', ['x'], ['y'])));
  const [output] = graphOf(await dynamicBatch(model, runtime)).output;
  const dims = output!.type!.tensorType!.shape!.dim;
  expect([dims[0]!.dimParam, Number(dims[1]!.dimValue)]).toEqual(['batch', 3]);
});

test.each([create('lenet'), fixed([], (g) => g.add(makeNode('Relu', ['x'], ['y'])))])(
  'a model whose batch is free, or that has none, is left alone',
  async (model) => {
    expect(await dynamicBatch(model, runtime)).toBe(model);
  },
);

test('the model that was given is not changed', async () => {
  const model = fixed([2, 6], (g) => g.add(makeNode('Reshape', ['x', g.ints([2, 3, 2])], ['y'])));
  await dynamicBatch(model, runtime);
  expect(Number(graphOf(model).input[0]!.type!.tensorType!.shape!.dim[0]!.dimValue)).toBe(2);
  expect(graphOf(model).initializer).toHaveLength(1);
});

/** Statistics over the batch, a range over the batch, a softmax over the batch: rows that influence one another. */
const MIXING: Record<string, (g: GraphBuilder) => void> = {
  'the mean of the batch': (g) => {
    g.add(makeNode('ReduceMean', ['x', g.ints([0])], ['mean'], { keepdims: 1 }));
    g.add(makeNode('Sub', ['x', 'mean'], ['y']));
  },
  'batch statistics over positions too': (g) => {
    const centred = g.op('Sub', ['x', g.op('ReduceMean', ['x'], { keepdims: 1 })]);
    const variance = g.op('ReduceMean', [g.op('Mul', [centred, centred])], { keepdims: 1 });
    g.add(makeNode('Div', [centred, g.op('Sqrt', [variance])], ['y']));
  },
  'the range of the batch': (g) => {
    const low = g.op('ReduceMin', ['x'], { keepdims: 0 });
    const range = g.op('Sub', [g.op('ReduceMax', ['x'], { keepdims: 0 }), low]);
    g.add(makeNode('Div', [g.op('Sub', ['x', low]), range], ['y']));
  },
  'a softmax over the batch': (g) => g.add(makeNode('Softmax', ['x'], ['y'], { axis: 0 })),
  'dynamic quantisation': (g) => {
    const [quantised, scale, zero] = g.ops('DynamicQuantizeLinear', ['x'], {}, 3);
    const coarse = g.op('Div', [g.op('Cast', [g.op('Cast', [quantised!], { to: 6 })], { to: 1 }), g.scalar(16)]);
    g.add(makeNode('Mul', [g.op('Sub', [coarse, g.op('Cast', [zero!], { to: 1 })]), scale!], ['y']));
  },
};

const kept = async (model: Model, size: number, reason: RegExp) => {
  const same = await dynamicBatch(model, runtime);
  expect(fixedBatch(same)).toBe(size);
  expect(() => requireFreeBatch(same)).toThrow(InputError);
  expect(() => requireFreeBatch(same)).toThrow(reason);
  expect((await inferValues(same, runtime)).of('x').dims).toEqual([size, 3]);
};

describe.each([1, 4])('keeps a batch of %d', (size) => {
  test.each(Object.entries(MIXING))('where rows influence one another: %s', async (_, build) => {
    await kept(fixed([size, 3], build), size, /depends on the rest of its batch.*dynamic batch dimension/);
  });

  test('where nothing is given for each example', async () => {
    const model = fixed([size, 3], (g) => g.add(makeNode('ReduceSum', ['x'], ['y'], { keepdims: 0 })));
    await kept(model, size, /no output follows the batch/);
  });
});

test('a batch is kept that no other size can take the place of', async () => {
  const size = 4;
  const model = fixed([size, 3], (g) => {
    g.add(makeNode('Concat', ['x', g.initializer('c', x(size, 3))], ['y'], { axis: 1 }));
  });
  await kept(model, size, /fixed at 4 and could not be freed/);
});

test('whole-number inputs', async () => {
  const g = new GraphBuilder();
  g.input('x', 'int64', [1, 3]);
  g.add(makeNode('Gather', [g.initializer('table', x(5, 4)), 'x'], ['e']));
  g.add(makeNode('Reshape', ['e', g.ints([1, 12])], ['y']));
  g.output('y', 'float32');
  const free = await dynamicBatch(g.model(), runtime);
  expect((await runModel(free, { x: int64([0, 1, 2, 3, 4, 0], [2, 3]) })).y!.dims).toEqual([2, 12]);
});
