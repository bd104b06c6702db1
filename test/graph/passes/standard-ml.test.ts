/** Operators of ai.onnx.ml against ONNX Runtime's own kernels. */
import { describe, expect, test } from '@jest/globals';
import { GraphBuilder, makeNode, type Attributes } from '../../../src/graph/builder.js';
import { parametersOf } from '../../../src/graph/parameters.js';
import { openClassifier } from '../../../src/classifier/open.js';
import { standardMl } from '../../../src/graph/passes/standard-ml.js';
import { float } from '../../../src/onnx/attributes.js';
import { graphOf, onnx, type Model } from '../../../src/onnx/model.js';
import { float32, type Tensor } from '../../../src/tensor.js';
import { expectSameOutputs, runtime } from '../../helpers/run-model.js';

const x: Tensor = float32([0.5, -2, 1.5, 0, 0, 0, 3, 1, -1], [3, 3]);

function model(
  op: string,
  attributes: Attributes,
  outputs: Readonly<Record<string, 'float32' | 'int64' | 'string'>>,
): Model {
  const g = new GraphBuilder({ opset: 18 });
  g.input('x', 'float32', ['batch', 3]);
  const node = makeNode(op, ['x'], Object.keys(outputs), attributes);
  node.domain = 'ai.onnx.ml';
  g.add(node);
  for (const [name, type] of Object.entries(outputs)) g.output(name, type);
  const made = g.model();
  made.opsetImport.push(new onnx.OperatorSetIdProto({ domain: 'ai.onnx.ml', version: 1 }));
  return made;
}

const operators = (given: Model) => graphOf(given).node.map(({ opType }) => opType);

describe('computes what ONNX Runtime does', () => {
  test.each([
    ['Scaler', { offset: float([1, 2, 3]), scale: float([0.5, 2, -1]) }],
    ['Scaler', { offset: float([0.5]), scale: float([4]) }],
    ['Normalizer', { norm: 'L1' }],
    ['Normalizer', { norm: 'L2' }],
  ])('%s %#', async (op, attributes) => {
    const given = model(op, attributes, { y: 'float32' });
    const written = standardMl(given);
    expect(graphOf(written).node.every(({ domain }) => domain === '')).toBe(true);
    // Float32 in another order of operations.
    await expectSameOutputs(written, given, { x }, 1e-6);
  });

  const three = { coefficients: float([1, 2, 3, -1, 0.5, 0, 0.25, -2, 1]), intercepts: float([0.1, 0.2, -0.3]) };
  const names = new onnx.AttributeProto({
    name: 'classlabels_strings',
    type: onnx.AttributeProto.AttributeType.STRINGS,
    strings: ['a', 'b', 'c'].map((name) => new TextEncoder().encode(name)),
  });
  const pair = { coefficients: float([-1, 2, -0.5, 1, -2, 0.5]), intercepts: float([0.3, -0.3]) };
  test.each([
    ['NONE', 'int64', { ...three, classlabels_ints: [4, 5, 9] }],
    ['SOFTMAX', 'string', { ...three, classlabels_strings: names }],
    ['LOGISTIC', 'int64', { ...three, classlabels_ints: [0, 1, 2] }],
    ['LOGISTIC', 'int64', { ...pair, classlabels_ints: [0, 1] }],
  ] as const)('LinearClassifier %s, labels of %s %#', async (transform, labels, attributes) => {
    const given = model(
      'LinearClassifier',
      { ...attributes, post_transform: transform },
      { label: labels, p: 'float32' },
    );
    const written = standardMl(given);
    expect(operators(written)).toContain('Gemm');
    expect(parametersOf(graphOf(written))).toHaveLength(2);
    await expectSameOutputs(written, given, { x }, 1e-6);
  });

  test('two classes have one score, behind a label', async () => {
    const attributes = { ...pair, classlabels_ints: [0, 1], post_transform: 'LOGISTIC' };
    const written = standardMl(model('LinearClassifier', attributes, { label: 'int64', p: 'float32' }));
    const { scores } = await openClassifier(written, { runtime, form: { shape: [3] } });
    const producer = graphOf(written).node.find(({ output }) => output.includes(scores));
    expect(producer?.opType).toBe('Gemm');
    expect(Number(graphOf(written).initializer.find(({ name }) => name === producer?.input[1])?.dims[0])).toBe(1);
  });
});

test('what has no equivalent stays as it is', () => {
  const attributes = { coefficients: float([1, 2, 3]), classlabels_ints: [0, 1, 2], post_transform: 'PROBIT' };
  const given = model('LinearClassifier', attributes, { label: 'int64', p: 'float32' });
  expect(operators(standardMl(given))).toEqual(['LinearClassifier']);
});

test('a model without them is left alone', () => {
  const g = new GraphBuilder({ opset: 18 });
  g.input('x', 'float32', [1]);
  g.output(g.op('Relu', ['x']), 'float32');
  const given = g.model();
  expect(standardMl(given)).toBe(given);
});
