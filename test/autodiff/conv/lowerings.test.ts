import { describe, expect, test } from '@jest/globals';
import {
  cheapest,
  convGeometry,
  sharing,
  type Candidate,
  type ConvGeometry,
} from '../../../src/autodiff/conv/geometry.js';
import { loweringsOf, NEWEST_LOWERINGS } from '../../../src/autodiff/conv/table.js';
import { emitForward } from '../../../src/autodiff/differentiate.js';
import { GraphBuilder, makeNode } from '../../../src/graph/builder.js';
import { BATCH, inferValues } from '../../../src/graph/values.js';
import { encodeModel } from '../../../src/onnx/codec.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import { LAYERS, type Layer } from '../../helpers/conv-layers.js';
import { wholeNumbers } from '../../helpers/random-tensors.js';

const runtime = nodeRuntime({ threads: 1 });

/** What a lowering gives: the output, or the gradient to the input or to the weights. */
type Target = 'y' | 'x' | 'w';

/** Results of every lowering that applies to the layer, by its name, and the geometry. */
async function runAll([image, weights, attributes]: Layer, candidates: readonly Candidate[], bias: boolean) {
  const node = makeNode('Conv', bias ? ['x', 'w', 'b'] : ['x', 'w'], ['y'], attributes);
  const declare = (g: GraphBuilder) => {
    g.input('x', 'float32', [BATCH, ...image.slice(1)]);
    g.input('w', 'float32', weights);
    if (bias) g.input('b', 'float32', [weights[0]!]);
  };
  const forward = new GraphBuilder();
  declare(forward);
  forward.add(node);
  const values = await inferValues(forward.model(), runtime);

  const g = new GraphBuilder();
  declare(g);
  const dyDims = values.of('y').dims;
  g.input('dy', 'float32', dyDims);
  const emitted = new Map<string, string>();
  let geometry: ConvGeometry | undefined;
  emitForward(g, [node], values, ['x', 'w'], () => ({
    forward: (context) => {
      const found = convGeometry(context);
      for (const { lowering } of candidates) {
        if (!lowering.applies(found)) continue;
        const result = lowering.emit({ ...context, dy: 'dy', shared: sharing() }, found);
        emitted.set(lowering.name, g.output(result, 'float32'));
      }
      geometry = found;
      return {};
    },
    backward: () => [],
  }));
  const session = await runtime.createSession(encodeModel(g.model()));
  try {
    const dySizes = dyDims.map((dim) => (dim === BATCH ? image[0]! : (dim as number)));
    const feeds = {
      x: wholeNumbers(image, 1),
      w: wholeNumbers(weights, 2),
      dy: wholeNumbers(dySizes, 3),
      b: wholeNumbers([weights[0]!], 4),
    };
    const results = await session.run(
      Object.fromEntries(session.inputs.map(({ name }) => [name, feeds[name as keyof typeof feeds]])),
    );
    return {
      geometry: geometry!,
      dims: { x: image, w: weights, y: dySizes },
      results: new Map([...emitted].map(([name, value]) => [name, results[value]!])),
    };
  } finally {
    await session.release();
  }
}

const { output, input, weight } = loweringsOf(NEWEST_LOWERINGS);

describe.each<[Target, readonly Candidate[], boolean]>([
  ['y', output, false],
  ['y', output, true],
  ['x', input, false],
  ['w', weight, false],
])('lowerings of (the gradient to) %s', (target, candidates, bias) => {
  // Whole numbers, whose sums are exact in float32 in any order.
  test.each(LAYERS)(`agree for %j by %j, %j${bias ? ', with a bias' : ''}`, async (...layer) => {
    const { results, dims } = await runAll(layer, candidates, bias);
    const [first, ...others] = [...results.values()];
    expect(first!.dims).toEqual(dims[target]);
    for (const other of others) expect(other).toEqual(first);
  });

  test(`each applies to some layer, and the choice is among those that apply${bias ? ', with a bias' : ''}`, async () => {
    const used = new Set<string>();
    for (const layer of LAYERS) {
      const { geometry, results } = await runAll(layer, candidates, bias);
      for (const name of results.keys()) used.add(name);
      expect([...results.keys()]).toContain(cheapest(candidates, geometry).name);
    }
    expect(used).toEqual(new Set(candidates.map(({ lowering }) => lowering.name)));
  });
});

test('every generation has a way to each value, whatever the layer', async () => {
  for (let generation = 1; generation <= NEWEST_LOWERINGS; generation++) {
    for (const candidates of Object.values(loweringsOf(generation)) as Candidate[][]) {
      for (const layer of LAYERS.filter(([, , { group }]) => group !== undefined)) {
        const { geometry, results } = await runAll(layer, candidates, false);
        expect([...results.keys()]).toContain(cheapest(candidates, geometry).name);
      }
    }
  }
  expect(() => loweringsOf(NEWEST_LOWERINGS + 1)).toThrow(/`lowerings` \d+; it knows \d+\): use the version/);
});
