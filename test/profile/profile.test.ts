/** What ONNX Runtime records, read and summed. */
import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { GraphBuilder } from '../../src/graph/builder.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { marked, markOf } from '../../src/onnx/node-mark.js';
import { readRecording } from '../../src/profile/events.js';
import { originalName, summarize, type SessionRecord } from '../../src/profile/profile.js';
import { record } from '../../src/profile/record.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { float32 } from '../../src/tensor.js';
import { temporaryFolder } from '../helpers/data-files.js';

const folder = temporaryFolder();

test.each([
  ['fused fc1', 'fc1'],
  ['pool2_nchwc', 'pool2'],
  ['step/MatMul_82/MatmulTransposeFusion/', 'step/MatMul_82'],
  ['a/b/GatherSliceToSplitFusion', 'a/b'],
  ['step/MatMul_150/MatMulScaleFusion/', 'step/MatMul_150'],
  ['conv1_nchwc_token_12', 'conv1'],
  ['layer1.relu', 'layer1.relu'],
])('ONNX Runtime’s name %s was %s', (name, original) => {
  expect(originalName(name)).toBe(original);
});

test('a recording is read line by line: kernels, not the loops around them, and no line that is torn', async () => {
  const path = join(folder, 'recording.json');
  const kernel = (name: string, operator: string, dur: number) =>
    JSON.stringify({ cat: 'Node', name: `${name}_kernel_time`, dur, args: { op_name: operator } });
  const session = (name: string, dur: number) => JSON.stringify({ cat: 'Session', name, dur, args: {} });
  const events = [
    session('model_loading_array', 10),
    session('session_initialization', 30),
    kernel('fc', 'Gemm', 5),
    kernel('fc', 'Gemm', 7),
    kernel('loop', 'Loop', 100),
    session('model_run', 120),
  ];
  writeFileSync(path, `[\n${events.join(',\n')},\n{"cat":"Node","name":"torn`);
  const { kernels, loading, running } = await readRecording(path);
  expect([...kernels.values()]).toEqual([{ node: 'fc', operator: 'Gemm', calls: 2, time: 12 }]);
  expect({ loading, running }).toEqual({ loading: 40, running: 120 });
});

test('sessions of one graph are summed, by layer, part and operator', () => {
  const session = (time: number): SessionRecord => ({
    marks: {
      graph: 'training',
      nodes: new Map([
        ['back', { part: 'backward', layer: 'fc' }],
        ['fc', { part: 'forward', layer: 'fc' }],
        ['loss', { part: 'loss', layer: '' }],
      ]),
    },
    calls: 3,
    seconds: 2,
    recordedCalls: 1,
    recorded: {
      kernels: new Map(
        ['back/MatmulTransposeFusion/', 'fused fc', 'loss', 'Transpose'].map((node) => [
          node,
          { node, operator: 'Any', calls: 4, time },
        ]),
      ),
      loading: 1e6,
      running: 5e6,
    },
  });
  const { graphs, seconds } = summarize([session(1e6), session(2e6)], 9);
  expect(seconds).toBe(9);
  expect(graphs).toHaveLength(1);
  const { entries, ...rest } = graphs[0]!;
  expect(rest).toEqual({
    graph: 'training',
    sessions: 2,
    calls: 6,
    seconds: 4,
    recordedCalls: 2,
    recordedSteps: 8,
    loading: 2,
    running: 10,
    kernels: 12,
  });
  const parts = entries.map(({ layer, part, calls, seconds: took }) => [layer, part, calls, took]);
  expect(parts).toEqual([
    ['fc', 'backward', 8, 3],
    ['fc', 'forward', 8, 3],
    ['', 'loss', 8, 3],
    ['', 'other', 8, 3],
  ]);
});

/** A graph that doubles its input, in a node that is marked. */
function doubling(): Uint8Array {
  const g = new GraphBuilder({ name: 'doubling' });
  const x = g.input('x', 'float32', [3]);
  marked(g.graph, { part: 'backward', layer: 'a layer with spaces' }, () => g.rename(g.op('Add', [x, x]), 'y'));
  g.output('y', 'float32', [3]);
  return encodeModel(g.model());
}

test('sessions are recorded up to their limit, released or not, and nothing is left', async () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('onnx-explain-profile-'));
  const { runtime, end } = await record(nodeRuntime({ threads: 1 }), 0);
  const x = float32([1, 2, 3]);
  const released = await runtime.createSession(doubling());
  expect([...(await released.run({ x })).y!.data]).toEqual([2, 4, 6]);
  await released.run({ x });
  await released.release();
  const open = await runtime.createSession(doubling());
  await open.run({ x });
  const { graphs } = await end();
  await open.release();
  expect(graphs).toEqual([expect.objectContaining({ graph: 'doubling', sessions: 2, calls: 3, recordedCalls: 2 })]);
  expect(graphs[0]!.entries.map(({ layer, part, operator, calls }) => [layer, part, operator, calls])).toContainEqual([
    ...['a layer with spaces', 'backward', 'Add', 2],
  ]);
  const after = readdirSync(tmpdir()).filter((name) => name.startsWith('onnx-explain-profile-'));
  expect(after.filter((name) => !before.includes(name))).toEqual([]);
});

test('marks keep to nodes that have none, and to those that are ours', () => {
  const g = new GraphBuilder();
  const foreign = new GraphBuilder();
  foreign.op('Relu', ['x']);
  const [node] = foreign.graph.node;
  node!.docString = 'from line 12';
  marked(g.graph, { part: 'forward', layer: 'outer' }, () => {
    g.add(node!);
    marked(g.graph, { part: 'log', layer: 'inner' }, () => g.op('Neg', ['x']));
    g.op('Abs', ['x']);
  });
  expect(g.graph.node.map(markOf)).toEqual([
    undefined,
    { part: 'log', layer: 'inner' },
    { part: 'forward', layer: 'outer' },
  ]);
  expect(node!.docString).toBe('from line 12');
});
