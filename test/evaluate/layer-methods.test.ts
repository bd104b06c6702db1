/** Methods of the last layer as `evaluate` judges them: what `influence` says, for every decision and for the held-out loss. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openBench, type Bench } from '../../src/evaluate/bench.js';
import { EVALUATE_DEFAULTS } from '../../src/evaluate/evaluate.js';
import { EVALUATED_METHODS } from '../../src/evaluate/methods/registry.js';
import { drawQueries } from '../../src/evaluate/queries.js';
import type { AskedMeasure } from '../../src/explain/influence/influence.js';
import { LAYER_METHODS, type LayerMethodName } from '../../src/explain/influence/layer-methods/registry.js';
import { RUN_METHODS } from '../../src/explain/influence/methods/registry.js';
import { readNpyFile } from '../../src/data/npy/file.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { writeModelFile } from '../../src/onnx/file.js';
import { openReplay, type RecordedReplay } from '../../src/replay/recorded.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { float32 } from '../../src/tensor.js';
import { evaluateToFolder } from '../../src/workflows/evaluate.js';
import { influenceToFolder } from '../../src/workflows/influence.js';
import { openRun } from '../../src/workflows/open-run.js';
import { startTraining } from '../../src/workflows/train.js';
import { create } from '../../src/zoo/create.js';
import { blobs, writeNpz } from '../helpers/blobs.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { gaussian } from '../helpers/random-tensors.js';
import { writePatterns } from '../helpers/small-run.js';
import { runtime } from '../helpers/training.js';

const folder = temporaryFolder();
const [dataSpec, runDirectory] = [join(folder, 'data.npz'), join(folder, 'run')];
const METHODS = Object.keys(LAYER_METHODS) as LayerMethodName[];
let bench: Bench;
let replay: RecordedReplay;
const opened: Bench['methods'] = METHODS.map((name) => EVALUATED_METHODS[name]!);

beforeAll(async () => {
  writeNpz(folder, 'data.npz', { ...blobs(60), x_test: blobs(30).x, y_test: blobs(30).y });
  const modelPath = join(folder, 'm.onnx');
  await writeModelFile(modelPath, create('mlp', { inputShape: [4], hidden: [8], classes: 3 }));
  const options = { epochs: 3, batchSize: 15, learningRate: 0.05 };
  await startTraining({ modelPath, dataSpec, runDirectory, options, runtime });
  const manifest = await readManifest(runDirectory);
  const run = await openRun({ runDirectory, manifest, runtime });
  const classifier = { ...run.classifier, normalization: manifest.input.normalization };
  const request = { ...run, manifest, memory: 2 ** 26 };
  replay = await openReplay(request);
  bench = await openBench({
    run: request,
    classifier,
    replay,
    queries: await drawQueries(classifier, run.test!, 3, 0),
    heldOut: await drawQueries(classifier, run.test!, 30, 0),
    methods: opened,
    options: EVALUATE_DEFAULTS,
    memory: 2 ** 26,
    onWork: () => undefined,
  });
});
afterAll(async () => {
  await bench.release();
  await replay.release();
});

/** What `influence` writes, [queries, examples], and the λ that it says. */
async function influenceSays(
  method: LayerMethodName,
  inputs: readonly number[],
  target: string,
  measure?: AskedMeasure,
) {
  const out = join(folder, 'why');
  const { layer } = await influenceToFolder({
    runDirectory,
    inputs: inputs.length > 0 ? [`${dataSpec}@${inputs.join()}`] : [],
    out,
    force: true,
    allValues: true,
    options: { method, target, measure },
    runtime,
  });
  return { values: Float64Array.from((await readNpyFile(join(out, 'values.npy'))).data as Float64Array), layer };
}

/** Both compute the features by one model, whose weights are fed to it or stored in it; fits are exact to 1e-8. */
const near = (values: Float64Array) => ({
  absolute: 1e-5 * values.reduce((most, v) => Math.max(most, Math.abs(v)), 0),
});

test('a network without a linear layer at its end is refused before anything is replayed, naming who needs one', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['batch', 1, 12, 12]);
  const weight = g.initializer('w', float32(gaussian(4 * 9, 1, 0.3), [4, 1, 3, 3]));
  const pooled = g.op('GlobalAveragePool', [g.op('Conv', [x, weight])]);
  g.output(g.rename(g.op('Flatten', [pooled]), 'scores'), 'float32', ['batch', 4]);
  const [modelPath, run] = [join(folder, 'conv.onnx'), join(folder, 'conv-run')];
  await writeModelFile(modelPath, g.model());
  const options = { epochs: 1, batchSize: 20, log: false };
  await startTraining({
    modelPath,
    dataSpec: writePatterns(join(folder, 'p'), 40),
    runDirectory: run,
    options,
    runtime,
  });
  const judged = (methods: string[]) =>
    evaluateToFolder({
      runDirectory: run,
      out: join(folder, 'no'),
      force: true,
      options: { protocols: ['class'], methods },
      runtime,
    });
  await expect(judged(['metagradient', 'representer', 'loss'])).rejects.toThrow(
    /^`methods` representer, loss: .*conv.onnx does not end in a linear layer .*; name others$/,
  );
  expect((await judged(['metagradient'])).figures).toHaveLength(1);
});

test('every method of influence is judged', () => {
  expect(Object.keys(EVALUATED_METHODS)).toEqual(
    expect.arrayContaining([...Object.keys(RUN_METHODS), ...Object.keys(LAYER_METHODS)]),
  );
});

test.each(METHODS)('%s of decisions is what influence says', async (method) => {
  const { values } = await bench.effects(EVALUATED_METHODS[method]!);
  const expected = await influenceSays(method, [...bench.queries.indices], 'predicted');
  expect(values).toBeAllClose(expected.values, near(expected.values));
  const fit = bench.fits.find((known) => known.method === method);
  expect(fit?.layer.fit?.lambda).toBe(expected.layer?.fit?.lambda);
  expect(fit?.layer.damping).toEqual(method === 'influence-function' ? expect.anything() : undefined);
});

test('influence functions of the held-out loss are those of test-loss', async () => {
  const method = EVALUATED_METHODS['influence-function']!;
  const { values } = await bench.effectsBy(replay, bench.train, method, 'loss');
  const expected = (await influenceSays('influence-function', [], 'true', 'test-loss')).values;
  expect(values).toBeAllClose(expected, near(expected));
});

test.each(['representer', 'similarity'] as const)(
  '%s, which says nothing of a loss: what it says against the labels of held-out examples',
  async (name) => {
    const { values, examples } = await bench.effectsBy(replay, bench.train, EVALUATED_METHODS[name]!, 'loss');
    const held = Array.from({ length: 30 }, (_, i) => i);
    const expected = (await influenceSays(name, held, 'true')).values;
    const means = Float64Array.from({ length: examples }, (_, i) => {
      return -held.reduce((sum, q) => sum + expected[q * examples + i]!, 0) / held.length;
    });
    expect(values).toBeAllClose(means, near(expected));
  },
);
