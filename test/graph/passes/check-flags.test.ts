import { describe, expect, test } from '@jest/globals';
import { GraphBuilder, makeNode, type Attributes } from '../../../src/graph/builder.js';
import { checkFlagAttributes } from '../../../src/graph/passes/check-flag-attributes.js';
import { makeAttribute } from '../../../src/onnx/attributes.js';
import { float32 } from '../../../src/tensor.js';

const modelWith = (op: string, attributes: Attributes) => {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', 4]);
  g.add(makeNode(op, ['x', g.constant(float32(new Float32Array(12), [3, 4]))], ['y'], attributes));
  g.output('y', 'float32');
  return g.model();
};

describe('flags', () => {
  test.each([
    ['Gemm', 'transB', Number.MAX_SAFE_INTEGER],
    ['Gemm', 'transA', -1],
    ['ReduceMean', 'keepdims', 2],
    ['MaxPool', 'ceil_mode', 7],
    ['CumSum', 'reverse', 255],
  ])('%s with %s of %d is refused', (op, name, value) => {
    const refusal = new RegExp(`node y \\(${op}\\): attribute "${name}" is ${value}, expected 0 or 1`);
    expect(() => checkFlagAttributes(modelWith(op, { [name]: value }))).toThrow(refusal);
  });

  test('of another type are refused', () => {
    const model = modelWith('Gemm', { transB: makeAttribute('transB', 'yes') });
    expect(() => checkFlagAttributes(model)).toThrow(/attribute "transB" is of type STRING, expected INT/);
  });

  test('0, 1, and numbers that are no flags, are taken', () => {
    for (const model of [modelWith('Gemm', { transB: 1, transA: 0 }), modelWith('Softmax', { axis: -1 })]) {
      expect(checkFlagAttributes(model)).toBe(model);
    }
  });
});
