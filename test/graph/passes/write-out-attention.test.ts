/** Attention against ONNX Runtime's own kernel. */
import { describe, expect, test } from '@jest/globals';
import { GraphBuilder, makeNode, type Attributes } from '../../../src/graph/builder.js';
import { prepareModel } from '../../../src/graph/prepare.js';
import { float } from '../../../src/onnx/attributes.js';
import { graphOf, type Model } from '../../../src/onnx/model.js';
import { float32, type Tensor } from '../../../src/tensor.js';
import { gaussian } from '../../helpers/random-tensors.js';
import { expectSameOutputs, runtime } from '../../helpers/run-model.js';

const BATCH = 3;
const noise = (seed: number, ...dims: number[]) =>
  float32(
    gaussian(
      dims.reduce((a, b) => a * b),
      seed,
    ),
    dims,
  );

/** Of queries and keys of 3 and 4 positions, 4 and `ownHeads` heads of 5 numbers; or with the heads side by side. */
function attention(attributes: Attributes, ownHeads = 4, stacked = false, mask?: Tensor, outputs = ['y']) {
  const g = new GraphBuilder({ opset: 23 });
  const shape = (heads: number, length: number) => (stacked ? [length, heads * 5] : [heads, length, 5]);
  const feeds: Record<string, Tensor> = {};
  for (const [i, [name, heads, length]] of (
    [
      ['q', 4, 3],
      ['k', ownHeads, 4],
      ['v', ownHeads, 4],
    ] as const
  ).entries()) {
    g.input(name, 'float32', ['batch', ...shape(heads, length)]);
    feeds[name] = noise(i + 1, BATCH, ...shape(heads, length));
  }
  const inputs = ['q', 'k', 'v', ...(mask ? [g.constant(mask)] : [])];
  const heads = stacked ? { q_num_heads: 4, kv_num_heads: ownHeads } : {};
  g.add(makeNode('Attention', inputs, outputs, { ...heads, ...attributes }));
  g.output('y', 'float32');
  return { model: g.model(), feeds };
}

const opsOf = (model: Model) => graphOf(model).node.map(({ opType }) => opType);
const seen: Tensor = { type: 'bool', dims: [3, 4], data: Uint8Array.of(1, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 0) };

describe('Attention is written out', () => {
  test.each<[string, ReturnType<typeof attention>]>([
    ['as it is', attention({})],
    ['with a scale', attention({ scale: float(0.3) })],
    ['with a mask of truth values', attention({}, 4, false, seen)],
    ['with a mask of numbers', attention({}, 4, false, noise(9, 3, 4))],
    ['causal', attention({ is_causal: 1 })],
    ['with capped scores', attention({ softcap: float(0.7) })],
    ['with capped scores and a mask of numbers', attention({ softcap: float(0.7) }, 4, false, noise(9, 3, 4))],
    ['with capped scores and a mask of truth values', attention({ softcap: float(0.7) }, 4, false, seen)],
    ['with heads side by side', attention({}, 4, true, noise(9, 3, 4))],
    ['with keys that heads share', attention({}, 2)],
    ['with keys that heads share, side by side', attention({ is_causal: 1 }, 2, true)],
  ])('%s', async (_, { model, feeds }) => {
    const prepared = await prepareModel(model, runtime);
    expect(opsOf(prepared)).not.toContain('Attention');
    // Float32 sums in another order.
    await expectSameOutputs(prepared, model, feeds, 1e-5);
  });

  test('but not where it gives away its keys', async () => {
    const { model } = attention({}, 4, false, undefined, ['y', 'present']);
    expect(opsOf(await prepareModel(model, runtime))).toContain('Attention');
  });
});
