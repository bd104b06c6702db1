import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/errors.js';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { findLayers, linearNodes, traceableLayers } from '../../src/graph/layers.js';
import { float } from '../../src/onnx/attributes.js';
import { graphOf } from '../../src/onnx/model.js';
import { float32, int64 } from '../../src/tensor.js';
import { create } from '../../src/zoo/create.js';

const zeros = (...dims: number[]) => float32(new Float32Array(dims.reduce((a, b) => a * b, 1)), dims);

/** A graph of one layer on `x`, with the given stored weights. */
function graphWith(weights: Record<string, number[]>, build: (g: GraphBuilder) => void) {
  const g = new GraphBuilder();
  g.input('x', 'float32');
  for (const [name, dims] of Object.entries(weights)) g.initializer(name, zeros(...dims));
  build(g);
  return g.graph;
}

describe('layers of the zoo', () => {
  test('lenet has its five layers in order, with shapes', () => {
    const layers = traceableLayers(graphOf(create('lenet')));
    expect(layers.map(({ name, rows, columns, bias }) => [name, rows, columns, bias])).toEqual([
      ['conv1', 6, 25, 'conv1.bias'],
      ['conv2', 16, 150, 'conv2.bias'],
      ['fc1', 120, 400, 'fc1.bias'],
      ['fc2', 84, 120, 'fc2.bias'],
      ['fc3', 10, 84, 'fc3.bias'],
    ]);
    expect(layers.map(({ input, preActivation }) => [input, preActivation])).toEqual([
      ['input', 'conv1'],
      ['pool1', 'conv2'],
      ['flatten', 'fc1'],
      ['relu3', 'fc2'],
      ['relu4', 'logits'],
    ]);
    expect(layers.every(({ transposed }) => !transposed)).toBe(true);
  });

  test('products of two computed values are not layers', () => {
    const { layers, untraceable } = linearNodes(graphOf(create('gin')));
    expect(layers).toHaveLength(12);
    expect([...untraceable].map(([node, why]) => [node.name, why])).toContainEqual([
      'layer1.aggregate',
      'its weight is computed, not stored',
    ]);
  });
});

describe('one layer', () => {
  test('Gemm without transB stores its weight as columns × rows', () => {
    const graph = graphWith({ w: [3, 5] }, (g) => g.add(makeNode('Gemm', ['x', 'w'], ['y'])));
    expect(traceableLayers(graph)).toMatchObject([
      { rows: 5, columns: 3, transposed: true, axis: -1, bias: undefined },
    ]);
  });

  test('MatMul takes in the Add that follows it', () => {
    const graph = graphWith({ w: [3, 5], b: [5] }, (g) => {
      g.add(makeNode('MatMul', ['x', 'w'], ['xw']));
      g.add(makeNode('Add', ['b', 'xw'], ['y']));
    });
    const [layer] = traceableLayers(graph);
    expect(layer).toMatchObject({ rows: 5, columns: 3, bias: 'b', preActivation: 'y', name: 'xw' });
    expect(layer!.nodes.map(({ opType }) => opType)).toEqual(['MatMul', 'Add']);
  });

  test.each([
    ['that others read too', (g: GraphBuilder) => g.add(makeNode('Relu', ['xw'], ['z']))],
    ['that is an output', (g: GraphBuilder) => void g.output('xw', 'float32')],
  ])('a product %s keeps its Add apart', (_, more) => {
    const graph = graphWith({ w: [3, 5], b: [5] }, (g) => {
      g.add(makeNode('MatMul', ['x', 'w'], ['xw']));
      g.add(makeNode('Add', ['xw', 'b'], ['y']));
      more(g);
    });
    expect(traceableLayers(graph)).toMatchObject([{ preActivation: 'xw', bias: undefined }]);
  });

  test('an Add of anything but one number per unit is no bias', () => {
    const graph = graphWith({ w: [3, 5], b: [4, 5] }, (g) => {
      g.add(makeNode('MatMul', ['x', 'w'], ['xw']));
      g.add(makeNode('Add', ['xw', 'b'], ['y']));
    });
    expect(traceableLayers(graph)).toMatchObject([{ preActivation: 'xw', bias: undefined }]);
  });

  test('a weight on the left acts on the second-to-last axis', () => {
    const graph = graphWith({ w: [5, 3] }, (g) => g.add(makeNode('MatMul', ['w', 'x'], ['y'])));
    expect(traceableLayers(graph)).toMatchObject([{ rows: 5, columns: 3, transposed: false, axis: -2, input: 'x' }]);
  });

  test('a weight is found behind Identity and Transpose', () => {
    const graph = graphWith({ w: [5, 3] }, (g) => {
      g.add(makeNode('Identity', ['w'], ['same']));
      g.add(makeNode('Transpose', ['same'], ['wt']));
      g.add(makeNode('MatMul', ['x', 'wt'], ['y']));
    });
    expect(traceableLayers(graph)).toMatchObject([{ weight: 'w', rows: 5, columns: 3, transposed: false }]);
  });

  test('grouped convolution: a row sees the channels of its group', () => {
    const graph = graphWith({ w: [8, 2, 3, 3] }, (g) => g.add(makeNode('Conv', ['x', 'w'], ['y'], { group: 4 })));
    expect(traceableLayers(graph)).toMatchObject([{ rows: 8, columns: 18, axis: 1 }]);
  });

  test('two layers may share a weight', () => {
    const graph = graphWith({ w: [3, 3] }, (g) => {
      g.add(makeNode('MatMul', ['x', 'w'], ['y']));
      g.add(makeNode('MatMul', ['y', 'w'], ['z']));
    });
    const layers = traceableLayers(graph);
    expect(layers.map(({ name, weight }) => [name, weight])).toEqual([
      ['y', 'w'],
      ['z', 'w'],
    ]);
    expect(findLayers(layers, ['w'])).toHaveLength(2);
  });

  test.each([
    ['its input is transposed', { transA: 1 }, {}],
    ['it scales the product', { alpha: float(0.5) }, {}],
    ['its bias is not a stored vector', { beta: float(2) }, { b: [5] }],
    ['its bias is not a stored vector', {}, { b: [4, 5] }],
  ])('Gemm is refused when %s', (why, attributes, weights: Record<string, number[]>) => {
    const inputs = ['x', 'w', ...Object.keys(weights)];
    const graph = graphWith({ w: [3, 5], ...weights }, (g) => g.add(makeNode('Gemm', inputs, ['y'], attributes)));
    const { layers, untraceable } = linearNodes(graph);
    expect(layers).toEqual([]);
    expect([...untraceable.values()][0]).toContain(why);
  });

  test('transposed convolution: rows are the outputs of all groups, columns the inputs of one', () => {
    const graph = graphWith({ w: [6, 4, 3, 3], b: [8] }, (g) =>
      g.add(makeNode('ConvTranspose', ['x', 'w', 'b'], ['y'], { group: 2 })),
    );
    expect(traceableLayers(graph)).toMatchObject([{ rows: 8, columns: 27, bias: 'b', axis: 1 }]);
  });

  test('a stack of matrices, each for inputs of its own', () => {
    const graph = graphWith({ w: [2, 3, 5] }, (g) => g.add(makeNode('MatMul', ['x', 'w'], ['y'])));
    expect(traceableLayers(graph)).toMatchObject([{ rows: 10, columns: 3 }]);
  });

  test.each([
    ['btc,chk->bthk', [6, 2, 5], [2, 5], { rows: 10, columns: 6, bias: 'b', preActivation: 'z' }],
    ['...c,chk->...hk', [6, 2, 5], [1, 2, 5], { rows: 10, columns: 6, bias: 'b', preActivation: 'z' }],
    ['bthk,hkc->btc', [2, 5, 6], [6], { rows: 6, columns: 10, bias: 'b', preActivation: 'z' }],
    // The result ends in positions: what is added there is no bias with one number per output.
    ['btc,chk->bhkt', [6, 2, 5], [2, 5], { rows: 10, columns: 6, bias: undefined, preActivation: 'y' }],
    ['btc,chk->bthk', [6, 2, 5], [5, 2], { bias: undefined, preActivation: 'y' }],
  ])('Einsum %s', (equation, w, b, expected) => {
    const graph = graphWith({ w, b }, (g) => {
      g.add(makeNode('Einsum', ['x', 'w'], ['y'], { equation }));
      g.add(makeNode('Add', ['y', 'b'], ['z']));
    });
    expect(traceableLayers(graph)).toMatchObject([expected]);
  });

  test.each([
    ['a weight of the size of the batch', 'bi,bio->bo', [4, 3, 5]],
    ['an axis of the weight that is summed alone', 'bi,ios->bo', [3, 5, 2]],
    ['positions that are summed', 'bti,io->bo', [3, 5]],
    ['no sum over an input', 'bt,o->bto', [5]],
    ['a diagonal', 'bi,ii->bi', [3, 3]],
    ['an ellipsis in the weight', '...i,...io->...o', [2, 3, 5]],
    ['three operands', 'bi,io,o->bo', [3, 5]],
  ])('Einsum is refused with %s', (_, equation, w) => {
    const inputs = equation.split(',').length === 3 ? ['x', 'w', 'v'] : ['x', 'w'];
    const graph = graphWith({ w, v: [5] }, (g) => g.add(makeNode('Einsum', inputs, ['y'], { equation })));
    const { layers, untraceable } = linearNodes(graph);
    expect(layers).toEqual([]);
    expect([...untraceable.values()]).toEqual(['its equation is not a product of a matrix and its input']);
  });

  test('weights that are whole numbers, vectors, or multiplied with each other are refused', () => {
    const graph = graphWith({ w: [3, 5], vector: [3] }, (g) => {
      g.initializer('whole', int64([1, 2, 3, 4], [2, 2]));
      g.add(makeNode('MatMul', ['x', 'whole'], ['a']));
      g.add(makeNode('MatMul', ['x', 'vector'], ['b']));
      g.add(makeNode('MatMul', ['w', 'w'], ['c']));
    });
    const { layers, untraceable } = linearNodes(graph);
    expect(layers).toEqual([]);
    expect([...untraceable.values()]).toEqual([
      'its weight is not floating point',
      'its weight is a vector',
      'it multiplies constants',
    ]);
  });
});

describe('finding layers', () => {
  const layers = traceableLayers(graphOf(create('lenet')));

  test('by node, weight or number; in the order of the graph, each once', () => {
    expect(findLayers(layers, ['fc3', '0', 'conv2.weight', 'conv1']).map(({ name }) => name)).toEqual([
      'conv1',
      'conv2',
      'fc3',
    ]);
  });

  test('a number means the place in the whole table, also in a part of it', () => {
    expect(findLayers(layers.slice(2), ['4']).map(({ name }) => name)).toEqual(['fc3']);
    expect(() => findLayers(layers.slice(2), ['1'])).toThrow(InputError);
  });

  test.each([
    ['convl', /nearest are conv1, conv2/],
    ['5', /numbers go from 0 to 4/],
  ])('"%s" is refused with a suggestion', (text, message) => {
    expect(() => findLayers(layers, [text])).toThrow(message);
    expect(() => findLayers([], [text])).toThrow(/no traceable layers/);
  });
});
