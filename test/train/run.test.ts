/** Whole trainings: what they leave behind, and that they leave the same however often they are interrupted. */
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { openLog } from '../../src/log/read/reader.js';
import { verifyLog } from '../../src/log/read/verify.js';
import { readModelFile, writeModelFile } from '../../src/onnx/file.js';
import { graphOf, type Model } from '../../src/onnx/model.js';
import { decodeTensor } from '../../src/onnx/tensor-proto.js';
import type { RunManifest } from '../../src/run/manifest.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { unfinishedName } from '../../src/run/identity.js';
import type { TrainOptions } from '../../src/train/options.js';
import { startTraining } from '../../src/workflows/train.js';
import type { TrainProgress } from '../../src/train/setup.js';
import { inputErrorOf, temporaryFolder } from '../helpers/data-files.js';
import { writeFashion } from '../helpers/fashion.js';
import { contentsOf } from '../helpers/folders.js';
import { tinyCnn } from '../helpers/networks.js';
import { runtime } from '../helpers/training.js';

const folder = temporaryFolder();
const dataSpec = join(folder, 'data');
const modelPath = join(folder, 'tiny.onnx');

/** Three steps a class and epoch, a checkpoint every 20. */
const OPTIONS: Partial<TrainOptions> = {
  sampler: 'single-class',
  learningRate: 0.01,
  learningRateSteps: [],
  epochs: 2,
  batchSize: 24,
  checkpointEvery: 20,
  seed: 5,
};

interface Run {
  readonly directory: string;
  readonly manifest: RunManifest;
  readonly notices: readonly string[];
}

async function trainInto(
  name: string,
  options: Partial<TrainOptions> = {},
  more: { resume?: boolean; force?: boolean; onProgress?: (progress: TrainProgress) => void } = {},
): Promise<Run> {
  const directory = join(folder, name);
  const notices: string[] = [];
  const manifest = await startTraining({
    modelPath,
    dataSpec,
    runDirectory: directory,
    options: { ...OPTIONS, ...options },
    runtime,
    onNotice: (line) => notices.push(line),
    ...more,
  });
  return { directory, manifest, notices };
}

const nameOf = (directory: string) => directory.slice(folder.length + 1);

/** A copy of a run directory, under a name of its own. */
function copyOf(directory: string, as: string): string {
  const copy = join(folder, `${nameOf(directory)} ${as}`);
  cpSync(directory, copy, { recursive: true });
  return copy;
}

async function weightsOf(path: string): Promise<Map<string, Float32Array>> {
  const { model } = await readModelFile(path);
  const floats = graphOf(model).initializer.filter(({ dataType }) => dataType === 1);
  return new Map(floats.map((stored) => [stored.name, decodeTensor(stored).data as Float32Array]));
}

async function verify(directory: string) {
  const log = await openLog(directory, await readManifest(directory));
  const weights = {
    initial: await weightsOf(join(directory, 'initial.onnx')),
    final: await weightsOf(join(directory, 'model.onnx')),
  };
  return { log, checks: await verifyLog(log, weights) };
}

const structure = (model: Model) => graphOf(model).node.map(({ opType, input, output }) => ({ opType, input, output }));

let whole: Run;
/** Copies of the run directory as it was while the run went on, as a crash would have left it. */
const interrupted: string[] = [];

beforeAll(async () => {
  await writeFashion(dataSpec);
  await writeModelFile(modelPath, tinyCnn());
  whole = await trainInto(
    'whole',
    {},
    {
      onProgress: ({ step }) => {
        const copy = join(folder, `interrupted-${interrupted.length}-at-${step}`);
        cpSync(join(folder, 'whole'), copy, { recursive: true, filter: (path) => !path.endsWith('train.lock') });
        interrupted.push(copy);
      },
    },
  );
});

test('a run directory holds the models, checkpoints, the log and a manifest of them', async () => {
  const { manifest, directory, notices } = whole;
  expect(manifest).toEqual(JSON.parse(JSON.stringify(await readManifest(directory))));
  expect(manifest.status).toBe('finished');
  // How many batches an epoch takes depends on how many examples each class has.
  const perEpoch = manifest.epochs[0]!.step;
  expect(manifest.epochs.map(({ epoch, step }) => [epoch, step])).toEqual([
    [1, perEpoch],
    [2, 2 * perEpoch],
  ]);
  const last = 2 * perEpoch;
  expect(last).toBeGreaterThan(45);
  expect(manifest.steps).toBe(last);
  expect(manifest.checkpoints.map(({ step }) => step)).toEqual([40, last]);
  expect(manifest.segments.map(({ firstStep, lastStep }) => [firstStep, lastStep])).toEqual([
    [1, 20],
    [21, 40],
    [41, last],
  ]);
  expect(manifest.epochs[1]!.trainLoss).toBeLessThan(manifest.epochs[0]!.trainLoss);
  expect(manifest.epochs.every(({ testLoss, testAccuracy }) => testLoss! > 0 && testAccuracy! <= 1)).toBe(true);
  expect(manifest.layers.map(({ name, op }) => [name, op])).toEqual([
    ['conv1', 'Conv'],
    ['conv2', 'Conv'],
    ['fc1', 'Gemm'],
    ['fc2', 'Gemm'],
  ]);
  expect(manifest.untraced!.map(({ name, codec }) => `${name} ${codec}`)).toEqual(['bn1 float32', 'bn2 float32']);
  expect(readdirSync(directory).sort()).toEqual(['checkpoints', 'initial.onnx', 'log', 'model.onnx', 'run.json']);
  expect(readdirSync(join(directory, 'checkpoints')).sort()).toEqual(
    [40, last].flatMap((step) => [`step-0000${step}.onnx`, `step-0000${step}.state.onnx`]),
  );
  // Two epochs of so few images leave it at chance.
  expect(notices).toEqual([
    expect.stringMatching(/^after epoch 1 .* is at chance/),
    expect.stringMatching(/^after epoch 2/),
  ]);
});

test('the trained model is the one that was given, in inference form, with other weights', async () => {
  const given = await readModelFile(modelPath);
  const trained = await readModelFile(join(whole.directory, 'model.onnx'));
  expect(structure(trained.model)).toEqual(structure(given.model));
  const [before, after] = [await weightsOf(modelPath), await weightsOf(trained.path)];
  expect([...after.keys()]).toEqual([...before.keys()]);
  const changed = [...after.keys()].filter((name) => after.get(name)!.join() !== before.get(name)!.join());
  // Everything but the dropout's ratio.
  expect([...after.keys()].filter((name) => !changed.includes(name))).toHaveLength(1);
  expect(changed).toContain('bn1.running_mean');
});

test('the log adds up to what training did, and names every example once an epoch', async () => {
  const { log, checks } = await verify(whole.directory);
  const ofLayers = ['conv1.weight', 'conv2.weight', 'fc1.weight', 'fc1.bias', 'fc2.weight', 'fc2.bias'];
  const ofNorm = ['weight', 'bias', 'running_mean', 'running_var'];
  const ofNorms = ['bn1', 'bn2'].flatMap((node) => ofNorm.map((tensor) => `${node}.${tensor}`));
  expect(checks.map(({ tensor, passed }) => [tensor, passed])).toEqual(
    [...ofLayers, ...ofNorms].map((tensor) => [tensor, true]),
  );
  const seen = [new Set<number>(), new Set<number>()];
  for await (const { step, epoch, examples, ghosts, learningRate, loss, class: label } of log.steps()) {
    expect([epoch, ghosts.length, label]).toEqual([
      step <= whole.manifest.epochs[0]!.step ? 0 : 1,
      10,
      expect.any(Number),
    ]);
    expect(learningRate).toBeCloseTo(0.01, 8);
    expect(loss).toBeGreaterThan(0);
    examples.forEach((index) => seen[epoch]!.add(index));
  }
  expect(seen.map(({ size }) => size)).toEqual([300, 300]);
});

describe('reproducible to the byte', () => {
  test('the same seed leaves the same files', async () => {
    expect(contentsOf((await trainInto('again')).directory)).toEqual(contentsOf(whole.directory));
  });

  test('another seed does not', async () => {
    const other = await trainInto('other', { seed: 6 });
    expect(contentsOf(other.directory)['model.onnx']).not.toBe(contentsOf(whole.directory)['model.onnx']);
  });

  test('a run that was interrupted anywhere and resumed leaves the files of one that was not', async () => {
    expect(interrupted.length).toBeGreaterThan(6);
    for (const at of interrupted.filter((_, i) => i % 2 === 1)) {
      const directory = copyOf(at, 'resumed');
      await trainInto(nameOf(directory), {}, { resume: true });
      expect([nameOf(directory), contentsOf(directory)]).toEqual([nameOf(directory), contentsOf(whole.directory)]);
    }
  });

  test('also when the crash came in the middle of writing', async () => {
    // Before the first checkpoint, and after the second.
    for (const at of [interrupted[0]!, interrupted.at(-2)!]) {
      const directory = copyOf(at, 'torn');
      mkdirSync(join(directory, 'checkpoints'), { recursive: true });
      const { run } = whole.manifest;
      for (const name of ['run.json', 'model.onnx', 'checkpoints/step-000999.state.onnx']) {
        writeFileSync(join(directory, dirname(name), unfinishedName(run, name)), 'unfinished');
      }
      // Already written, not yet in the manifest; no longer in the manifest, not yet removed.
      for (const name of ['step-000999', 'step-000001']) {
        for (const ending of ['onnx', 'state.onnx']) {
          const copy = join(directory, 'checkpoints', `${name}.${ending}`);
          cpSync(join(whole.directory, 'checkpoints', `step-000040.${ending}`), copy);
        }
      }
      await trainInto(nameOf(directory), {}, { resume: true });
      expect(contentsOf(directory)).toEqual(contentsOf(whole.directory));
    }
  });
});

describe('a folder with a run in it', () => {
  const occupied = (as: string) => {
    const directory = copyOf(whole.directory, as);
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    return directory;
  };

  test('is not written into', async () => {
    const directory = occupied('kept');
    const before = contentsOf(directory);
    const message = await inputErrorOf(() => trainInto(nameOf(directory)));
    expect(message).toMatch(/: the folder is not empty; .* add `resume` to continue .* add `force`$/);
    expect(contentsOf(directory)).toEqual(before);
  });

  test('holds the new run alone after --force, and whatever was no part of the old one', async () => {
    const directory = occupied('replaced');
    await trainInto(nameOf(directory), { log: false, epochs: 1, checkpointEvery: 1000 }, { force: true });
    expect(readdirSync(directory).sort()).toEqual([
      'checkpoints',
      'initial.onnx',
      'model.onnx',
      'notes.txt',
      'run.json',
    ]);
    expect(readdirSync(join(directory, 'checkpoints'))).toHaveLength(2);
  });

  test.each<[string, Partial<TrainOptions>]>([
    ['options that make no sense', { learningRate: -1 }],
    ['more ghosts than examples', { batchSize: 1000, ghostSize: 400 }],
    ['a layer that does not exist', { layers: ['conv7'] }],
  ])('stays whole when --force comes with %s', async (what, options) => {
    const directory = occupied(`unharmed by ${what}`);
    const before = contentsOf(directory);
    await inputErrorOf(() => trainInto(nameOf(directory), options, { force: true }));
    expect(contentsOf(directory)).toEqual(before);
  });
});

test('without a log', async () => {
  const { directory, manifest } = await trainInto('unlogged', { log: false });
  expect([manifest.layers, manifest.untraced, manifest.formatVersion]).toEqual([[], undefined, 4]);
  expect(manifest.segments).toEqual([]);
  expect(readdirSync(directory)).not.toContain('log');
  // What is logged does not change what is computed.
  expect(contentsOf(directory)['model.onnx']).toBe(contentsOf(whole.directory)['model.onnx']);
});

test('with a log of some layers', async () => {
  const { directory, manifest } = await trainInto('some', { layers: ['fc1.weight', '0'], codec: 'float32' });
  expect(manifest.layers.map(({ name, codec }) => [name, codec])).toEqual([
    ['conv1', 'float32'],
    ['fc1', 'float32'],
  ]);
  expect(readdirSync(join(directory, 'log', 'segment-00000')).sort()).toEqual([
    'conv1.log',
    'fc1.log',
    'header.log',
    'seal.log',
    'steps.log',
  ]);
  const { checks } = await verify(directory);
  expect(checks.every(({ passed, reportedError }) => passed && reportedError === 0)).toBe(true);
  expect(contentsOf(directory)['model.onnx']).toBe(contentsOf(whole.directory)['model.onnx']);
});

test('a network that stays at chance is pointed out', async () => {
  // Far too fast for this network; the loss stays finite, and nothing is learnt.
  const { manifest, notices } = await trainInto('too fast', { learningRate: 3, log: false });
  expect(manifest.epochs[1]!.trainLoss).toBeGreaterThan(Math.log(10));
  expect(manifest.epochs.map(({ atChance }) => atChance)).toEqual([true, true]);
  expect(notices).toEqual([
    expect.stringMatching(
      /^after epoch 1 the network is at chance .*: single-class batches pull .*`sampler` shuffled$/,
    ),
    'after epoch 2 the network is still at chance',
  ]);
});
