/** What a log has columns of: traceable layers, then whatever else a step changes of the model. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { describeClassifier } from '../../src/classifier/open.js';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { prepareModel } from '../../src/graph/prepare.js';
import { rollUp } from '../../src/graph/steps/roll-up.js';
import { inferValues } from '../../src/graph/values.js';
import { inspectRun } from '../../src/inspect/inspect-run.js';
import { openLog } from '../../src/log/read/reader.js';
import { float, floatAttribute } from '../../src/onnx/attributes.js';
import { decodeModel } from '../../src/onnx/codec.js';
import { feedsOf, graphOf, type Model } from '../../src/onnx/model.js';
import { loggedWeights } from '../../src/replay/weights.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { float32, toNumbers } from '../../src/tensor.js';
import { tracedColumns, untracedColumns } from '../../src/train/columns.js';
import { trainedParameters } from '../../src/train/setup.js';
import { carriedBy } from '../../src/train/step.js';
import { dense, flatten, layer, type Feature, type NetworkBuilder } from '../../src/zoo/network.js';
import { inputErrorOf, temporaryFolder } from '../helpers/data-files.js';
import { decodeReference } from '../helpers/exports.js';
import { runHere } from '../helpers/in-process.js';
import { network, tinyCnn } from '../helpers/networks.js';
import { smallRun } from '../helpers/small-run.js';
import { runtime } from '../helpers/training.js';

const folder = temporaryFolder();

const filled = (net: NetworkBuilder, name: string, dims: readonly number[], value: number) =>
  net.g.initializer(name, float32(new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(value), dims));

/** A slope for each unit, and normalised features with a scale and a shift. */
const sloped = network([1, 12, 12], (net, x) => {
  const h = dense(net, 'fc1', flatten(net, 'flatten', x), 12);
  const p = layer(net, 'PRelu', 'prelu', [h.name, filled(net, 'slope', [12], 0.25)], h.shape);
  const scales = [filled(net, 'scale', [12], 1), filled(net, 'shift', [12], 0)];
  return dense(net, 'fc2', layer(net, 'LayerNormalization', 'norm', [p.name, ...scales], p.shape), 4);
});

/** Linear, but of a form that no trace reads: its product is scaled. */
const scaled = network([1, 12, 12], (net, x) => {
  const y: Feature = dense(net, 'fc', flatten(net, 'flatten', x), 4);
  const gemm = net.g.graph.node.at(-1)!;
  gemm.attribute.push(makeNode('Gemm', [], [], { alpha: float(0.5) }).attribute[0]!);
  expect(floatAttribute(gemm, 'alpha', 1)).toBe(0.5);
  return y;
});

async function trained(name: string, model: Model, options = {}) {
  mkdirSync(join(folder, name));
  return smallRun(join(folder, name), { sampler: 'shuffled', ghostSize: 0, batchSize: 20, ...options }, 80, model);
}

test('every weight of a network that a step changes is in the log, and adds up', async () => {
  const { directory } = await trained('sloped', sloped, { codec: 'int8', optimizer: 'adam' });
  const { layers, untraced, checks, manifest } = await inspectRun(directory, { verify: true });
  expect(layers.map(({ name }) => name)).toEqual(['fc1', 'fc2']);
  // No running statistics among them, so that they are stored as layers are.
  expect(
    untraced.map(({ name, op, tensors, codec }) => [name, op, tensors.map((tensor) => tensor.name), codec]),
  ).toEqual([
    ['prelu', 'PRelu', ['slope'], 'int8'],
    ['norm', 'LayerNormalization', ['scale', 'shift'], 'int8'],
  ]);
  expect(checks!.map(({ tensor, passed }) => [tensor, passed])).toEqual(
    ['fc1.weight', 'fc1.bias', 'fc2.weight', 'fc2.bias', 'slope', 'scale', 'shift'].map((name) => [name, true]),
  );
  expect(manifest.formatVersion).toBe(4);
  const { stdout } = await runHere(['inspect', directory]);
  expect(stdout).toMatch(/^ +norm +LayerNormalization +\[12\] \+ \[12\] +24 +int8$/m);
});

test('a model without traceable layers is logged and proven, and a trace says that it has none', async () => {
  const { directory, dataSpec } = await trained('scaled', scaled);
  const { layers, untraced, checks, loggedSteps } = await inspectRun(directory, { verify: true });
  expect([layers.length, untraced.map(({ name }) => name), loggedSteps]).toEqual([0, ['fc'], 12]);
  expect(checks!.map(({ tensor, passed }) => [tensor, passed])).toEqual([
    ['fc.weight', true],
    ['fc.bias', true],
  ]);
  const { code, stderr } = await runHere([
    'trace',
    directory,
    '--input',
    `${dataSpec}@0`,
    '--out',
    join(folder, 'why'),
  ]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/its model has no traceable layers/)]);
});

test('a log that lacks what the manifest lists is not that of the run', async () => {
  const { directory } = await trained('lacking', tinyCnn([1, 12, 12], 4), { epochs: 1 });
  const manifest = await readManifest(directory);
  await openLog(directory, manifest);
  for (const untraced of [undefined, manifest.untraced!.slice(1)]) {
    expect(await inputErrorOf(() => openLog(directory, { ...manifest, untraced }))).toMatch(/holds other layers than/);
  }
});

const files = unzipSync(readFileSync('test/fixtures/exporters.zip'));
const exported = Object.keys(files).flatMap((file) => /^(.*)\/model\.onnx$/.exec(file)?.[1] ?? []);

test('whoever exported a model, each weight that a step changes is in one column, and columns have names of their own', async () => {
  expect(exported.length).toBeGreaterThan(20);
  for (const name of exported) {
    const source = decodeModel(files[`${name}/model.onnx`]!, name);
    const { input } = decodeReference(files[`${name}/reference.onnx`]!);
    const dims = { [feedsOf(graphOf(source))[0]!.name]: input.dims.slice(1) };
    const model = await prepareModel(source, runtime, dims);
    const rolled = rollUp({ model, values: await inferValues(model, runtime, dims) });
    const classifier = await describeClassifier(rolled.model, rolled.values, { runtime });
    const parameters = trainedParameters(model, classifier);
    const carried = carriedBy(classifier, { parameters, optimizer: 'sgd' }).map((tensor) => tensor.name);
    const traced = tracedColumns(model, undefined, parameters);
    const columns = [...traced, ...untracedColumns(model, carried, traced)];
    expect([name, columns.flatMap(({ tensors }) => tensors).sort()]).toEqual([name, carried.sort()]);
    expect(new Set(columns.flatMap((column) => column.name)).size).toBe(columns.length);
  }
});

test('a weight that several nodes read is in the column of the first, and names are taken once', () => {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', 3]);
  for (const [name, dims] of [['w', [3, 3]], ['v', [3, 3]], ['b', [3]], ['s', [3]]] as const) {
    g.initializer(name, float32(new Float32Array(dims.reduce((a: number, d) => a * d, 1)), dims));
  } // prettier-ignore
  g.add(makeNode('PRelu', ['x', 's'], ['p'], {}));
  g.add({ ...makeNode('Add', ['p', 'b'], ['q']), name: 'fc' });
  g.add({ ...makeNode('MatMul', ['q', 'w'], ['r']), name: 'fc' });
  g.add(makeNode('PRelu', ['r', 's'], ['y'], {}));
  g.output('y', 'float32', ['batch', 3]);
  const model = g.model();
  const traced = tracedColumns(model, undefined, ['w', 'b', 's']);
  const matrix = { input: 'q', axis: -1, transposed: true };
  expect(traced).toEqual([{ name: 'fc', op: 'MatMul', tensors: ['w'], uses: [], matrix }]);
  expect(untracedColumns(model, ['w', 'b', 's'], traced)).toEqual([
    { name: graphOf(model).node[0]!.name || 'p', op: 'PRelu', tensors: ['s'], uses: [] },
    { name: 'b', op: 'Add', tensors: ['b'], uses: [] },
  ]);
  expect(() => untracedColumns(model, ['v'], traced)).toThrow(/no node reads v/);
});

test('a running variance is never below 0, however large it once was', async () => {
  const { directory } = await trained('variance', tinyCnn([1, 12, 12], 4), { epochs: 1 });
  const log = await openLog(directory);
  const { tensors } = log.layers.find(({ name }) => name === 'bn1')!;
  const initial = Object.fromEntries(
    log.layers.flatMap((column) =>
      // As if the updates had taken more than there was.
      column.tensors.map(({ name, dims }) => [
        name,
        float32(new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(-1e9), dims),
      ]),
    ),
  );
  const { name } = tensors.at(-1)!;
  for await (const { weights } of loggedWeights(log, initial, [1], [name])) {
    expect(toNumbers(weights[name]!)).toEqual(Array.from({ length: 4 }, () => 0));
    expect(weights[tensors[0]!.name]!.data[0]).toBe(-1e9);
  }
});
