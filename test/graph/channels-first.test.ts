import { expect, test } from '@jest/globals';
import { GraphBuilder } from '../../src/graph/builder.js';
import { channelsFirst, takesChannelsLast } from '../../src/graph/channels-first.js';
import { BATCH } from '../../src/graph/values.js';
import { float32 } from '../../src/tensor.js';
import { runModel } from '../helpers/run-model.js';

/** x [batch, 2, 4, 3] → x + x: the input is read twice. */
function channelsLastModel() {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [BATCH, 2, 4, 3]);
  g.output(g.rename(g.op('Add', [x, x]), 'doubled'), 'float32', [BATCH, 2, 4, 3]);
  return g.model();
}

test('a model turned channels first computes the same of the transposed picture', async () => {
  const model = channelsLastModel();
  const turned = channelsFirst(model);
  const data = Float32Array.from({ length: 24 }, (_, i) => i);
  const { doubled } = await runModel(turned, { x: float32(data, [1, 3, 2, 4]) });
  expect(doubled!.dims).toEqual([1, 2, 4, 3]);
  const at = (c: number, h: number, w: number) => 2 * data[(c * 2 + h) * 4 + w]!;
  const expected = [0, 1].flatMap((h) => [0, 1, 2, 3].flatMap((w) => [0, 1, 2].map((c) => at(c, h, w))));
  expect(Array.from(doubled!.data as Float32Array)).toEqual(expected);
  // The given model is as it was.
  expect(takesChannelsLast(model, [3, 2, 4])).toBe(true);
  expect(takesChannelsLast(turned, [3, 2, 4])).toBe(false);
});

test('only pictures that fit no other way count as channels last', () => {
  const of = (...dims: (number | string)[]) => {
    const g = new GraphBuilder();
    g.output(g.rename(g.op('Relu', [g.input('x', 'float32', [BATCH, ...dims])]), 'y'), 'float32', [BATCH, ...dims]);
    return g.model();
  };
  expect(takesChannelsLast(of(28, 28, 1), [1, 28, 28])).toBe(true);
  expect(takesChannelsLast(of('height', 'width', 3), [3, 20, 30])).toBe(true);
  expect(takesChannelsLast(of(3, 3, 3), [3, 3, 3])).toBe(false);
  expect(takesChannelsLast(of(3, 'height', 'width'), [3, 20, 30])).toBe(false);
  expect(takesChannelsLast(of(28, 28, 1), [1, 32, 32])).toBe(false);
  expect(takesChannelsLast(of(784), [1, 28, 28])).toBe(false);
});
