import { expect, test } from '@jest/globals';
import { GraphBuilder, makeNode } from '../../../src/graph/builder.js';
import { fillInputs } from '../../../src/graph/passes/fill-inputs.js';
import { elementTypeCode } from '../../../src/onnx/element-type.js';
import { feedsOf, graphOf } from '../../../src/onnx/model.js';
import { int64, toNumbers } from '../../../src/tensor.js';
import { runModel } from '../../helpers/run-model.js';

const NAMES = ['input_ids', 'attention_mask', 'token_type_ids'];

function model(names: readonly string[]) {
  const g = new GraphBuilder();
  for (const name of names) g.input(name, 'int64', ['batch', 'sequence']);
  names.forEach((name, i) => g.add(makeNode('Cast', [name], [`y${i}`], { to: elementTypeCode('float32') })));
  names.forEach((_, i) => g.output(`y${i}`, 'float32'));
  return g.model();
}

test('the mask leaves out padding, all tokens are of one type', async () => {
  const filled = fillInputs(model(NAMES));
  expect(feedsOf(graphOf(filled)).map(({ name }) => name)).toEqual(['input_ids']);
  const outputs = await runModel(filled, { input_ids: int64([5, 7, 0, 3, 0, 0], [2, 3]) });
  expect(toNumbers(outputs.y1!)).toEqual([1, 1, 0, 1, 0, 0]);
  expect(toNumbers(outputs.y2!)).toEqual([0, 0, 0, 0, 0, 0]);
});

test('other models are left alone', () => {
  for (const names of [['input_ids'], ['x', 'attention_mask'], ['a', 'b']]) {
    const given = model(names);
    expect(fillInputs(given)).toBe(given);
  }
});
