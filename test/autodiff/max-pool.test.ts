/** Every form of MaxPool's gradient gives what the indices give. */
import { expect, test } from '@jest/globals';
import { emitBackward, emitForward, registeredRule, type RuleFor } from '../../src/autodiff/differentiate.js';
import { byComparing } from '../../src/autodiff/max-pool/comparisons.js';
import type { MaxPoolForm } from '../../src/autodiff/max-pool/form.js';
import { byIndices } from '../../src/autodiff/max-pool/indices.js';
import { formFor, MAX_POOL_FORMS } from '../../src/autodiff/max-pool/table.js';
import { GraphBuilder, makeNode, type Attributes } from '../../src/graph/builder.js';
import { BATCH, inferValues } from '../../src/graph/values.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { elementCount, float32, type Tensor } from '../../src/tensor.js';
import { randomNumbers } from '../helpers/random-tensors.js';
import { runtime } from '../helpers/training.js';

interface Pool {
  readonly dims: readonly number[];
  readonly attributes: Attributes;
}

/** A pool of few elements, tiled or not, as the numbers say. */
function somePool(next: () => number): Pool {
  const below = (count: number) => Math.floor(next() * count);
  const rank = 1 + below(3);
  const all = (of: () => number) => Array.from({ length: rank }, of);
  const kernel_shape = all(() => 1 + below(3));
  const dilations = below(3) === 0 ? all(() => 1 + below(2)) : all(() => 1);
  const reach = kernel_shape.map((size, i) => (size - 1) * dilations[i]! + 1);
  const tiled = below(3) > 0;
  const strides = reach.map((size) => (tiled ? size + (below(3) === 0 ? 1 : 0) : 1 + below(size)));
  const padded = !tiled || below(4) === 0;
  const pads = [...reach, ...reach].map((size) => (padded && size > 1 ? below(2) : 0));
  const sizes = reach.map((size, i) => size + below(2) * strides[i]! + (below(3) === 0 ? below(3) : 0));
  return {
    dims: [1 + below(3), 1 + below(2), ...sizes],
    attributes: { kernel_shape, strides, dilations, pads, ceil_mode: below(4) === 0 ? 1 : 0 },
  };
}

/** The form's dx and y. @returns undefined where it does not fit, or the pool is none */
async function run(form: MaxPoolForm, { dims, attributes }: Pool, x: Tensor, seed: number) {
  const node = makeNode('MaxPool', ['x'], ['y'], attributes);
  const bare = new GraphBuilder();
  bare.input('x', 'float32', [BATCH, ...dims.slice(1)]);
  bare.add(node);
  const values = await inferValues(bare.model(), runtime);
  let isTaken = false;
  let fits = false;
  const ruleFor: RuleFor = (given) => ({
    ...registeredRule(given)!,
    forward: (context) => {
      [fits, isTaken] = [form.fits(context), formFor(context) === form];
      return fits ? form.forward(context) : {};
    },
    backward: (context) => [form.backward(context)],
  });
  const g = new GraphBuilder();
  g.input('x', 'float32', [BATCH, ...dims.slice(1)]);
  const tape = emitForward(g, [node], values, ['x'], ruleFor);
  if (!fits) return undefined;
  const output = values.of('y').dims;
  g.input('dy', 'float32', output);
  const gradient = emitBackward(g, tape, new Map([['y', 'dy']]), ['x']).get('x')!;
  for (const name of ['y', gradient]) g.output(name, 'float32');
  const session = await runtime.createSession(encodeModel(g.model()));
  const seedDims = [dims[0]!, ...(output.slice(1) as number[])];
  const next = randomNumbers(seed);
  // With zeros of both signs.
  const values0 = Array.from({ length: elementCount(seedDims) }, () => [1, -0, 0][Math.floor(4 * next())] ?? next());
  const dy = float32(Float32Array.from(values0), seedDims);
  const results = await session.run({ x, dy });
  await session.release();
  return { y: results.y!, dx: results[gradient]!, isTaken };
}

/** The bits of each number; of a zero without its sign, which ONNX Runtime's Where loses. */
const bits = ({ data }: Tensor) =>
  new Uint32Array(Float32Array.from(data as Float32Array, (value) => value + 0).buffer);

/** ONNX Runtime's pool without indices starts from the lowest finite number. */
const finite = ({ data }: Tensor) =>
  Array.from(data as Float32Array, (value) => Math.max(value, -3.4028234663852886e38));

test('to the bit, of random windows with many ties', async () => {
  const next = randomNumbers(3);
  const compared = new Map<string, number>();
  for (let trial = 0; trial < 150; trial++) {
    const pool = somePool(next);
    const data = Array.from({ length: elementCount(pool.dims) }, () => {
      const value = Math.floor(5 * next()) - 2;
      return value === -2 ? -Infinity : value;
    });
    const x = float32(Float32Array.from(data), pool.dims);
    const expected = (await run(byIndices, pool, x, trial))!;
    for (const form of MAX_POOL_FORMS.filter((each) => each !== byIndices)) {
      const found = await run(form, pool, x, trial);
      if (!found) continue;
      const label = JSON.stringify(pool);
      expect([label, ...finite(found.y)]).toEqual([label, ...finite(expected.y)]);
      expect([label, ...bits(found.dx)]).toEqual([label, ...bits(expected.dx)]);
      compared.set(form.name, (compared.get(form.name) ?? 0) + 1);
    }
  }
  // Else nothing would have been compared.
  for (const form of MAX_POOL_FORMS) if (form !== byIndices) expect(compared.get(form.name)).toBeGreaterThan(25);
});

test.each([
  [[2, 6, 28, 28], [2, 2], true],
  [[2, 6, 27, 28], [2, 2], false],
  [[2, 6, 27, 27], [3, 3], false],
  [[2, 64, 32, 32], [2, 2], false],
])('%j in windows of %j: by comparisons %s', async (dims, kernel, isTaken) => {
  const pool = { dims, attributes: { kernel_shape: kernel, strides: kernel } };
  const x = float32(new Float32Array(elementCount(dims)), dims);
  expect((await run(byComparing, pool, x, 1))?.isTaken).toBe(isTaken);
});

test('a window that holds NaN gives dy to one of its elements', async () => {
  const dims = [1, 1, 2, 8];
  const x = float32(Float32Array.from([NaN, 1, 1, NaN, 1, 2, NaN, NaN, 3, 4, 5, 6, NaN, 2, NaN, NaN]), dims);
  const pool = { dims, attributes: { kernel_shape: [2, 2], strides: [2, 2] } };
  const { dx } = (await run(byComparing, pool, x, 2))!;
  const { dx: usual } = (await run(byIndices, pool, x, 2))!;
  const sums = ({ data }: Tensor) =>
    [0, 2, 4, 6].map((i) => [i, i + 1, i + 8, i + 9].reduce((sum, j) => sum + Number(data[j]), 0));
  expect(sums(dx)).toEqual(sums(usual));
});
