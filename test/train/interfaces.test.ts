/** Whole trainings and traces of models that are fed, or hold their weights, in other ways than usual. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openDataset } from '../../src/data/open-dataset.js';
import { readInputs } from '../../src/data/input.js';
import { traceRun } from '../../src/explain/trace/trace-run.js';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { readModelFile, writeModelFile } from '../../src/onnx/file.js';
import { feedsOf, graphOf, onnx, toNumber, type Model } from '../../src/onnx/model.js';
import { decodeTensor } from '../../src/onnx/tensor-proto.js';
import type { TraceResult } from '../../src/results/trace.js';
import type { RunManifest } from '../../src/run/manifest.js';
import { float32, toNumbers } from '../../src/tensor.js';
import { startTraining } from '../../src/workflows/train.js';
import { encodeNpz, temporaryFolder, writeFiles } from '../helpers/data-files.js';
import { gaussian } from '../helpers/random-tensors.js';
import { runtime } from '../helpers/training.js';

const root = temporaryFolder();
let made = 0;

const CLASSES = 3;
const COUNT = 18;
const labels = BigInt64Array.from({ length: COUNT }, (_, i) => BigInt(i % CLASSES));

const weight = (g: GraphBuilder, name: string, dims: number[], seed: number) =>
  g.initializer(
    name,
    float32(
      gaussian(
        dims.reduce((a, b) => a * b),
        seed,
        0.3,
      ),
      dims,
    ),
  );

interface Outcome {
  readonly manifest: RunManifest;
  readonly trained: Model;
  readonly columns: readonly string[];
  readonly trace: TraceResult;
}

/** Trains for three steps an epoch, and traces the first example. */
async function trainAndTrace(model: Model, x: Float32Array | Uint8Array, shape: readonly number[]): Promise<Outcome> {
  const folder = join(root, String(made++));
  mkdirSync(folder);
  const type = x instanceof Uint8Array ? '|u1' : '<f4';
  const dims = [COUNT, ...shape];
  const [xs, ys] = [[type, dims, x] as const, ['<i8', [COUNT], labels] as const];
  writeFiles(folder, { 'data.npz': encodeNpz({ x: [...xs], y: [...ys], x_test: [...xs], y_test: [...ys] }) });
  const [modelPath, dataSpec, runDirectory] = ['model.onnx', 'data.npz', 'run'].map((name) => join(folder, name));
  await writeModelFile(modelPath!, model);
  const manifest = await startTraining({
    modelPath: modelPath!,
    dataSpec: dataSpec!,
    runDirectory: runDirectory!,
    options: { ghostSize: 0, sampler: 'shuffled', batchSize: 6, epochs: 2, codec: 'float32' },
    runtime,
  });
  const data = await openDataset(dataSpec!, { split: 'train' });
  const trace = await traceRun(runDirectory!, await readInputs([`${dataSpec!}@0`]), {}, { runtime, data });
  for (const { completenessError } of trace.queries[0]!.layers) expect(completenessError).toBeLessThan(1e-5);
  return {
    manifest,
    trained: (await readModelFile(join(runDirectory!, 'model.onnx'))).model,
    columns: readdirSync(join(runDirectory!, 'log', 'segment-00000'))
      .filter((file) => file.endsWith('.log'))
      .sort(),
    trace,
  };
}

const weightsOf = (model: Model) =>
  Object.fromEntries(graphOf(model).initializer.map((stored) => [stored.name, toNumbers(decodeTensor(stored))]));

describe('channels last', () => {
  const [channels, edge] = [3, 4];
  const pixels = Uint8Array.from({ length: COUNT * channels * edge * edge }, (_, i) => (i * 37 + (i % 7) * 11) % 256);

  function convolution(channelsLast: boolean): Model {
    const g = new GraphBuilder();
    const dims = channelsLast ? [edge, edge, channels] : [channels, edge, edge];
    let x = g.input('image', 'float32', ['batch', ...dims]);
    if (channelsLast) x = g.op('Transpose', [x], { perm: [0, 3, 1, 2] });
    g.add(makeNode('Conv', [x, weight(g, 'conv.weight', [4, channels, 3, 3], 1)], ['conv']));
    const flat = g.op('Flatten', [g.op('Relu', ['conv'])]);
    g.add(makeNode('MatMul', [flat, weight(g, 'dense.weight', [16, CLASSES], 2)], ['scores']));
    g.output('scores', 'float32', ['batch', CLASSES]);
    return g.model();
  }

  test('trains and traces as its twin with channels first, and keeps its interface', async () => {
    const last = await trainAndTrace(convolution(true), pixels, [channels, edge, edge]);
    const first = await trainAndTrace(convolution(false), pixels, [channels, edge, edge]);
    const shape = feedsOf(graphOf(last.trained))[0]!.type!.tensorType!.shape!;
    expect(shape.dim.slice(1).map(({ dimValue }) => toNumber(dimValue))).toEqual([edge, edge, channels]);
    expect(weightsOf(last.trained)).toEqual(weightsOf(first.trained));
    expect(last.trace.queries[0]!.layers.map(({ layer, norm }) => [layer, norm])).toEqual(
      first.trace.queries[0]!.layers.map(({ layer, norm }) => [layer, norm]),
    );
  });
});

test('layers that share a weight have one update, and a trace names both', async () => {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', 5]);
  weight(g, 'shared', [5, 5], 3);
  g.add(makeNode('MatMul', ['x', 'shared'], ['first']));
  g.add(makeNode('Tanh', ['first'], ['h']));
  g.add(makeNode('MatMul', ['h', 'shared'], ['second']));
  g.add(makeNode('MatMul', [g.op('Tanh', ['second']), weight(g, 'head', [5, CLASSES], 4)], ['scores']));
  g.output('scores', 'float32', ['batch', CLASSES]);
  const { manifest, columns, trace } = await trainAndTrace(g.model(), gaussian(COUNT * 5, 5), [5]);
  expect(manifest.layers.map(({ name, uses }) => [name, uses])).toEqual([
    ['first', ['second']],
    ['scores', undefined],
  ]);
  expect(columns).toEqual(['first.log', 'header.log', 'scores.log', 'seal.log', 'steps.log']);
  const traced = trace.queries[0]!.layers;
  expect(traced.map(({ layer, weight: name }) => [layer, name])).toEqual([
    ['first', 'shared'],
    ['second', 'shared'],
    ['scores', 'head'],
  ]);
  expect(traced[0]!.norm).not.toBe(traced[1]!.norm);
});

test('a recurrent classifier of token numbers, stored as bytes', async () => {
  const [vocabulary, length, width, units] = [11, 4, 3, 5];
  const g = new GraphBuilder();
  g.input('tokens', 'int64', ['batch', length]);
  g.add(makeNode('Gather', [weight(g, 'embedding', [vocabulary, width], 6), 'tokens'], ['embedded'], { axis: 0 }));
  const sequence = g.op('Transpose', ['embedded'], { perm: [1, 0, 2] });
  const parameters = [
    weight(g, 'w', [1, 4 * units, width], 7),
    weight(g, 'r', [1, 4 * units, units], 8),
    weight(g, 'b', [1, 8 * units], 9),
  ];
  g.add(makeNode('LSTM', [sequence, ...parameters], ['', 'last'], { hidden_size: units }));
  const state = g.op('Squeeze', ['last', g.ints([0])]);
  g.add(makeNode('MatMul', [state, weight(g, 'head', [units, CLASSES], 10)], ['scores']));
  g.output('scores', 'float32', ['batch', CLASSES]);
  const tokens = Uint8Array.from({ length: COUNT * length }, (_, i) => (i * 5) % vocabulary);
  const { manifest, trained, trace } = await trainAndTrace(g.model(), tokens, [length]);
  expect(manifest.input.normalization).toBeUndefined();
  // All steps but the first, whose state is a constant, apply one weight.
  expect(manifest.layers.map(({ tensors, uses }) => [tensors[0]!.name, uses?.length ?? 0])).toEqual([
    ['w.W', 0],
    ['r.R', length - 2],
    ['head', 0],
  ]);
  expect(trace.queries[0]!.layers).toHaveLength(length + 1);
  const { embedding } = weightsOf(trained);
  expect(embedding).not.toEqual(weightsOf(g.model()).embedding);
  expect(feedsOf(graphOf(trained))[0]!.type!.tensorType!.elemType).toBe(onnx.TensorProto.DataType.INT64);
});
