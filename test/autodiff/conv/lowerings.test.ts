import { describe, expect, test } from '@jest/globals';
import { cheapest, convGeometry, type ConvGeometry, type Lowering } from '../../../src/autodiff/conv/geometry.js';
import { UNTRAINED_INPUT_LOWERINGS, WEIGHT_LOWERINGS } from '../../../src/autodiff/conv/table.js';
import { emitBackward, emitForward } from '../../../src/autodiff/differentiate.js';
import { GraphBuilder, makeNode } from '../../../src/graph/builder.js';
import { BATCH, inferValues } from '../../../src/graph/values.js';
import { encodeModel } from '../../../src/onnx/codec.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import { LAYERS, type Layer } from '../../helpers/conv-layers.js';
import { wholeNumbers } from '../../helpers/random-tensors.js';

const runtime = nodeRuntime({ threads: 1 });

/** Results of every lowering that applies to the layer, by its name, and the geometry. */
async function runAll([image, weights, attributes]: Layer, input: 0 | 1, lowerings: readonly Lowering[]) {
  const node = makeNode('Conv', ['x', 'w'], ['y'], attributes);
  const declare = (g: GraphBuilder) => {
    g.input('x', 'float32', [BATCH, ...image.slice(1)]);
    g.input('w', 'float32', weights);
  };
  const forward = new GraphBuilder();
  declare(forward);
  forward.add(node);
  const values = await inferValues(forward.model(), runtime);

  const g = new GraphBuilder();
  declare(g);
  const dyDims = values.of('y').dims;
  g.input('dy', 'float32', dyDims);
  const target = input === 0 ? 'x' : 'w';
  const emitted = new Map<string, string>();
  let geometry: ConvGeometry | undefined;
  const tape = emitForward(g, [node], values, [target], () => ({
    op: 'Conv',
    forward: () => ({}),
    backward: (context) => {
      const found = convGeometry(context);
      for (const lowering of lowerings) {
        if (lowering.applies(found)) emitted.set(lowering.name, g.output(lowering.emit(context, found), 'float32'));
      }
      geometry = found;
      return [];
    },
  }));
  emitBackward(g, tape, new Map([['y', 'dy']]), [target]);
  const session = await runtime.createSession(encodeModel(g.model()));
  try {
    const dySizes = dyDims.map((dim) => (dim === BATCH ? image[0]! : (dim as number)));
    const feeds = { x: wholeNumbers(image, 1), w: wholeNumbers(weights, 2), dy: wholeNumbers(dySizes, 3) };
    const results = await session.run(
      Object.fromEntries(session.inputs.map(({ name }) => [name, feeds[name as keyof typeof feeds]])),
    );
    return { geometry: geometry!, results: new Map([...emitted].map(([name, value]) => [name, results[value]!])) };
  } finally {
    await session.release();
  }
}

describe.each([
  ['dx', 0, UNTRAINED_INPUT_LOWERINGS],
  ['dW', 1, WEIGHT_LOWERINGS],
] as const)('lowerings of %s', (_, input, lowerings) => {
  // Whole numbers, whose sums are exact in float32 in any order.
  test.each(LAYERS)('agree for %j by %j, %j', async (...layer) => {
    const { results } = await runAll(layer, input, lowerings);
    const [first, ...others] = [...results.values()];
    expect(first!.dims).toEqual(layer[input]);
    for (const other of others) expect(other).toEqual(first);
  });

  test('each applies to some layer, and the choice is among those that apply', async () => {
    const used = new Set<string>();
    for (const layer of LAYERS) {
      const { geometry, results } = await runAll(layer, input, lowerings);
      for (const name of results.keys()) used.add(name);
      expect([...results.keys()]).toContain(cheapest(lowerings, geometry).name);
    }
    expect(used).toEqual(new Set(lowerings.map(({ name }) => name)));
  });
});
