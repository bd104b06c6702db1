/** Training and tracing in memory: the same numbers as by a run directory. */
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { encodeModel } from '../../src/onnx/codec.js';
import { readModelFile } from '../../src/onnx/file.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { traceRun } from '../../src/explain/trace/trace-run.js';
import { openDataset } from '../../src/data/open-dataset.js';
import { arrayDataset } from '../../src/web/dataset.js';
import { openTraining, type MemoryTraining, type MemoryTrainRequest } from '../../src/web/training.js';
import { influenceToFolder } from '../../src/workflows/influence.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { smallNetwork } from '../helpers/networks.js';
import { smallRun, type SmallRun } from '../helpers/small-run.js';

const folder = temporaryFolder();
const runtime = nodeRuntime({ threads: 1 });
const OPTIONS = {
  sampler: 'single-class',
  ghostSize: 4,
  epochs: 3,
  batchSize: 12,
  learningRate: 0.02,
  learningRateSteps: [],
} as const;

/** Every value of an object by where it is. */
function leavesOf(value: unknown, path = '', leaves = new Map<string, unknown>()): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) {
    if (value !== undefined) leaves.set(path, value);
  } else for (const [key, inner] of Object.entries(value)) leavesOf(inner, `${path}.${key}`, leaves);
  return leaves;
}

function isClose(value: unknown, expected: unknown): boolean {
  if (typeof value !== 'number' || Number.isInteger(value)) return value === expected;
  return Math.abs(value - (expected as number)) < 1e-6;
}

let run: SmallRun;
let request: MemoryTrainRequest;
let training: MemoryTraining;

beforeAll(async () => {
  run = await smallRun(folder);
  const [train, test] = await Promise.all(
    (['train', 'test'] as const).map(async (split) => {
      const { all, labels, shape, classNames } = await openDataset(run.dataSpec, { split });
      return arrayDataset({ name: split, examples: all!, labels, shape, classNames, split });
    }),
  );
  request = { runtime, model: smallNetwork(), train: train!, test, options: OPTIONS };
  training = await openTraining(request);
});

test('before the first step there is nothing to trace', async () => {
  await expect(training.trace(run.inputs)).rejects.toThrow(
    'no step was run yet, so there is nothing to go back over; `run` some',
  );
});

test('steps are those of a run, however many share a call', async () => {
  const losses = [...(await training.run(7)), ...(await training.run(1000))];
  const { steps, epochs } = await readManifest(run.directory);
  expect([training.totalSteps, training.stepsDone, losses.length]).toEqual([steps, steps, steps]);
  expect(await training.run(5)).toEqual([]);
  const last = losses.slice(-losses.length / OPTIONS.epochs);
  expect(last.reduce((a, b) => a + b, 0) / last.length).toBeCloseTo(epochs.at(-1)!.trainLoss, 5);
  expect(encodeModel(await training.model())).toEqual(
    encodeModel((await readModelFile(`${run.directory}/model.onnx`)).model),
  );
  expect((await training.evaluate())!.accuracy).toBe(epochs.at(-1)!.testAccuracy);
});

test('the trace is that of the run', async () => {
  const test = await openDataset(run.dataSpec, { split: 'test' });
  const { queries } = await traceRun(run.directory, run.inputs, { steps: true }, { runtime, data: run.trainSet, references: test }); // prettier-ignore
  const found = await training.trace(run.inputs, { steps: true });
  // Of arrays, examples are in no file. Steps are added up call by call, and in a run chunk by chunk.
  const [expected, actual] = [
    leavesOf(queries.map(({ layers }) => layers)),
    leavesOf(found.map(({ layers }) => layers)),
  ];
  expect([...actual.keys()]).toEqual([...expected.keys()].filter((path) => !/\.(?:file|row)$/.test(path)));
  const differ = [...actual].filter(([path, value]) => !isClose(value, expected.get(path)));
  expect(differ).toEqual([]);
});

test('influence is that of the run', async () => {
  const [runDirectory, out] = [run.directory, join(folder, 'influence')];
  const { queries } = await influenceToFolder({ runDirectory, inputs: [`${run.dataSpec}@0,1`], out, runtime });
  const told: (readonly [what: string, done: number, total: number])[] = [];
  const found = await training.influence(run.inputs.slice(0, 2), {}, (...now) => told.push(now));
  const parts = [...new Set(told.map(([what]) => what))];
  expect(parts).toEqual(['training again', 'metagradient']);
  for (const part of parts) {
    const counts = told.filter(([what]) => what === part).map(([, done]) => done);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(counts.at(-1)).toBe(told.findLast(([what]) => what === part)![2]);
  }
  const effects = (of: typeof queries) =>
    of.flatMap(({ examples, opponents }) =>
      [...examples, ...opponents].map(({ index, effect, steps }) => [index, effect, steps]),
    );
  expect(effects(found)).toEqual(effects(queries));
  await expect(training.influence(run.inputs, { target: 'nothing' })).rejects.toThrow(/nothing/);
});

test('updates that take too much memory are refused before anything is trained', async () => {
  await expect(openTraining({ ...request, memory: 1000 })).rejects.toThrow(/^the updates of all steps would take \d+ MB, more than `memory` 1 MB;/); // prettier-ignore
  const without = await openTraining({ ...request, memory: 1000, options: { ...OPTIONS, log: false } });
  expect(await without.run(2)).toEqual(training.losses.slice(0, 2));
  await expect(without.trace(run.inputs)).rejects.toThrow('`log` is false');
  await without.release();
});

test('a training that diverges says so, and stays where it was', async () => {
  const wild = await openTraining({ ...request, options: { ...OPTIONS, learningRate: 1e30 } });
  await expect(wild.run(20)).rejects.toThrow(/is no longer a number between steps 1 and 20; lower `learningRate`/);
  expect(wild.stepsDone).toBe(0);
  await wild.release();
});
