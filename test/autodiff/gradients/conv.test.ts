import { describe, expect, test } from '@jest/globals';
import { emitForward } from '../../../src/autodiff/differentiate.js';
import { InputError } from '../../../src/errors.js';
import { GraphBuilder, makeNode } from '../../../src/graph/builder.js';
import { BATCH, valuesOf, type ValueType } from '../../../src/graph/values.js';
import { LAYERS } from '../../helpers/conv-layers.js';
import { checkGradient, wholeNumbers } from '../../helpers/gradients/gradient-check.js';

describe('Conv', () => {
  test.each(LAYERS)('%j by %j, %j', async (image, weights, attributes) => {
    const inputs = [wholeNumbers(image, 1), wholeNumbers(weights, 2), wholeNumbers([weights[0]!], 3)];
    await checkGradient({ op: 'Conv', inputs, attributes, exact: true });
    await checkGradient({ op: 'Conv', inputs: inputs.slice(0, 2), attributes, exact: true, stacked: [0] });
  });

  test('an open image size is refused by name', () => {
    const node = makeNode('Conv', ['x', 'w'], ['y']);
    const known = new Map<string, ValueType>([
      ['x', { type: 'float32', dims: [BATCH, 3, 'height', 8] }],
      ['w', { type: 'float32', dims: [4, 3, 3, 3] }],
      ['y', { type: 'float32', dims: [BATCH, 4, 'height-2', 6] }],
    ]);
    const g = new GraphBuilder();
    const forward = () => emitForward(g, [node], valuesOf(g.graph, known), ['w']);
    expect(forward).toThrow(InputError);
    expect(forward).toThrow('node y (Conv): the spatial size "height" of "x" is open');
  });
});
