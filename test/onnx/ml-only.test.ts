/** Models of ai.onnx.ml alone, which name no standard operator set, as tree libraries and scikit-learn's converter write them. */
import { describe, expect, test } from '@jest/globals';
import { prepareModel } from '../../src/graph/prepare.js';
import { valueInfo } from '../../src/graph/builder.js';
import { inspectModel } from '../../src/inspect/inspect-model.js';
import { float, makeAttribute } from '../../src/onnx/attributes.js';
import { decodeModel, encodeModel } from '../../src/onnx/codec.js';
import { onnx, opsetOf, type Node } from '../../src/onnx/model.js';
import { runtime } from '../helpers/run-model.js';

const AI_ML = 'ai.onnx.ml';

function mlModel(node: Node[], outputs: readonly onnx.ValueInfoProto[]): Uint8Array {
  return encodeModel(
    new onnx.ModelProto({
      irVersion: 8,
      opsetImport: [new onnx.OperatorSetIdProto({ domain: AI_ML, version: 1 })],
      graph: new onnx.GraphProto({
        name: 'g',
        node,
        input: [valueInfo('x', 'float32', ['N', 2])],
        output: [...outputs],
      }),
    }),
  );
}

function mlNode(
  opType: string,
  input: string[],
  output: string[],
  attributes: Record<string, Parameters<typeof makeAttribute>[1]>,
): Node {
  const attribute = Object.entries(attributes).map(([name, value]) => makeAttribute(name, value));
  return new onnx.NodeProto({ domain: AI_ML, opType, input, output, name: opType, attribute });
}

const strings = (name: string, values: string[]) =>
  new onnx.AttributeProto({
    name,
    type: onnx.AttributeProto.AttributeType.STRINGS,
    strings: values.map((s) => new TextEncoder().encode(s)),
  });

/** One tree: below 0 of feature 0 it is class 0, else class 1. */
const tree = mlNode('TreeEnsembleClassifier', ['x'], ['label', 'scores'], {
  nodes_treeids: [0, 0, 0],
  nodes_nodeids: [0, 1, 2],
  nodes_featureids: [0, 0, 0],
  nodes_values: float([0, 0, 0]),
  nodes_modes: strings('nodes_modes', ['BRANCH_LT', 'LEAF', 'LEAF']),
  nodes_truenodeids: [1, 0, 0],
  nodes_falsenodeids: [2, 0, 0],
  class_treeids: [0, 0],
  class_nodeids: [1, 2],
  class_ids: [0, 1],
  class_weights: float([1, 1]),
  classlabels_int64s: [0, 1],
});
const scores = [valueInfo('label', 'int64', ['N']), valueInfo('scores', 'float32', ['N', 2])];
const scaler = mlNode('Scaler', ['x'], ['scaled'], { offset: float([0, 0]), scale: float([1, 1]) });
const linear = mlNode('LinearClassifier', ['scaled'], ['label', 'scores'], {
  coefficients: float([1, 2, 3, 4]),
  intercepts: float([0, 1]),
  classlabels_ints: [0, 1],
});

describe('a model that names ai.onnx.ml only', () => {
  test('a tree ensemble is inspected: it has no weights, and its operator no gradient', async () => {
    const model = decodeModel(mlModel([tree], scores), 'trees.onnx');
    expect(opsetOf(model)).toBe(0);
    const inspection = await inspectModel(model, runtime);
    expect(inspection.obstacle).toMatch(/no weights to train/);
    expect(inspection.nodes).toMatchObject([{ op: 'ai.onnx.ml.TreeEnsembleClassifier', forward: true }]);
    expect(inspection.nodes[0]!.differentiable).toMatch(/no gradient is known/);
  });

  test('a linear pipeline is written in standard operators, and can be trained', async () => {
    const model = decodeModel(mlModel([scaler, linear], scores), 'linear.onnx');
    expect(opsetOf(await prepareModel(model, runtime))).toBeGreaterThan(0);
    expect((await inspectModel(model, runtime)).layers).toHaveLength(1);
  });

  test('a standard operator without its set is refused by name', () => {
    const relu = new onnx.NodeProto({ opType: 'Relu', name: 'r', input: ['x'], output: ['y'] });
    const bytes = mlModel([relu], [valueInfo('y', 'float32', ['N', 2])]);
    expect(() => decodeModel(bytes, 'm.onnx')).toThrow(
      /m\.onnx: node r \(Relu\) is of no operator set .* from 9 to 26/,
    );
  });
});
