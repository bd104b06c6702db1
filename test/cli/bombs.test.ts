/** Small files that ask for gigabytes or hours: refused in one line, or done in seconds. */
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { writeModelFile } from '../../src/onnx/file.js';
import { onnx, type Model, type Node } from '../../src/onnx/model.js';
import { runCommand } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';

// A limit of processor time is waited for, which on a busy machine is long.
jest.setTimeout(180_000);

const folder = temporaryFolder();

/** Runs commands that open a model on one. */
async function commandsOn(model: Model) {
  await writeModelFile(join(folder, 'm.onnx'), model);
  const inspected = await runIn(folder, ['inspect', 'm.onnx']);
  const checked = await runIn(folder, ['check', 'm.onnx', '--baseline', 'b.json', '--update-baseline', '--force']);
  return [inspected, checked];
}

function modelOf(build: (g: GraphBuilder) => void): Model {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', 2]);
  build(g);
  g.output('y', 'float32');
  return g.model();
}

function call(name: string, input: string, output: string): Node {
  const node = makeNode(name, [input], [output]);
  node.domain = 'local';
  return node;
}

/** A model that calls the first of so many functions, each of which does what is said. */
function functions(count: number, body: (index: number) => Node[]): Model {
  const model = modelOf((g) => g.add(call('F0', 'x', 'y')));
  const imports = [
    new onnx.OperatorSetIdProto({ domain: '', version: 18 }),
    new onnx.OperatorSetIdProto({ domain: 'local', version: 1 }),
  ];
  model.opsetImport = imports;
  model.functions = Array.from({ length: count }, (_, index) => {
    const node = index === count - 1 ? [makeNode('Relu', ['a'], ['z'])] : body(index);
    const opsetImport = [...imports];
    return new onnx.FunctionProto({
      domain: 'local',
      name: `F${index}`,
      input: ['a'],
      output: ['z'],
      node,
      opsetImport,
    });
  });
  return model;
}

test('forty functions, each of which calls the next one twice', async () => {
  const bomb = functions(40, (index) => [call(`F${index + 1}`, 'a', 'm'), call(`F${index + 1}`, 'm', 'z')]);
  for (const { code, stderr } of await commandsOn(bomb)) {
    expect([code, stderr]).toEqual([
      2,
      'onnx-explain: m.onnx: inlining the functions makes a graph of more than 131072 nodes\n',
    ]);
  }
});

test('eight thousand functions, each of which calls the next one', async () => {
  for (const { code, stderr } of await commandsOn(functions(8000, (index) => [call(`F${index + 1}`, 'a', 'z')]))) {
    expect([code, stderr]).toEqual([
      2,
      'onnx-explain: m.onnx: functions call each other more than 64 levels deep (F64)\n',
    ]);
  }
});

test('sixty functions that call the next one are no bomb', async () => {
  const [inspected] = await commandsOn(functions(60, (index) => [call(`F${index + 1}`, 'a', 'z')]));
  expect([inspected!.code, inspected!.stderr]).toEqual([0, '']);
});

test('four hundred products of large matrices, which take no memory, only time', async () => {
  const model = modelOf((g) => {
    const side = 4000;
    const first = g.op('ConstantOfShape', [g.ints([side, side])]);
    let product = first;
    for (let i = 0; i < 400; i++) product = g.op('MatMul', [product, first]);
    g.add(makeNode('Add', ['x', g.op('ReduceSum', [product])], ['y']));
  });
  await writeModelFile(join(folder, 'm.onnx'), model);
  const { code, stdout, stderr } = await runCommand(['inspect', 'm.onnx'], folder);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(
    /^onnx-explain: inspect m\.onnx.*takes more time than any model of its size does; .*--no-limits.*\n$/,
  );
});

test('thousands of branches: what each of them sees around it is looked up, not copied', async () => {
  const branch = (name: string) => {
    const g = new GraphBuilder();
    g.add(makeNode('Neg', ['x'], [name]));
    g.output(name, 'float32');
    return g.graph;
  };
  const count = 8000;
  const model = modelOf((g) => {
    g.input('yes', 'bool', []);
    const results = Array.from({ length: count }, (_, i) => `r${i}`);
    results.forEach((result, i) =>
      g.add(makeNode('If', ['yes'], [result], { then_branch: branch(`t${i}`), else_branch: branch(`e${i}`) })),
    );
    g.add(makeNode('Sum', results, ['y']));
  });
  await writeModelFile(join(folder, 'm.onnx'), model);
  const { code, stdout } = await runCommand(['inspect', 'm.onnx', '--json'], folder);
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as { totals: { nodes: number } }).totals.nodes).toBe(count + 1);
});
