import { expect, test } from '@jest/globals';
import { GraphBuilder } from '../../src/graph/builder.js';
import { foldConstants } from '../../src/graph/passes/fold-constants.js';
import { resolveCastLike } from '../../src/graph/resolve-cast-like.js';
import { inferValues } from '../../src/graph/values.js';
import { float32, float64 } from '../../src/tensor.js';
import { expectSameOutputs, runtime } from '../helpers/run-model.js';

test('a constant made like a value depends on nothing afterwards', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['batch', 3]);
  const zeros = g.op('Expand', [g.op('CastLike', [g.constant(float64([0], [])), x]), g.ints([3])]);
  g.output(g.rename(g.op('Add', [x, zeros]), 'y'), 'float32', ['batch', 3]);
  const model = g.model();
  const resolved = resolveCastLike(model, await inferValues(model, runtime));
  expect(resolved.graph!.node.map(({ opType }) => opType)).toEqual(['Cast', 'Expand', 'Add', 'Identity']);
  await expectSameOutputs(resolved, model, { x: float32([1, 2, 3, 4, 5, 6], [2, 3]) });
  const folded = await foldConstants(resolved, runtime);
  expect(folded.graph!.node.map(({ opType }) => opType)).toEqual(['Add', 'Identity']);
});
