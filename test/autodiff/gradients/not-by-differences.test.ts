import { describe, expect, test } from '@jest/globals';
import { emitBackward, emitForward } from '../../../src/autodiff/differentiate.js';
import { GraphBuilder, makeNode } from '../../../src/graph/builder.js';
import { valuesOf, type ValueType } from '../../../src/graph/values.js';
import { encodeModel } from '../../../src/onnx/codec.js';
import type { Node } from '../../../src/onnx/model.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import { float32, type ElementType, type Tensor } from '../../../src/tensor.js';

const runtime = nodeRuntime({ threads: 1 });

/** y and dx of one run, for dy = 1. */
async function runOnce(
  g: GraphBuilder,
  nodes: readonly Node[],
  types: Readonly<Record<string, ElementType>>,
  feeds: Readonly<Record<string, Tensor>>,
) {
  const { dims } = feeds.x!;
  const known = new Map<string, ValueType>(Object.entries(types).map(([name, type]) => [name, { type, dims }]));
  const tape = emitForward(g, nodes, valuesOf(g.graph, known), ['x']);
  const ones = g.op('ConstantOfShape', [g.ints(dims)], { value: float32([1], [1]) });
  const dx = g.output(emitBackward(g, tape, new Map([['y', ones]]), ['x']).get('x')!, 'float32');
  g.output('y', 'float32');
  const session = await runtime.createSession(encodeModel(g.model()));
  try {
    const results = await session.run(feeds);
    return { y: results.y!.data as Float32Array, dx: results[dx]!.data as Float32Array };
  } finally {
    await session.release();
  }
}

describe('Dropout in training mode', () => {
  test.each([
    ['without its mask', ['y']],
    ['with its mask', ['y', 'mask']],
  ])('%s', async (_, outputs) => {
    const g = new GraphBuilder();
    g.input('x', 'float32', [1000]);
    g.initializer('ratio', float32([0.25], []));
    g.input('training', 'bool', []);
    const node = makeNode('Dropout', ['x', 'ratio', 'training'], outputs);
    const x = float32(Float32Array.from({ length: 1000 }, (_, i) => i + 1));
    const training: Tensor = { type: 'bool', dims: [], data: Uint8Array.of(1) };
    const { y, dx } = await runOnce(g, [node], { x: 'float32', y: 'float32' }, { x, training });
    // y = x·m and dx = m with the same m, 0 or 4/3 up to the rounding of one product.
    expect(y).toBeAllClose(
      dx.map((m, i) => m * (i + 1)),
      { relative: 1e-6 },
    );
    const kept = dx.filter((m) => m !== 0);
    expect(kept).toBeAllClose(
      kept.map(() => 4 / 3),
      { relative: 1e-6 },
    );
    // 1000 draws at ¾: five standard deviations are 69.
    expect(Math.abs(kept.length - 750)).toBeLessThan(69);
  });
});

describe('straight through quantization', () => {
  test('by tensor: dx = dy where nothing was clipped', async () => {
    const g = new GraphBuilder();
    g.input('x', 'float32', [5]);
    g.initializer('scale', float32([0.5], []));
    g.initializer('zero', { type: 'int8', dims: [], data: Int8Array.of(10) });
    const nodes = [
      makeNode('QuantizeLinear', ['x', 'scale', 'zero'], ['q']),
      makeNode('DequantizeLinear', ['q', 'scale', 'zero'], ['y']),
    ];
    const x = float32([-100, -69, 0.3, 58.5, 60]);
    const { y, dx } = await runOnce(g, nodes, { x: 'float32', q: 'int8', y: 'float32' }, { x });
    expect([...y]).toEqual([-69, -69, 0.5, 58.5, 58.5]);
    expect([...dx]).toEqual([0, 1, 1, 1, 0]);
  });

  test('by channel', async () => {
    const g = new GraphBuilder();
    g.input('x', 'float32', [2, 2, 2]);
    g.initializer('scale', float32([0.5, 2]));
    const nodes = [
      makeNode('QuantizeLinear', ['x', 'scale'], ['q']),
      makeNode('DequantizeLinear', ['q', 'scale'], ['y']),
    ];
    const x = float32([1, 100, 128, 500, -1, 200, 511, 512], [2, 2, 2]);
    const { y, dx } = await runOnce(g, nodes, { x: 'float32', q: 'uint8', y: 'float32' }, { x });
    expect([...y]).toEqual([1, 100, 128, 500, 0, 127.5, 510, 510]);
    // 511/2 = 255.5 rounds to 256, which does not fit.
    expect([...dx]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  });
});
