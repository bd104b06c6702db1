import { expect, test } from '@jest/globals';
import { GraphBuilder, makeNode } from '../../../src/graph/builder.js';
import { parametersOf } from '../../../src/graph/parameters.js';
import { untie } from '../../../src/graph/passes/untie.js';
import { graphOf } from '../../../src/onnx/model.js';
import { float32 } from '../../../src/tensor.js';
import { awayFromZero } from '../../helpers/gradients/gradient-check.js';
import { expectSameOutputs } from '../../helpers/run-model.js';

const x = (...dims: number[]) => float32(Float32Array.from(awayFromZero(dims).data), dims);

/** Two dense layers, each with a normalisation: fresh scales and shifts are stored once for all of them. */
function fresh(second: 'w' | 'other') {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', 4]);
  g.initializer('w', x(4, 4));
  g.initializer('other', x(4, 4));
  g.initializer('zeros', float32([0, 0, 0, 0]));
  g.initializer('ones', float32([1, 1, 1, 1]));
  g.add(makeNode('Gemm', ['x', 'w', 'zeros'], ['h1']));
  g.add(makeNode('BatchNormalization', ['h1', 'ones', 'zeros', 'zeros', 'ones'], ['n1']));
  g.add(makeNode('Gemm', ['n1', second, 'zeros'], ['h2']));
  g.add(makeNode('LayerNormalization', ['h2', 'ones', 'zeros'], ['y']));
  g.output('y', 'float32', ['batch', 4]);
  return g.model();
}

test('layers get weights of their own that were stored once because they were equal', async () => {
  const model = fresh('other');
  const untied = untie(model);
  await expectSameOutputs(untied, model, { x: x(3, 4) });
  const operands = graphOf(untied).node.flatMap(({ input }) => input.slice(1));
  expect(new Set(operands).size).toBe(operands.length);
  expect(parametersOf(graphOf(untied))).toHaveLength(2 + 2 + 2 + 2);
  // Nothing is tied any more.
  expect(untie(untied)).toBe(untied);
});

test('layers that share a weight which is not fresh share its bias', () => {
  const { node } = graphOf(untie(fresh('w')));
  expect(node[2]!.input.slice(1)).toEqual(node[0]!.input.slice(1));
  expect(node[3]!.input[2]).not.toBe(node[0]!.input[2]);
});
