import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/errors.js';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { cutAfter, cutBefore } from '../../src/graph/cut.js';
import { dropDead } from '../../src/graph/drop-dead.js';
import { feedsOf, graphOf, onnx } from '../../src/onnx/model.js';
import { float32, type Tensor } from '../../src/tensor.js';
import { create } from '../../src/zoo/create.js';
import { awayFromZero } from '../helpers/gradients/gradient-check.js';
import { runModel } from '../helpers/run-model.js';

const x = (...dims: number[]) => float32(Float32Array.from(awayFromZero(dims).data), dims);
const image = { input: x(2, 1, 28, 28) };

describe('cutting', () => {
  test.each(['conv1', 'pool2', 'flatten', 'relu4'])('at %s: the two parts together are the model', async (value) => {
    const model = create('lenet', { seed: 2 });
    const { logits } = await runModel(model, image);
    const first = cutBefore(model, [value]);
    const middle = (await runModel(first, image))[value]!;
    const second = cutAfter(model, [{ name: value, type: 'float32', dims: ['batch', ...middle.dims.slice(1)] }]);
    expect(feedsOf(graphOf(second)).map(({ name }) => name)).toEqual([value]);
    expect((await runModel(second, { [value]: middle })).logits!.data).toEqual(logits!.data);
    const nodes = graphOf(first).node.length + graphOf(second).node.length;
    expect(nodes).toBe(graphOf(model).node.length);
    const weights = graphOf(first).initializer.length + graphOf(second).initializer.length;
    expect(weights).toBe(graphOf(model).initializer.length);
  });

  test('at several values, in the order asked for, around a skip connection', async () => {
    const g = new GraphBuilder();
    g.input('x', 'float32', [2]);
    g.add(makeNode('Relu', ['x'], ['a']));
    g.add(makeNode('Exp', ['a'], ['b']));
    g.add(makeNode('Add', ['a', 'b'], ['y']));
    g.output('y', 'float32', [2]);
    const model = g.model();
    const outputs = await runModel(cutBefore(model, ['b', 'a']), { x: float32([1, -2]) });
    expect(Object.keys(outputs)).toEqual(['b', 'a']);
    const inputs = Object.entries(outputs).map(([name, { type, dims }]) => ({ name, type, dims }));
    const rest = cutAfter(model, inputs);
    expect(graphOf(rest).node.map(({ opType }) => opType)).toEqual(['Add']);
    expect((await runModel(rest, outputs)).y!.data).toEqual(Float32Array.of(1 + Math.fround(Math.E), 1));
  });

  test('leaves the other inputs that the rest needs', async () => {
    const g = new GraphBuilder();
    g.input('a', 'float32', [2]);
    g.input('b', 'float32', [2]);
    g.add(makeNode('Relu', ['a'], ['h']));
    g.add(makeNode('Add', ['h', 'b'], ['y']));
    g.output('y', 'float32', [2]);
    const model = g.model();
    expect(feedsOf(graphOf(cutBefore(model, ['h']))).map(({ name }) => name)).toEqual(['a']);
    const rest = cutAfter(model, [{ name: 'h', type: 'float32', dims: [2] }]);
    expect(feedsOf(graphOf(rest)).map(({ name }) => name)).toEqual(['h', 'b']);
    const { y } = await runModel(rest, { h: float32([1, 2]), b: float32([10, 20]) });
    expect(y!.data).toEqual(Float32Array.of(11, 22));
  });

  test('at a value that does not exist is refused with the nearest names', () => {
    const model = create('lenet');
    expect(() => cutBefore(model, ['pool3'])).toThrow(InputError);
    expect(() => cutAfter(model, [{ name: 'pool3', type: 'float32', dims: [] }])).toThrow(/pool1, pool2/);
  });
});

describe('dropping what is dead', () => {
  test('unused nodes, weights, value infos and functions go, inputs stay', () => {
    const g = new GraphBuilder();
    g.input('x', 'float32', [2]);
    g.input('unused', 'float32', [2]);
    g.initializer('w', float32([2, 3]));
    g.initializer('dead', float32([2, 3]));
    g.add(makeNode('Mul', ['x', 'w'], ['y']));
    g.add(makeNode('Mul', ['x', 'dead'], ['z']));
    g.add(makeNode('Relu', ['z'], ['zz']));
    g.output('y', 'float32', [2]);
    for (const name of ['y', 'z']) g.graph.valueInfo.push(new onnx.ValueInfoProto({ name }));
    const model = g.model();
    const opsetImport = [...model.opsetImport];
    model.functions.push(
      new onnx.FunctionProto({ name: 'F', domain: 'local', input: ['a'], output: ['b'], opsetImport }),
    );
    const lean = dropDead(model);
    const graph = graphOf(lean);
    expect(graph.node.map(({ opType }) => opType)).toEqual(['Mul']);
    expect(graph.initializer.map(({ name }) => name)).toEqual(['w']);
    expect(graph.valueInfo.map(({ name }) => name)).toEqual(['y']);
    expect(graph.input.map(({ name }) => name)).toEqual(['x', 'unused']);
    expect(lean.functions).toEqual([]);
    expect(graphOf(model).node).toHaveLength(3);
  });

  test('what only a branch reads is kept, what a dead node in a branch reads is not', async () => {
    const branch = (name: string, build: (b: GraphBuilder) => void) => {
      const b = new GraphBuilder({ name });
      build(b);
      b.output(`${name}_out`, 'float32');
      return b.graph;
    };
    const g = new GraphBuilder();
    g.input('x', 'float32', [2]);
    g.input('yes', 'bool', []);
    g.initializer('w', float32([2, 3]));
    g.initializer('dead', float32([2, 3]));
    const then = branch('then', (b) => {
      b.add(makeNode('Mul', ['x', 'w'], ['then_out']));
      b.add(makeNode('Mul', ['x', 'dead'], ['unread']));
    });
    const otherwise = branch('else', (b) => b.add(makeNode('Relu', ['x'], ['else_out'])));
    g.add(makeNode('If', ['yes'], ['y'], { then_branch: then, else_branch: otherwise }));
    g.output('y', 'float32');
    const lean = dropDead(g.model());
    expect(graphOf(lean).initializer.map(({ name }) => name)).toEqual(['w']);
    const yes: Tensor = { type: 'bool', dims: [], data: Uint8Array.of(1) };
    expect((await runModel(lean, { x: float32([1, 1]), yes })).y!.data).toEqual(Float32Array.of(2, 3));
  });
});
