import { expect, test } from '@jest/globals';
import { asTheModelTakesIt, behindLayout, layoutFor } from '../../src/classifier/layout.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { BATCH } from '../../src/graph/values.js';
import { float32 } from '../../src/tensor.js';
import { runModel } from '../helpers/run-model.js';

/** x [batch, …dims] → x + x: the input is read twice. */
function doubling(...dims: number[]) {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [BATCH, ...dims]);
  g.output(g.rename(g.op('Add', [x, x]), 'doubled'), 'float32', [BATCH, ...dims]);
  return g.model();
}

/** A picture of 3 channels, 2 rows and 4 columns, held with its channels first. */
const held = Float32Array.from({ length: 24 }, (_, i) => i);
const at = (c: number, h: number, w: number) => held[(c * 2 + h) * 4 + w]!;
const channelsLast = [0, 1].flatMap((h) => [0, 1, 2, 3].flatMap((w) => [0, 1, 2].map((c) => at(c, h, w))));

test.each([
  ['channels last', [2, 4, 3], { shape: [3, 2, 4] }, channelsLast],
  ['channels last, as stored', [2, 4, 3], { shape: [3, 2, 4], channelsLast: true }, channelsLast],
  ['a flat vector, stored with channels first', [24], { shape: [3, 2, 4] }, [...held]],
  ['a flat vector, stored with channels last', [24], { shape: [3, 2, 4], channelsLast: true }, channelsLast],
])('%s: the model is fed its own layout, and takes the held one', async (_, dims, form, expected) => {
  const layout = layoutFor('x', form, dims);
  expect(layout.fed).toEqual([3, 2, 4]);
  const { doubled } = await runModel(behindLayout(doubling(...dims), layout), { x: float32(held, [1, 3, 2, 4]) });
  expect(doubled!.dims).toEqual([1, ...dims]);
  expect(Array.from(doubled!.data as Float32Array, (value) => value / 2)).toEqual(expected);
});

test('what is held as the model takes it goes in as it is', () => {
  for (const [shape, dims] of [
    [
      [3, 2, 4],
      [3, 2, 4],
    ],
    [
      [1, 2, 4],
      [2, 4],
    ],
    [[1, 2, 4], [8]],
    [
      [1, 2, 4],
      [2, 4, 1],
    ],
    [[8], [8]],
  ] as const) {
    const model = doubling(...dims);
    const layout = layoutFor('x', { shape }, dims);
    expect(layout).toMatchObject({ fed: dims, changes: false });
    expect(behindLayout(model, layout)).toBe(model);
  }
});

test('a map of a flat input is written in the order of the model’s vector, a stack of maps entry by entry', () => {
  const layout = layoutFor('x', { shape: [3, 2, 4], channelsLast: true }, [24]);
  expect(asTheModelTakesIt({ shape: [3, 2, 4], data: held }, layout)).toEqual({
    shape: [24],
    data: Float32Array.from(channelsLast),
  });
  const stack = { shape: [2, 3, 2, 4], data: Float32Array.of(...held, ...held) };
  expect(asTheModelTakesIt(stack, layout)).toEqual({
    shape: [2, 24],
    data: Float32Array.of(...channelsLast, ...channelsLast),
  });
  // A map that is no map of the input stays.
  expect(asTheModelTakesIt({ shape: [2, 4], data: held.slice(0, 8) }, layout).shape).toEqual([2, 4]);
});
