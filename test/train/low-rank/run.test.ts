/** Trainings whose log holds factors: that it is what happened, comes again to the byte, and falls back where factors lose much. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { inspectRun } from '../../../src/inspect/inspect-run.js';
import { encodeLowRank } from '../../../src/log/codecs/lowrank.js';
import { layerLayout } from '../../../src/log/format/layer.js';
import { openFactoredSums } from '../../../src/log/read/factored-sum.js';
import { openLog } from '../../../src/log/read/reader.js';
import { writeModelFile } from '../../../src/onnx/file.js';
import { readManifest } from '../../../src/run/manifest-file.js';
import type { RunManifest } from '../../../src/run/manifest.js';
import { chooseCodecs, type SizedColumn } from '../../../src/train/codecs.js';
import type { TrainOptions } from '../../../src/train/options.js';
import { watchTolerance } from '../../../src/train/tolerance.js';
import { startTraining } from '../../../src/workflows/train.js';
import { dense, flatten, layer } from '../../../src/zoo/network.js';
import { inputErrorOf, temporaryFolder } from '../../helpers/data-files.js';
import { contentsOf } from '../../helpers/folders.js';
import { runHere } from '../../helpers/in-process.js';
import { network, smallNetwork } from '../../helpers/networks.js';
import { writePatterns } from '../../helpers/small-run.js';
import { runtime } from '../../helpers/training.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

/** Two layers that factors are smaller for, with biases, and one that they are not. */
const mlp = network([1, 12, 12], (net, x) => {
  const a = dense(net, 'fc1', flatten(net, 'flatten', x), 40);
  const b = dense(net, 'fc2', layer(net, 'Relu', 'relu1', [a.name], a.shape), 60);
  return dense(net, 'fc3', layer(net, 'Relu', 'relu2', [b.name], b.shape), 4);
});

const OPTIONS: Partial<TrainOptions> = {
  sampler: 'shuffled',
  ghostSize: 0,
  batchSize: 16,
  epochs: 3,
  learningRate: 0.02,
  codec: 'lowrank',
  rank: 4,
  checkpointEvery: 7,
  keepCheckpoints: 9,
};

async function trainInto(
  name: string,
  options: Partial<TrainOptions> = {},
  more: { resume?: boolean; onProgress?: () => void; modelPath?: string } = {},
): Promise<{ directory: string; manifest: RunManifest; notices: string[] }> {
  const notices: string[] = [];
  const manifest = await startTraining({
    modelPath: at('mlp.onnx'),
    dataSpec: at('data'),
    runDirectory: at(name),
    options: { ...OPTIONS, ...options },
    runtime,
    onNotice: (line) => notices.push(line),
    ...more,
  });
  return { directory: at(name), manifest, notices };
}

let whole: Awaited<ReturnType<typeof trainInto>>;

beforeAll(async () => {
  writePatterns(at('data'), 160);
  await writeModelFile(at('mlp.onnx'), mlp);
  await writeModelFile(at('small.onnx'), smallNetwork());
  whole = await trainInto('whole');
});

test('the manifest and a notice say which layers are factored, and how', async () => {
  const { manifest, notices } = whole;
  expect(manifest.layers.map(({ name, codec, rank }) => [name, codec, rank])).toEqual([
    ['fc1', 'lowrank', 4],
    ['fc2', 'lowrank', 4],
    ['fc3', 'float32', undefined],
  ]);
  expect(notices).toContain('log: lowrank of rank 4 for fc1, fc2; float32 for fc3');
  const { stdout } = await runHere(['inspect', whole.directory, '--verify']);
  expect(stdout).toMatch(/fc1 +Gemm +\[40, 144\] \+ bias +5,800 +lowrank 4/);
  expect(stdout).toMatch(/fc1\.weight +lowrank .* yes/);
});

test('without a rank, it follows from what a layer is: more where it meets an input at several places', () => {
  const column = (name: string, dims: number[], meetsPlaces: boolean): SizedColumn => {
    const matrix = { input: 'x', axis: 1, transposed: false };
    return {
      name,
      op: '',
      uses: [],
      tensors: [name],
      matrix,
      meetsPlaces,
      logged: { name, tensors: [{ name, dims }] },
    };
  };
  const columns = [
    column('conv', [128, 64, 3, 3], true),
    column('narrow', [47, 64, 3, 3], true),
    column('dense', [128, 576], false),
    column('scores', [10, 576], false),
  ];
  const names = columns.map(({ name }) => name);
  const choose = (rank?: number) => Object.fromEntries(chooseCodecs(columns, { codec: 'lowrank', rank }, names));
  expect(choose()).toEqual({
    conv: { codec: 'lowrank', rank: 24, version: 2 },
    narrow: { codec: 'int8' },
    dense: { codec: 'lowrank', rank: 8, version: 2 },
    scores: { codec: 'int8' },
  });
  expect(choose(5).scores).toEqual({ codec: 'lowrank', rank: 5, version: 2 });
});

test.each(['momentum', 'adam', 'sgd'] as const)(
  'W⁽⁰⁾, the log and what it owes are W⁽ᵀ⁾, under %s',
  async (optimizer) => {
    const { directory } =
      optimizer === 'momentum' ? whole : await trainInto(optimizer, { optimizer, codecTolerance: 1 });
    const { manifest, checks } = await inspectRun(directory, { verify: true, runtime });
    const { checks: decoded } = await inspectRun(directory, { verify: true });
    for (const [i, check] of checks!.entries()) {
      expect([check.tensor, check.passed]).toEqual([check.tensor, true]);
      expect([decoded![i]!.tensor, decoded![i]!.passed]).toEqual([check.tensor, true]);
      if (check.codec !== 'lowrank') continue;
      const isWeight = check.tensor.endsWith('weight');
      // Each of five segments ends with one rounding of the residual, which is stored in 2¹⁶ levels.
      if (isWeight) expect(check.rounding).toBeLessThan(5 * 2 ** -15.9 * check.reportedError);
      // The error that is reported is the one there is, and biases have none.
      expect(Math.abs(check.error - check.reportedError)).toBeLessThanOrEqual(check.rounding);
      expect(check.reportedError > 0).toBe(isWeight);
    }
    expect(manifest.segments.length).toBe(5);
  },
);

test('the share that each step lost is in its record, and what it kept is most of the update', async () => {
  const exact = await trainInto('exact', { codec: 'float32', rank: undefined });
  const [log, dense] = [await openLog(whole.directory), await openLog(exact.directory)];
  const read = async (from: typeof log) => {
    const steps: Float32Array[] = [];
    for await (const { data } of from.deltas('fc1', { chunkSteps: 1 })) steps.push(data);
    return steps;
  };
  const [found, true_] = [await read(log), await read(dense)];
  expect(found.length).toBe(30);
  const weight = 40 * 144;
  const shares = found.map((decoded, t) => {
    let [lost, all] = [0, 0];
    for (let i = 0; i < weight; i++) {
      lost += (true_[t]![i]! - decoded[i]!) ** 2;
      all += true_[t]![i]! ** 2;
    }
    // The bias, to the bit.
    expect(decoded.slice(weight)).toEqual(true_[t]!.slice(weight));
    return Math.sqrt(lost / all);
  });
  // Batches of 16 examples move a weight in 16 directions, momentum in more: 4 keep the most of it.
  expect(shares.reduce((sum, share) => sum + share, 0) / 30).toBeLessThan(0.6);
  const recorded: number[] = [];
  const sums = await openFactoredSums(runtime);
  await sums.sum(log.records('fc1'), layerLayout(log.layers[0]!), ({ lost }) => recorded.push(lost));
  await sums.release();
  // Taken from three sums of squares that are nearly equal, in float32.
  shares.forEach((share, t) => expect(Math.abs(recorded[t]! - share)).toBeLessThan(1e-3));
});

describe('reproducible to the byte', () => {
  test('the same seed leaves the same files', async () => {
    expect(contentsOf((await trainInto('again')).directory)).toEqual(contentsOf(whole.directory));
  });

  test('a run that was stopped between checkpoints or at one and resumed leaves the files of one that was not', async () => {
    const copies: string[] = [];
    await trainInto('copied', {}, {
      onProgress: () => {
        const name = `stopped-${copies.length}`;
        cpSync(at('copied'), at(name), { recursive: true, filter: (path) => !path.endsWith('train.lock') });
        copies.push(name);
      },
    }); // prettier-ignore
    expect(copies.length).toBeGreaterThan(4);
    for (const name of copies.slice(0, -1).filter((_, i) => i % 2 === 1)) {
      if ((await readManifest(at(name))).status === 'finished') continue;
      await trainInto(name, {}, { resume: true });
      expect([name, contentsOf(at(name))]).toEqual([name, contentsOf(whole.directory)]);
    }
  });
});

describe('a layer whose factors lose more than they may', () => {
  test('falls back to a higher rank, or to int8, before the training begins', async () => {
    const { manifest, notices, directory } = await trainInto('strict', { codecTolerance: 0.2, rank: 2 });
    const told = notices.filter((line) => line.includes('loses'));
    const lines = told.map((line) => line.replace(/ \d+ %/, ' n %'));
    const falls = (layer: string, rank: number, to: string) =>
      `layer "${layer}": lowrank at rank ${rank} loses n % of its first updates, so they are stored as ${to}`;
    expect(lines.slice(0, 3)).toEqual([
      falls('fc1', 2, 'lowrank at rank 4'),
      falls('fc2', 2, 'lowrank at rank 4'),
      // At rank 4, its factors would be larger than it is.
      falls('fc3', 2, 'float32'),
    ]);
    const [fc1, fc2, fc3] = manifest.layers;
    expect(fc1!.rank).toBeGreaterThan(2);
    expect(fc2!.rank).toBeGreaterThan(2);
    expect([fc3!.codec, fc3!.rank]).toEqual(['float32', undefined]);
    const { checks } = await inspectRun(directory, { verify: true, runtime });
    expect(checks!.every(({ passed }) => passed)).toBe(true);
    // The training is the same, whatever it was tried with.
    const weights = contentsOf(directory)['model.onnx'];
    expect(weights).toBe(contentsOf((await trainInto('strict-again', { codecTolerance: 0.2, rank: 2 })).directory)['model.onnx']); // prettier-ignore
  });

  test('is named once where it loses more only later', () => {
    const layout = layerLayout({ name: 'fc', tensors: [{ name: 'weight', dims: [2, 3] }] });
    const none = { rank: 0, leftScales: new Float32Array(0), rightScales: new Float32Array(0), others: new Float32Array(0), left: new Int8Array(0), right: new Int8Array(0) }; // prettier-ignore
    const losing = (lost: number) => new Map([['fc', [encodeLowRank({ ...none, lost }, layout)]]]);
    const notices: string[] = [];
    const outputs = { layer: 'fc', layout, rank: 2, left: '', right: '', numbers: '' };
    const watch = watchTolerance([outputs], 0.5, (line) => notices.push(line));
    watch.add(losing(0.4));
    watch.tell(1);
    expect(notices).toEqual([]);
    // The root of the mean of .2² and .8².
    for (const lost of [0.2, 0.8]) watch.add(losing(lost));
    watch.tell(3);
    watch.add(losing(0.9));
    watch.tell(4);
    expect(notices).toEqual([
      expect.stringMatching(
        /^layer "fc": up to step 3, lowrank at rank 2 lost 58 % of its updates, more than `codecTolerance`/,
      ),
    ]);
  });
});

test('a convolution, and weights stored [inputs, outputs], are factored where they are large enough; a grouped convolution never is', async () => {
  const { manifest, directory } = await trainInto('small', { rank: 2 }, { modelPath: at('small.onnx') });
  expect(manifest.layers.map(({ op, codec, tensors }) => [op, codec, tensors[0]!.dims.join()])).toEqual([
    ['Conv', 'lowrank', '8,1,3,3'],
    ['Conv', 'float32', '8,4,3,3'],
    ['Gemm', 'lowrank', '128,24'],
    ['MatMul', 'lowrank', '24,4'],
  ]);
  const { checks } = await inspectRun(directory, { verify: true, runtime });
  expect(checks!.filter(({ passed }) => !passed)).toEqual([]);
});

describe('refused', () => {
  const refusal = (options: Partial<TrainOptions>) => inputErrorOf(() => trainInto('refused', options));

  test('a rank that no layer has room for', async () => {
    expect(await refusal({ rank: 41 })).toBe(
      '`rank` 41: at no layer are factors of that rank smaller than int8; choose at most 30, which "fc1" has room for',
    );
    expect(await refusal({ rank: 0 })).toMatch(/`rank` 0: expected a whole number from 1/);
  });

  test('a tolerance that is no share', async () => {
    expect(await refusal({ codecTolerance: 0 })).toMatch(
      /`codecTolerance` 0: expected a number above 0, and 1 at most/,
    );
    expect(await refusal({ codecTolerance: 1.5 })).toMatch(/`codecTolerance` 1.5/);
  });

  test('either where nothing is factored', async () => {
    expect(await refusal({ codec: 'int8' })).toBe('`rank`: only `codec` auto and lowrank have one; leave it out');
    expect(await refusal({ codec: 'float32', rank: undefined, codecTolerance: 0.5 })).toMatch(
      /^`codecTolerance`: only/,
    );
  });
});
