/** A run finds its data again: from another folder, moved together with it, or named anew. */
import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { writeModelFile } from '../../src/onnx/file.js';
import { readManifest, writeManifest } from '../../src/run/manifest-file.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { float32 } from '../../src/tensor.js';
import { startTraining } from '../../src/workflows/train.js';
import { traceToFolder } from '../../src/workflows/trace.js';
import { encodeNpz, inputErrorOf, temporaryFolder, writeFiles } from '../helpers/data-files.js';

const folder = temporaryFolder();
const runtime = nodeRuntime({ threads: 1 });
const home = process.cwd();
afterAll(() => process.chdir(home));

/** Twenty byte vectors of two classes, a training and a test split alike; `brightness` makes another data set. */
function vectors(brightness: number): Uint8Array {
  const x = Uint8Array.from({ length: 20 * 6 }, (_, i) => ((Math.floor(i / 6) % 2) * 3 + i * brightness) % 7);
  const y = Uint8Array.from({ length: 20 }, (_, i) => i % 2);
  const pair = { x: ['|u1', [20, 6], x], y: ['|u1', [20], y] } as const;
  return encodeNpz({ x: [...pair.x], y: [...pair.y], x_test: [...pair.x], y_test: [...pair.y] } as never);
}

beforeAll(async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['batch', 6]);
  const weight = g.initializer(
    'weight',
    float32(
      Float32Array.from({ length: 12 }, (_, i) => i / 12),
      [2, 6],
    ),
  );
  g.add(makeNode('Gemm', [x, weight, g.initializer('bias', float32([0, 0]))], [g.reserve('scores')], { transB: 1 }));
  g.output('scores', 'float32', ['batch', 2]);
  writeFiles(folder, { 'project/data/v.npz': vectors(1), 'elsewhere/keep.txt': '' });
  process.chdir(join(folder, 'project'));
  await writeModelFile('m.onnx', g.model());
  await startTraining({
    modelPath: 'm.onnx',
    dataSpec: 'data/v.npz',
    runDirectory: 'runs/first',
    options: { ghostSize: 0, epochs: 1, batchSize: 5, learningRate: 0.01, codec: 'float32' },
    runtime,
  });
});

let outputs = 0;
async function trace(runDirectory: string, input: string, data?: string) {
  const out = join(folder, `out-${outputs++}`);
  return traceToFolder({ runDirectory, inputs: [input], data, out, runtime });
}

describe('after training on data/v.npz', () => {
  test('the run remembers the place, and the words', async () => {
    const { data } = await readManifest(join(folder, 'project/runs/first'));
    expect([data.spec, data.path, data.fromRun]).toEqual([
      'data/v.npz',
      resolve(folder, 'project/data/v.npz'),
      '../../data/v.npz',
    ]);
  });

  test('a trace from another folder, by the words typed at the time', async () => {
    process.chdir(join(folder, 'elsewhere'));
    const { data, queries } = await trace('../project/runs/first', 'data/v.npz@3');
    expect([data.spec, queries.length]).toEqual(['data/v.npz', 1]);
    expect(queries[0]!.input).toBe('data/v.npz@3');
  });

  test('run and data moved together', async () => {
    process.chdir(join(folder, 'elsewhere'));
    cpSync(join(folder, 'project'), join(folder, 'copy'), { recursive: true });
    renameSync(join(folder, 'project'), join(folder, 'gone'));
    try {
      expect((await trace('../copy/runs/first', '../copy/data/v.npz@3')).queries).toHaveLength(1);
      // What stands at the old place now is another data set: the fingerprint decides.
      writeFiles(folder, { 'project/data/v.npz': vectors(2) });
      expect((await trace('../copy/runs/first', '../copy/data/v.npz@3')).queries).toHaveLength(1);
      rmSync(join(folder, 'copy/data'), { recursive: true });
      const changed = await inputErrorOf(() => trace('../copy/runs/first', '../gone/data/v.npz@3'));
      expect(changed).toMatch(/data\/v\.npz: not the data that .* was trained on/);
      rmSync(join(folder, 'project'), { recursive: true });
      const missing = await inputErrorOf(() => trace('../copy/runs/first', '../gone/data/v.npz@3'));
      expect(missing).toMatch(
        /^data\/v\.npz: the run's data are no longer there \(looked for .*project.*copy.*\); restore/,
      );
      const named = await trace('../copy/runs/first', '../gone/data/v.npz@3', '../gone/data/v.npz');
      expect(named.queries).toHaveLength(1);
    } finally {
      rmSync(join(folder, 'project'), { recursive: true, force: true });
      renameSync(join(folder, 'gone'), join(folder, 'project'));
    }
  });

  test('a run of an older version, which knows the words only, finds them above itself', async () => {
    const old = join(folder, 'project/runs/old');
    cpSync(join(folder, 'project/runs/first'), old, { recursive: true });
    const manifest = await readManifest(old);
    await writeManifest(old, { ...manifest, data: { ...manifest.data, path: undefined, fromRun: undefined } });
    mkdirSync(join(folder, 'elsewhere'), { recursive: true });
    process.chdir(join(folder, 'elsewhere'));
    expect((await trace(old, 'data/v.npz@3')).queries).toHaveLength(1);
  });
});
