import { expect, test } from '@jest/globals';
import { emitBackward, emitForward } from '../../src/autodiff/differentiate.js';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { inferValues } from '../../src/graph/values.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { float32 } from '../../src/tensor.js';

const runtime = nodeRuntime({ threads: 1 });

test('what is computed from whole numbers needs no gradient, whatever they were computed from', async () => {
  // y = x · (index of the longest axis of x), by operators that have no gradient.
  const forward = new GraphBuilder();
  forward.input('x', 'float32', [2, 3]);
  const longest = forward.op('ArgMax', [forward.op('Shape', ['x'])], { axis: 0 });
  forward.add(makeNode('Mul', ['x', forward.op('Cast', [longest], { to: 1 })], ['y']));
  forward.output('y', 'float32');
  const values = await inferValues(forward.model(), runtime);

  const g = new GraphBuilder({ prefix: 'backward/' });
  g.input('x', 'float32', [2, 3]);
  g.input('dy', 'float32', [2, 3]);
  const tape = emitForward(g, forward.graph.node, values, ['x']);
  const gradient = emitBackward(g, tape, new Map([['y', 'dy']]), ['x']).get('x')!;
  g.output(g.rename(gradient, 'dx'), 'float32');
  const session = await runtime.createSession(encodeModel(g.model()));
  const dy = float32([1, 0, -1, 2, 0, 3], [2, 3]);
  const { dx } = await session.run({ x: float32([1, 2, 3, 4, 5, 6], [2, 3]), dy });
  expect(dx!.data).toEqual(dy.data);
  await session.release();
});

test('a node whose subgraphs read what is differentiated is not passed over', async () => {
  const branch = (op: string) => {
    const inner = new GraphBuilder({ prefix: `${op}/` });
    inner.output(inner.op(op, ['x']), 'float32', [2]);
    return inner.graph;
  };
  const forward = new GraphBuilder();
  forward.input('x', 'float32', [2]);
  forward.input('condition', 'bool', []);
  const branches = { then_branch: branch('Neg'), else_branch: branch('Abs') };
  forward.add(makeNode('If', ['condition'], ['y'], branches));
  forward.output('y', 'float32');
  const values = await inferValues(forward.model(), runtime);
  expect(() => emitForward(new GraphBuilder(), forward.graph.node, values, ['x'])).toThrow(
    'operators without a gradient: y (If)',
  );
});
