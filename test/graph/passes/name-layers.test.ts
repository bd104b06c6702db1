import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { findNode, nodeName } from '../../../src/graph/find-node.js';
import { findLayers, traceableLayers } from '../../../src/graph/layers.js';
import { layerNames, nameLayers } from '../../../src/graph/passes/name-layers.js';
import { decodeModel } from '../../../src/onnx/codec.js';
import { graphOf, onnx, type Model } from '../../../src/onnx/model.js';

const files = unzipSync(readFileSync('test/fixtures/exporters.zip'));

const load = (name: string) => decodeModel(files[`${name}/model.onnx`]!, name);

const names = (model: Model) => traceableLayers(graphOf(model)).map(({ name }) => name);

describe('layers of exported models', () => {
  test.each([
    ['lenet-dynamo', ['conv1', 'conv2', 'fc1', 'fc2', 'fc3']],
    ['lenet-torchscript', ['conv1', 'conv2', 'fc1', 'fc2', 'fc3']],
    ['keras-mlp-tf2onnx', ['dense_1_1', 'dense_2_1', 'dense_3_1']],
    // Members of a sequence have numbers for names, which would be taken for those of layers.
    ['cnn-1d-dynamo', ['0.weight', '4.weight', '10.weight']],
  ])('of %s are called as their author called them', (name, expected) => {
    expect(names(nameLayers(load(name)))).toEqual(expected);
  });

  test('whose weights lost their names are called by their modules', () => {
    const named = names(nameLayers(load('u-net-torchscript')));
    expect(named.slice(0, 3)).toEqual(['down1.0', 'down1.3', 'down2.0']);
  });

  test('are called alike by both exporters of PyTorch', () => {
    const [first, second] = ['vit-dynamo', 'vit-torchscript'].map(load);
    expect(new Set(layerNames(graphOf(first!)).values())).toEqual(new Set(layerNames(graphOf(second!)).values()));
  });

  test('are found by the name in the file as well', () => {
    const graph = graphOf(nameLayers(load('lenet-torchscript')));
    expect(nodeName(findNode(graph, '/conv2/Conv'))).toBe('conv2');
    expect(findLayers(traceableLayers(graph), ['/fc1/Gemm']).map(({ name }) => name)).toEqual(['fc1']);
  });
});

/** Products of an input with weights of these names, by nodes of those names. */
function products(nodes: readonly { name: string; weight: string; output?: string }[]): Model {
  const weights = [...new Set(nodes.map(({ weight }) => weight))];
  return new onnx.ModelProto({
    irVersion: 9,
    graph: new onnx.GraphProto({
      node: nodes.map(
        ({ name, weight, output }, i) =>
          new onnx.NodeProto({ name, opType: 'MatMul', input: ['x', weight], output: [output ?? `y${i}`] }),
      ),
      initializer: weights.map(
        (name) => new onnx.TensorProto({ name, dims: [2, 2], dataType: 1, floatData: [1, 0, 0, 1] }),
      ),
    }),
  });
}

describe('a name stays', () => {
  test.each([
    ['that its author may have given', [{ name: 'classifier', weight: 'a.weight' }]],
    ['where the weight says nothing', [{ name: '/MatMul_1', weight: 'onnx::MatMul_7' }]],
    [
      'where two layers would have it',
      [
        { name: 'node_a', weight: 'a.weight' },
        { name: 'node_b', weight: 'a.weight' },
      ],
    ],
    [
      'where a value has it',
      [
        { name: 'node_a', weight: 'a.weight' },
        { name: 'other', weight: 'w', output: 'a' },
      ],
    ],
  ])('%s', (_why, nodes) => {
    const model = products(nodes);
    expect(nameLayers(model)).toBe(model);
  });

  test('whatever characters operators are called by', () => {
    const model = products([{ name: '/a/b(c', weight: 'w' }]);
    graphOf(model).node[0]!.opType = 'b(c';
    expect(nameLayers(model)).toBe(model);
  });
});
