/** Models that cannot be used, as users meet them: one line that names the node and the reason, exit code 2. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import protobuf from 'protobufjs/minimal.js';
import { GraphBuilder, makeNode, type Attributes } from '../../src/graph/builder.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { onnx, type Graph, type Model } from '../../src/onnx/model.js';
import { float32, int64 } from '../../src/tensor.js';
import { runCommand } from '../helpers/command-line.js';
import { encodeNpz, temporaryFolder, writeFiles } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';

const folder = temporaryFolder();

beforeAll(() => {
  const x = ['<f4', [6, 4], new Float32Array(24).fill(0.5)] as [string, number[], Float32Array];
  const y = ['<i8', [6], BigInt64Array.from([0n, 1n, 2n, 0n, 1n, 2n])] as [string, number[], BigInt64Array];
  writeFiles(folder, { 'data.npz': encodeNpz({ x, y, x_test: x, y_test: y }) });
});

/** A dense layer from `x` to `h`, and whatever comes after it. */
function dense(build: (g: GraphBuilder, graph: Graph) => void): Model {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', 4]);
  g.initializer('w', float32(new Float32Array(12).fill(0.1), [4, 3]));
  g.add(makeNode('MatMul', ['x', 'w'], ['h']));
  build(g, g.graph);
  if (g.graph.output.length === 0) g.output('y', 'float32', ['batch', 3]);
  return g.model();
}

const node = (g: GraphBuilder, op: string, inputs: string[], outputs: string[], attributes: Attributes = {}) =>
  g.add(makeNode(op, inputs, outputs, attributes));

/** Custom operators of a domain that the model imports. */
function foreign(): Model {
  const model = dense((g) => {
    for (const [op, input, output] of [
      ['Frobnicate', 'h', 'odd'],
      ['Defrob', 'odd', 'y'],
    ] as const) {
      const made = makeNode(op, [input], [output]);
      made.domain = 'com.example';
      g.add(made);
    }
  });
  model.opsetImport.push(new onnx.OperatorSetIdProto({ domain: 'com.example', version: 3 }));
  return model;
}

/** Bytes of graphs in graphs: graph ⊃ node (1) ⊃ attribute (5) ⊃ graph (6). */
function deep(levels: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const field of [...Array.from({ length: levels }, () => [6, 5, 1]).flat(), 7]) {
    const part = protobuf.Writer.create()
      .uint32((field << 3) | 2)
      .uint32(length)
      .finish();
    parts.unshift(part);
    length += part.length;
  }
  return Buffer.concat(parts);
}

/** An operator of ONNX Runtime's own, which has no gradient here. */
function withoutGradient(): Model {
  const model = dense((g) => {
    for (const [input, output] of [
      ['h', 'a'],
      ['a', 'y'],
    ] as const) {
      const made = makeNode('QuickGelu', [input], [output]);
      made.domain = 'com.microsoft';
      g.add(made);
    }
  });
  model.opsetImport.push(new onnx.OperatorSetIdProto({ domain: 'com.microsoft', version: 1 }));
  return model;
}

/** A weight that lies in another file. */
function externalAt(location: string): Model {
  return dense((g, graph) => {
    node(g, 'Add', ['h', 'b'], ['y']);
    graph.initializer.push(
      new onnx.TensorProto({
        name: 'b',
        dims: [3],
        dataType: 1,
        dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
        externalData: [new onnx.StringStringEntryProto({ key: 'location', value: location })],
      }),
    );
  });
}

/** The body of a loop that doubles what it carries, for as long as it is positive where that is asked for. */
function doubling(whilePositive = false): Graph {
  const g = new GraphBuilder();
  g.input('number', 'int64', []);
  g.input('condition', 'bool', []);
  g.input('value', 'float32');
  node(g, 'Add', ['value', 'value'], ['twice']);
  if (whilePositive) {
    node(g, 'Greater', [g.op('ReduceMax', ['twice'], { keepdims: 0 }), g.constant(float32([0], []))], ['goes on']);
  } else {
    node(g, 'Identity', ['condition'], ['goes on']);
  }
  g.output('goes on', 'bool', []);
  g.output('twice', 'float32');
  return g.graph;
}

const CASES: Readonly<Record<string, readonly [model: () => Model | Uint8Array, says: RegExp]>> = {
  'a cycle': [
    () =>
      dense((g) => {
        node(g, 'Add', ['h', 'b'], ['a']);
        node(g, 'Relu', ['a'], ['b']);
        node(g, 'Relu', ['b'], ['y']);
      }),
    /node \S+ \(\w+\) is part of a cycle/,
  ],
  'an input that nothing computes': [() => dense((g) => node(g, 'Relu', ['nowhere'], ['y'])), /y \(Relu\).*"nowhere"/],
  'an input of a wrong type': [
    () => dense((g) => node(g, 'Relu', [g.op('Cast', ['h'], { to: onnx.TensorProto.DataType.BOOL })], ['y'])),
    /Relu|y\b/,
  ],
  'shapes that cannot agree': [
    () => dense((g) => node(g, 'Add', ['h', g.initializer('b', float32([1, 2, 3, 4]))], ['y'])),
    /\by\b/,
  ],
  'a name that is given twice': [
    () =>
      dense((g) => {
        node(g, 'Relu', ['h'], ['y']);
        node(g, 'Tanh', ['h'], ['y']);
      }),
    /y \(Tanh\) defines "y"/,
  ],
  'an attribute of a wrong type': [
    () => dense((g) => node(g, 'Softmax', ['h'], ['y'], { axis: 'last' })),
    /"y", Softmax.*y : axis.*INT.*STRING/,
  ],
  'a negative dimension': [
    () =>
      dense((g, graph) => {
        node(g, 'Add', ['h', 'b'], ['y']);
        graph.initializer.push(new onnx.TensorProto({ name: 'b', dims: [-3], dataType: 1, floatData: [1, 2, 3] }));
      }),
    /weight "b" has a negative dimension/,
  ],
  'a negative dimension of an input': [
    () =>
      dense((g, graph) => {
        node(g, 'Relu', ['h'], ['y']);
        graph.input[0]!.type!.tensorType!.shape!.dim[1] = new onnx.TensorShapeProto.Dimension({ dimValue: -4 });
      }),
    /input "x" has a negative dimension/,
  ],
  'an enormous dimension of a weight': [
    () =>
      dense((g, graph) => {
        node(g, 'Add', ['h', 'b'], ['y']);
        graph.initializer.push(new onnx.TensorProto({ name: 'b', dims: [2 ** 40], dataType: 1, floatData: [1] }));
      }),
    /weight "b" of shape \[1099511627776\]/,
  ],
  'an enormous size that is computed': [
    () => dense((g) => node(g, 'Add', ['h', g.op('ConstantOfShape', [g.constant(int64([2 ** 40, 3]))])], ['y'])),
    /ConstantOfShape.*would take 13 TB of memory/,
  ],
  'weights outside of the folder': [() => externalAt('../../etc/passwd'), /"b".*outside/],
  'weights in a file whose name no file can have': [() => externalAt('w.bin\0'), /"b".*outside/],
  'loops that may never end': [
    () =>
      dense((g) => {
        g.initializer('always', { type: 'bool', dims: [], data: Uint8Array.of(1) });
        node(g, 'Loop', ['', 'always', 'h'], ['a'], { body: doubling() });
        g.initializer('long', int64([2 ** 50], []));
        node(g, 'Loop', ['long', 'always', 'a'], ['y'], { body: doubling(true) });
      }),
    /loops that may never end: Loop ×2, first at node a/,
  ],
  'a loop of very many iterations': [
    () =>
      dense((g) => {
        g.initializer('long', int64([2 ** 50], []));
        node(g, 'Loop', ['long', '', 'h'], ['y'], { body: doubling() });
      }),
    /writing out node y \(Loop\) makes a graph of more than/,
  ],
  'graphs in graphs, deeper than a stack': [() => deep(10_000), /graphs are nested too deep/],
  'operators that are not known': [
    foreign,
    /Frobnicate of com\.example 3 at node odd.*Defrob of com\.example 3 at node y/,
  ],
  'operators without a gradient': [withoutGradient, /operators without a gradient: QuickGelu ×2, first at node a/],
};

describe.each(Object.keys(CASES))('%s', (name) => {
  test('is refused by train', async () => {
    const [model, says] = CASES[name]!;
    const file = `${name.replaceAll(/\W+/g, '-')}.onnx`;
    const made = model();
    writeFileSync(join(folder, file), made instanceof Uint8Array ? made : encodeModel(made));
    const args = ['--model', file, '--data', 'data.npz', '--out', `run-${file}`, '--epochs', '1', '--batch-size', '3'];
    const { code, stdout, stderr } = await runIn(folder, ['train', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain(file);
    expect(stderr).toMatch(says);
  });
});

describe('inspect', () => {
  const inspect = async (name: keyof typeof CASES) => {
    writeFileSync(join(folder, 'inspected.onnx'), encodeModel(CASES[name]![0]() as Model));
    return runCommand(['inspect', 'inspected.onnx'], folder);
  };

  test('shows where a model is invalid, and refuses it', async () => {
    const { code, stdout, stderr } = await inspect('an attribute of a wrong type');
    expect(code).toBe(2);
    expect(stdout).toMatch(/^y +Softmax +ONNX Runtime refuses the model/m);
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(/inspected\.onnx: .*axis.*INT.*STRING/)]);
  });

  test.each([
    ['operators that are not known', /odd +com\.example\.Frobnicate/],
    ['operators without a gradient', /a +com\.microsoft\.QuickGelu +yes +no gradient/],
    ['loops that may never end', /a +Loop +loops that may never end/],
  ])('reports %s', async (name, says) => {
    const { code, stdout, stderr } = await inspect(name);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^cannot be trained as it is: /m);
    expect(stdout).toMatch(says);
  });
});
