/** Weights of past steps are those that training had: checkpoints say so. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { openLog } from '../../src/log/read/reader.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { loggedColumns } from '../../src/run/manifest.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { elementCount } from '../../src/tensor.js';
import { openTrendsRun } from '../../src/workflows/trends-subject.js';
import { create } from '../../src/zoo/create.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { tinyCnn } from '../helpers/networks.js';
import { smallRun } from '../helpers/small-run.js';

jest.setTimeout(60_000);

const all = temporaryFolder();
const runtime = nodeRuntime({ threads: 1 });

const OPTIONS = {
  epochs: 2,
  sampler: 'shuffled',
  ghostSize: 0,
  batchSize: 16,
  checkpointEvery: 7,
  keepCheckpoints: 99,
} as const;

async function opened(name: string, ...args: [Parameters<typeof smallRun>[1], number, ReturnType<typeof create>?]) {
  const folder = join(all, name);
  mkdirSync(folder, { recursive: true });
  const { directory } = await smallRun(folder, ...args);
  const manifest = await readManifest(directory);
  return { directory, manifest, run: await openTrendsRun({ runDirectory: directory, manifest, runtime }) };
}

const plain = () => create('simple-cnn', { inputShape: [1, 12, 12], classes: 4 });

/** Batch norm twice, and dropout. */
const normalised = () => tinyCnn([1, 12, 12], 4);
const single = { sampler: 'single-class', ghostSize: 6 } as const;

describe.each([
  ['float32', plain, { optimizer: 'adam', learningRate: 0.002 }],
  ['float16', plain, {}],
  ['int8', plain, { clipNorm: 1, weightDecay: 0.01 }],
  ['float32', normalised, { optimizer: 'adam', learningRate: 0.002 }],
  ['float16', normalised, { ...single, ghostStatistics: 'ghost-only', optimizer: 'momentum' }],
  ['int8', normalised, { ...single, optimizer: 'sgd', weightDecay: 0.01 }],
  ['auto', normalised, { sampler: 'single-instance', ghostSize: 8, batchSize: 1, epochs: 1, optimizer: 'momentum' }],
] as const)('codec %s, %p, %p', (codec, model, options) => {
  test('W⁽⁰⁾ + Σ Δ is every checkpoint, but for what the codec owes', async () => {
    const name = `${codec} ${model.name} ${JSON.stringify(options).length}`;
    const { directory, manifest, run } = await opened(name, { ...OPTIONS, codec, ...options }, 96, model());
    const columns = loggedColumns(manifest);
    expect(columns.flatMap(({ tensors }) => tensors.map((tensor) => tensor.name)).sort()).toEqual(
      [...run.weights.changing].sort(),
    );
    const { weights } = run;
    expect(weights.source).toBe('log');
    const steps = manifest.checkpoints.map(({ step }) => step);
    expect(steps.length).toBeGreaterThan(1);
    const log = await openLog(directory, manifest);
    let owes = 0;
    let found = 0;
    for await (const { step, weights: rebuilt } of weights.walk(steps)) {
      const exact = await weights.checkpoint(step);
      for (const layer of columns) {
        const owed = await log.residual(layer.name, step);
        let at = 0;
        for (const { name, dims } of layer.tensors) {
          const mine = rebuilt[name]!.data as Float32Array;
          const kept = exact[name]!.data as Float32Array;
          // Each logged difference is rounded by at most half a unit in its last place, 2⁻²⁴ of its size (Δ and what an update
          // is rounded to are below 1 here), and so is the sum once: a unit of the weight for each step covers both.
          const largest = kept.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
          const rounding = (step + 1) * 2 ** -24 * largest;
          for (let i = 0; i < elementCount(dims); i++) {
            expect(Math.abs(mine[i]! + owed[at + i]! - kept[i]!)).toBeLessThanOrEqual(rounding);
            owes = Math.max(owes, Math.abs(owed[at + i]!));
          }
          at += elementCount(dims);
        }
      }
      found++;
    }
    expect(found).toBe(steps.length);
    // The lossless codec owes nothing, and the others do: to layers, never to running statistics.
    expect(owes > 0).toBe(manifest.layers.some((layer) => layer.codec !== 'float32'));
    if (codec === 'int8' || codec === 'float16') expect(owes).toBeGreaterThan(0);
    expect(manifest.untraced?.map((column) => column.codec)).toEqual(
      model === normalised ? ['float32', 'float32'] : undefined,
    );
  });
});

test('where the log lacks a weight, the training is run again, to the bit', async () => {
  const { manifest, run } = await opened('part', { ...OPTIONS, layers: ['fc1'] }, 96);
  expect(run.weights.source).toBe('replay');
  const steps = manifest.checkpoints.map(({ step }) => step);
  let found = 0;
  for await (const { step, weights } of run.weights.walk([0, 3, ...steps])) {
    if (step === 0) expect(weights['conv1.weight']).toEqual(run.weights.initial['conv1.weight']);
    if (!steps.includes(step)) continue;
    expect(weights).toEqual(await run.weights.checkpoint(step));
    found++;
  }
  expect(found).toBe(steps.length);
});

test('steps may be few and far between, or one', async () => {
  const { manifest, run } = await opened('far', { ...OPTIONS, codec: 'float32' }, 96, plain());
  const at = async (steps: number[]) => {
    const found = [];
    for await (const each of run.weights.walk(steps)) found.push(each);
    return found;
  };
  const every = await at(Array.from({ length: manifest.steps + 1 }, (_, i) => i));
  const [start, last] = await at([0, manifest.steps]);
  expect(start).toEqual(every[0]);
  expect(last).toEqual(every.at(-1));
  expect(await at([5])).toEqual([every[5]]);
});
