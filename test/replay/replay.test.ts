/** A run replayed: its states to the bit, and what is refused. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PerTensor } from '../../src/replay/differentiated-step.js';
import { openReplay, type ReplayRequest, type RecordedReplay } from '../../src/replay/recorded.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { giveBack } from '../../src/runtime/give-back.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { elementCount, float32 } from '../../src/tensor.js';
import type { CarriedTensors } from '../../src/train/carried-state.js';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import { openRun } from '../../src/workflows/open-run.js';
import { create } from '../../src/zoo/create.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { smallRun, type SmallRun } from '../helpers/small-run.js';

const runtime = nodeRuntime({ threads: 1 });
const folder = temporaryFolder();
let small: SmallRun;

beforeAll(async () => {
  const options = { epochs: 3, batchSize: 32, sampler: 'shuffled', checkpointEvery: 5, keepCheckpoints: 9 } as const;
  small = await smallRun(folder, options);
});

async function request(changes: Partial<ReplayRequest> = {}): Promise<ReplayRequest> {
  const manifest = await readManifest(small.directory);
  const run = await openRun({ runDirectory: small.directory, manifest, runtime });
  return { ...run, manifest, memory: 2 ** 30, ...changes };
}

async function replayed<T>(changes: Partial<ReplayRequest>, work: (replay: RecordedReplay) => Promise<T>): Promise<T> {
  const replay = await openReplay(await request(changes));
  try {
    return await work(replay);
  } finally {
    await replay.release();
  }
}

/** Array buffers, in bytes, that a walk back with little memory takes of a perceptron, beside those that were there before. */
async function peakOfWayBack(hidden: readonly number[]): Promise<{ readonly state: number; readonly peak: number }> {
  const options = { epochs: 5, batchSize: 16, sampler: 'shuffled', optimizer: 'momentum' } as const;
  const model = create('mlp', { inputShape: [1, 12, 12], hidden: [...hidden], classes: 4 });
  const wide = await smallRun(join(folder, 'wide'), options, 160, model);
  const manifest = await readManifest(wide.directory);
  const run = await openRun({ runDirectory: wide.directory, manifest, runtime });
  const replay = await openReplay({ ...run, manifest, memory: 1 });
  const derivative = await replay.differentiate();
  try {
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    let cotangents: PerTensor = replay.carried.map(({ dims }) =>
      float32(new Float32Array(elementCount(dims)), [1, ...dims]),
    );
    for await (const at of replay.backwards()) {
      const pulled = await derivative.pull(at.step, at.before, cotangents);
      giveBack(cotangents);
      cotangents = pulled.gradients;
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    }
    return { state: replay.room.state, peak };
  } finally {
    await derivative.release();
    await replay.release();
  }
}

/** Signs of zeros included: Jest tells them apart. */
const numbersIn = (state: CarriedTensors) => Object.values(state).map(({ data }) => data);

const copyOf = (state: CarriedTensors): CarriedTensors =>
  Object.fromEntries(Object.entries(state).map(([name, { data, ...rest }]) => [name, { ...rest, data: data.slice() }]));

test('every state of every checkpoint comes back to the bit', async () => {
  await replayed({}, async (replay) => {
    expect(replay.steps).toBe(18);
    expect(replay.drift).toBe(0);
    const states = new Map<number, CarriedTensors>();
    for await (const { step, before } of replay.backwards()) states.set(step.step - 1, copyOf(before));
    states.set(replay.steps, replay.final);
    const { checkpoints } = replay.manifest;
    expect(checkpoints.map(({ step }) => step)).toEqual([5, 10, 15, 18]);
    for (const record of checkpoints) {
      const recorded = await readCheckpoint(small.directory, record, replay.carried);
      expect(numbersIn(states.get(record.step)!)).toEqual(numbersIn(recorded));
    }
  });
});

test('forwards and backwards see the same states, again and again, with however little memory', async () => {
  const walk = async (replay: RecordedReplay, direction: 'forwards' | 'backwards') => {
    const found: [number, CarriedTensors][] = [];
    for await (const { step, before } of replay[direction]()) found.push([step.step, copyOf(before)]);
    return direction === 'forwards' ? found : found.reverse();
  };
  const all = await replayed({}, (replay) => walk(replay, 'forwards'));
  expect(all.map(([step]) => step)).toEqual(Array.from({ length: 18 }, (_, i) => i + 1));
  const bytes = 4 * Object.values(all[0]![1]).reduce((sum, { data }) => sum + data.length, 0);
  for (const states of [0.1, 7.5, 12.5, 100.5]) {
    await replayed({ memory: (4 / 3) * states * bytes }, async (replay) => {
      expect(replay.room).toMatchObject({ state: bytes, slots: Math.max(6, Math.floor(states)) });
      for (const direction of ['backwards', 'forwards', 'backwards'] as const) {
        expect(await walk(replay, direction)).toEqual(all);
      }
    });
  }
});

test('states and cotangents that nobody needs any more do not wait for the garbage collector', async () => {
  // 2.4 MB a state.
  const { state, peak } = await peakOfWayBack([1024, 128]);
  expect(state).toBeGreaterThan(2 ** 21);
  // Those that are kept, the one that is worked with, one on the way to it, cotangents before and after a step, and what is
  // no state.
  expect(peak / state).toBeLessThan(6 + 1 + 1 + 2 + 2);
});

test('trained again with the same weights it is the same, with other weights it is not', async () => {
  await replayed({}, async (replay) => {
    const weights = replay.setup.pool.sampleWeights.slice();
    expect(numbersIn(await replay.retrain(weights))).toEqual(numbersIn(replay.final));
    weights[7] = 0;
    expect(numbersIn(await replay.retrain(weights))).not.toEqual(numbersIn(replay.final));
  });
});

test('trained again in another order it is what a run of that seed is', async () => {
  const { options } = await request();
  const { state, again } = await replayed({}, async (replay) => {
    const { sampleWeights } = replay.setup.pool;
    const state = numbersIn(await replay.retrain(sampleWeights, undefined, 5));
    expect(state).not.toEqual(numbersIn(replay.final));
    return { state, again: numbersIn(await replay.retrain(sampleWeights)) };
  });
  const manifest = { ...(await readManifest(small.directory)), checkpoints: [] };
  const other = await replayed({ options: { ...options, seed: 5 }, manifest }, (replay) =>
    Promise.resolve(replay.final),
  );
  expect(state).toEqual(numbersIn(other));
  // The order of the run itself is not forgotten.
  expect(again).toEqual(numbersIn(await replayed({}, (replay) => Promise.resolve(replay.final))));
});

describe('refused in one line', () => {
  test('weights that are not those that were recorded, unless drift is allowed', async () => {
    const manifest = await readManifest(small.directory);
    const record = manifest.checkpoints[1]!;
    const path = join(small.directory, record.state);
    const kept = readFileSync(path);
    copyFileSync(join(small.directory, manifest.checkpoints[0]!.state), path);
    try {
      await expect(openReplay(await request())).rejects.toThrow(/its checksum differs/);
      // As if it had been written so.
      const written = { manifest: { ...manifest, files: [] } };
      await expect(openReplay(await request(written))).rejects.toThrow(
        /replayed to step 10, its weights are not those that were recorded, but \d\.\de-\d of their norm away/,
      );
      expect(
        await replayed({ ...written, allowDrift: true }, (replay) => Promise.resolve(replay.drift)),
      ).toBeGreaterThan(0);
    } finally {
      writeFileSync(path, kept);
    }
  });
});
