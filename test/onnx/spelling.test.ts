import { expect, test } from '@jest/globals';
import { withTensorOutputs } from '../../src/check/measure/tensor-outputs.js';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { standardMl } from '../../src/graph/passes/standard-ml.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { graphOf, onnx, type Model } from '../../src/onnx/model.js';
import { omitBlankEnds, shortenDomains } from '../../src/onnx/spelling.js';
import { float32 } from '../../src/tensor.js';
import { runtime } from '../helpers/run-model.js';

/** A residual block's end, which ONNX Runtime fuses. */
function normalized(): Model {
  const g = new GraphBuilder({ opset: 18 });
  const [x, y] = [g.input('x', 'float32', ['batch', 2, 2]), g.input('y', 'float32', ['batch', 2, 2])];
  g.add(makeNode('LayerNormalization', [g.op('Add', [x, y]), g.constant(float32([1, 2])), ''], ['z']));
  g.output('z', 'float32');
  return g.model();
}

test('a normalisation whose bias is named "" loads and runs, where ONNX Runtime would end the process', async () => {
  const model = normalized();
  expect(omitBlankEnds(model).map(({ opType }) => opType)).toEqual(['LayerNormalization']);
  const x = float32([1, 3, 0, 4], [1, 2, 2]);
  const session = await runtime.createSession(encodeModel(model), { optimization: 'all' });
  const { z } = await session.run({ x, y: float32([0, 0, 0, 0], [1, 2, 2]) });
  await session.release();
  // (x − mean) / σ is ±1, but for the 1e-5 beside the variance.
  [-1, 2, -1, 2].forEach((value, i) => expect((z!.data as Float32Array)[i]).toBeCloseTo(value, 4));
});

test.each([
  [['x', '', ''], ['x']],
  [
    ['x', '', 'y'],
    ['x', '', 'y'],
  ],
  [['', ''], []],
])('of the inputs %j, %j are left, in subgraphs and functions too', (given, left) => {
  const inner = makeNode('Clip', [...given], ['b']);
  const outer = makeNode('If', ['c'], ['a']);
  const graph = new onnx.GraphProto({ node: [inner] });
  outer.attribute.push(
    new onnx.AttributeProto({ name: 'then_branch', type: onnx.AttributeProto.AttributeType.GRAPH, g: graph }),
  );
  const ofFunction = makeNode('Clip', [...given], ['b']);
  const model = new onnx.ModelProto({
    graph: new onnx.GraphProto({ node: [outer] }),
    functions: [new onnx.FunctionProto({ node: [ofFunction] })],
  });
  omitBlankEnds(model);
  expect([inner.input, ofFunction.input]).toEqual([left, left]);
});

test('the standard domain has one name, others keep theirs', () => {
  const nodes = ['ai.onnx', '', 'ai.onnx.ml'].map((domain) => new onnx.NodeProto({ domain, opType: 'Relu' }));
  const opsetImport = [new onnx.OperatorSetIdProto({ domain: 'ai.onnx', version: 18 })];
  shortenDomains(new onnx.ModelProto({ graph: new onnx.GraphProto({ node: nodes }), opsetImport }));
  expect(nodes.map(({ domain }) => domain)).toEqual(['', '', 'ai.onnx.ml']);
  expect(opsetImport[0]!.domain).toBe('');
});

test.each([
  ['ZipMap', [], ['y']],
  ['ZipMap', [''], ['y']],
  ['ZipMap', ['x'], []],
  ['Normalizer', [], ['y']],
  ['Scaler', [], ['y']],
  ['LinearClassifier', [], ['label', 'y']],
])('a %s with inputs %j and outputs %j stays as it is, to be refused by the runtime', (op, inputs, outputs) => {
  const node = new onnx.NodeProto({ domain: 'ai.onnx.ml', opType: op, input: inputs, output: outputs });
  const model = new onnx.ModelProto({ graph: new onnx.GraphProto({ node: [node] }) });
  expect(graphOf(withTensorOutputs(model).model).node).toEqual([node]);
  expect(graphOf(standardMl(model)).node).toEqual([node]);
  expect(() => encodeModel(withTensorOutputs(model).model)).not.toThrow();
});
