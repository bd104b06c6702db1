import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/errors.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { prepareModel } from '../../src/graph/prepare.js';
import { inferInParts } from '../../src/graph/values-in-parts.js';
import { inferValues, inferWhole } from '../../src/graph/values.js';
import { decodeModel } from '../../src/onnx/codec.js';
import { graphOf, type Model } from '../../src/onnx/model.js';
import type { Runtime } from '../../src/runtime/runtime.js';
import { runtime } from '../helpers/run-model.js';

/** What the whole says, or why it says nothing. */
async function whole(model: Model) {
  return inferWhole(model, runtime, {}).catch((error: unknown) => {
    if (error instanceof InputError) return error;
    throw error;
  });
}

/** Compares parts of some sizes with the whole. @returns how many of the sizes could be run */
async function compare(model: Model, partSizes: readonly number[] = [1, 3, 7]): Promise<number> {
  const expected = await whole(model);
  let ran = 0;
  for (const size of partSizes) {
    const found = await inferInParts(model, runtime, {}, size);
    // With every value an output, ONNX Runtime refuses some graphs that it runs in parts.
    if (!found || expected instanceof InputError) continue;
    ran++;
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  }
  return ran;
}

const folders = ['models/', 'test/fixtures/onnx/', 'test/fixtures/training/', 'test/fixtures/attribution/'];
const files = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.onnx') && !file.endsWith('.trained.onnx') && file !== 'external.onnx')
    .map((file) => folder + file),
);

describe('a graph run in parts has the values of the whole', () => {
  test.each(files)('%s', async (file) => {
    const model = decodeModel(readFileSync(file), file);
    await compare(model, [3]);
    const prepared = await prepareModel(model, runtime).catch(() => undefined);
    if (prepared) expect(await compare(prepared, [3])).toBe((await whole(prepared)) instanceof Map ? 1 : 0);
  });
});

/** A model of one input [batch, 4]. */
function model(build: (b: GraphBuilder, x: string) => string): Model {
  const b = new GraphBuilder();
  b.rename(build(b, b.input('x', 'float32', ['batch', 4])), 'y');
  b.output('y', 'float32');
  return b.model();
}

describe('what goes from part to part', () => {
  const chain = (b: GraphBuilder, x: string, nodes: number) => {
    let value = x;
    for (let i = 0; i < nodes; i++) value = b.op('Relu', [value]);
    return value;
  };

  test('a shape decides a size in a later part', async () => {
    const resized = model((b, x) => {
      const shape = b.op('Shape', [x]);
      const doubled = b.op('Concat', [b.ints([2]), shape], { axis: 0 });
      return b.op('Expand', [chain(b, x, 6), b.op('Identity', [doubled])]);
    });
    expect(await compare(resized)).toBe(3);
    expect((await inferInParts(resized, runtime, {}, 3))!.get('y')!.dims).toEqual([2, 'batch', 4]);
  });

  test('the input and the first value are read by the last part', async () => {
    const late = model((b, x) => {
      const first = b.op('Neg', [x]);
      return b.op('Sum', [chain(b, first, 20), first, x]);
    });
    expect(await compare(late)).toBe(3);
  });

  test('a node that leaves out an optional input', async () => {
    expect(await compare(model((b, x) => b.op('Clip', [chain(b, x, 4), '', b.scalar(1)])))).toBe(3);
  });

  test('a branch that reads what an early part computed', async () => {
    const branching = model((b, x) => {
      const early = b.op('Neg', [x]);
      const branch = (op: string) => {
        const inner = new GraphBuilder({ prefix: `${op}/` });
        inner.output(inner.op(op, [early]), 'float32');
        return inner.graph;
      };
      const positive = b.op('Greater', [b.op('ReduceSum', [chain(b, x, 9)], { keepdims: 0 }), b.scalar(0)]);
      return b.op('If', [positive], { then_branch: branch('Exp'), else_branch: branch('Sqrt') });
    });
    expect(await compare(branching)).toBe(3);
  });

  test('a sequence within a part can be run, one between parts is left to the whole', async () => {
    const split = model((b, x) => {
      const sequence = b.op('SplitToSequence', [chain(b, x, 2)], { axis: 1 });
      return b.op('ConcatFromSequence', [sequence], { axis: 1 });
    });
    expect(await inferInParts(split, runtime, {}, 1)).toBeUndefined();
    expect(await inferInParts(split, runtime, {}, 3)).toBeUndefined();
    const found = await inferInParts(split, runtime, {}, 7);
    expect(found).toEqual(await inferWhole(split, runtime, {}));
  });

  test('a graph that takes too much memory is left to the whole, which refuses it', async () => {
    const large = model((b, x) => b.op('Expand', [chain(b, x, 3), b.ints([10 ** 9, 1, 4])]));
    expect(await compare(large)).toBe(0);
    await expect(inferValues(large, runtime)).rejects.toThrow(/GB of memory/);
  });
});

test('a graph of many nodes holds no session of all of them', async () => {
  const long = model((b, x) => {
    let value = x;
    for (let i = 0; i < 2600; i++) value = b.op('Relu', [value]);
    return value;
  });
  let largest = 0;
  const counting: Runtime = {
    ...runtime,
    createSession: (bytes, options) => {
      largest = Math.max(largest, graphOf(decodeModel(bytes, 'part')).node.length);
      return runtime.createSession(bytes, options);
    },
  };
  const values = await inferValues(long, counting);
  expect(values.of('y')).toEqual({ type: 'float32', dims: ['batch', 4] });
  expect(largest).toBeLessThanOrEqual(1000);
});
