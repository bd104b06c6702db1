/** A run replayed: its states to the bit, and what is refused. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { openReplay, type Replay, type ReplayRequest } from '../../src/replay/replay.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import type { CarriedTensors } from '../../src/train/checkpoint.js';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import { openRun } from '../../src/workflows/open-run.js';
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

async function replayed<T>(changes: Partial<ReplayRequest>, work: (replay: Replay) => Promise<T>): Promise<T> {
  const replay = await openReplay(await request(changes));
  try {
    return await work(replay);
  } finally {
    await replay.release();
  }
}

/** Signs of zeros included: Jest tells them apart. */
const numbersIn = (state: CarriedTensors) => Object.values(state).map(({ data }) => data);

test('every state of every checkpoint comes back to the bit', async () => {
  await replayed({}, async (replay) => {
    expect(replay.steps).toBe(18);
    expect(replay.drift).toBe(0);
    const states = new Map<number, CarriedTensors>();
    for await (const { step, before } of replay.backwards()) states.set(step.step - 1, before);
    states.set(replay.steps, replay.final);
    const { checkpoints } = replay.manifest;
    expect(checkpoints.map(({ step }) => step)).toEqual([5, 10, 15, 18]);
    for (const record of checkpoints) {
      const recorded = await readCheckpoint(small.directory, record, replay.carried);
      expect(numbersIn(states.get(record.step)!)).toEqual(numbersIn(recorded));
    }
  });
});

test('forwards and backwards see the same states, with however little memory', async () => {
  const walk = async (replay: Replay, direction: 'forwards' | 'backwards') => {
    const found: [number, CarriedTensors][] = [];
    for await (const { step, before } of replay[direction]()) found.push([step.step, before]);
    return direction === 'forwards' ? found : found.reverse();
  };
  const all = await replayed({}, (replay) => walk(replay, 'forwards'));
  expect(all.map(([step]) => step)).toEqual(Array.from({ length: 18 }, (_, i) => i + 1));
  const bytes = 4 * Object.values(all[0]![1]).reduce((sum, { data }) => sum + data.length, 0);
  for (const states of [2, 3, 5, 100]) {
    expect(await replayed({ memory: (4 / 3) * states * bytes }, (replay) => walk(replay, 'backwards'))).toEqual(all);
  }
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
  test('memory for less than two states', async () => {
    await expect(openReplay(await request({ memory: 1000 }))).rejects.toThrow(/`memory` .* set it to \d+ or more/);
  });

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
