import { afterAll, describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../src/errors.js';
import { codecChoices } from '../../src/log/codecs/registry.js';
import { openLog, type DeltaRange } from '../../src/log/read/reader.js';
import type { SealedSegment } from '../../src/log/format/segment.js';
import { openLogWriter } from '../../src/log/write/writer.js';
import {
  batch,
  collect,
  layers,
  makeRun,
  readDeltas,
  removeTemporaryFolders,
  stack,
  temporaryFolder,
  writeRun,
} from './helpers/training.js';

afterAll(removeTemporaryFolders);

const run = makeRun(47);

describe('a lossless log', () => {
  test('gives back steps and deltas bit by bit, over segments that seal themselves', async () => {
    const directory = temporaryFolder();
    const told: SealedSegment[] = [];
    const onSeal = (segment: SealedSegment) => void told.push(segment);
    await writeRun(directory, run, { codec: 'float32', segmentSteps: 20, threads: 2, onSeal });

    const log = await openLog(directory, { layers, segments: told });
    expect(told.map(({ directory: name, firstStep, lastStep }) => [name, firstStep, lastStep])).toEqual([
      ['segment-00000', 1, 20],
      ['segment-00001', 21, 40],
      ['segment-00002', 41, 47],
    ]);
    expect(log.segments).toEqual(told);
    expect([log.firstStep, log.lastStep, log.sealedStep, log.warnings]).toEqual([1, 47, 47, []]);
    expect(await collect(log.steps())).toEqual(run.records);
    for (const { name } of layers) expect(await readDeltas(log, name)).toEqual(run.deltas.get(name));
  });

  test('lies where the design says, a folder per segment and a file per layer', async () => {
    const directory = temporaryFolder();
    await writeRun(directory, run, {
      codec: (layer) => (layer.name === 'head' ? 'int8' : 'float32'),
      segmentSteps: 40,
    });
    const files = ['conv_1_0.log', 'head.log', 'head.residual', 'header.log', 'seal.log', 'steps.log'];
    expect(readdirSync(join(directory, 'log'))).toEqual(['segment-00000', 'segment-00001']);
    expect(readdirSync(join(directory, 'log', 'segment-00001'))).toEqual(files);
    const { layers: columns } = await openLog(directory);
    expect(columns.map(({ name, file, codec }) => [name, file, codec])).toEqual([
      ['conv/1:0', 'conv_1_0', 'float32'],
      ['head', 'head', 'int8'],
    ]);
  });
});

describe('ranges', () => {
  const directory = temporaryFolder();
  const written = writeRun(directory, run, { codec: 'float32', segmentSteps: 20 });

  test.each<[DeltaRange, number]>([
    [{}, 0],
    [{ threads: 2, chunkSteps: 3 }, 3],
    [{ firstStep: 7, lastStep: 7 }, 1],
    [{ firstStep: 15, lastStep: 43, chunkSteps: 4 }, 4],
    [{ firstStep: 20, lastStep: 41, threads: 1 }, 0],
    [{ firstStep: 48 }, 0],
  ])('%j reads just those steps, in chunks as asked', async (range, most) => {
    await written;
    const log = await openLog(directory);
    const { firstStep = 1, lastStep = 47 } = range;
    expect(await readDeltas(log, 'head', range)).toEqual(run.deltas.get('head')!.slice(firstStep - 1, lastStep));
    expect(await collect(log.steps(range))).toEqual(run.records.slice(firstStep - 1, lastStep));
    const counts = (await collect(log.deltas('head', range))).map(({ count }) => count);
    if (most > 0) expect(Math.max(...counts)).toBe(most);
  });

  test('a reader may stop early, with threads ahead of it', async () => {
    await written;
    const log = await openLog(directory);
    for await (const { firstStep } of log.deltas('head', { chunkSteps: 2, threads: 2 })) {
      expect(firstStep).toBe(1);
      break;
    }
  });

  test('an unknown layer is named beside the known ones', async () => {
    await written;
    const log = await openLog(directory);
    await expect(collect(log.deltas('nose'))).rejects.toThrow(/holds no layer "nose"; it holds conv\/1:0, head/);
  });
});

test('reading a layer reads that layer alone', async () => {
  const directory = temporaryFolder();
  const wide = makeRun(12, 2, [
    { name: 'asked', tensors: [{ name: 'asked.weight', dims: [50, 60] }] },
    { name: 'other', tensors: [{ name: 'other.weight', dims: [90, 90] }] },
  ]);
  await writeRun(directory, wide, { codec: 'float32', segmentSteps: 5 });
  const log = await openLog(directory);
  const folders = readdirSync(join(directory, 'log')).map((name) => join(directory, 'log', name));
  const bytesOf = (file: string) => folders.reduce((sum, folder) => sum + statSync(join(folder, file)).size, 0);
  const own = bytesOf('asked.log') + bytesOf('seal.log');
  // The kernel's own count of bytes read by this process, where it keeps one.
  const bytesRead = () => {
    const io = '/proc/self/io';
    return existsSync(io) ? Number(/rchar: (\d+)/.exec(readFileSync(io, 'latin1'))![1]) : undefined;
  };
  await readDeltas(log, 'asked');
  const before = bytesRead();
  await readDeltas(log, 'asked');
  const after = bytesRead();
  if (before !== undefined && after !== undefined) {
    expect(after - before).toBeGreaterThanOrEqual(own);
    // The kernel counts the reading of its count as well.
    expect(after - before).toBeLessThan(own + 10_000);
  }
  for (const folder of folders) for (const file of ['other.log', 'steps.log']) rmSync(join(folder, file));
  expect(stack(await readDeltas(log, 'asked'))).toEqual(stack(wide.deltas.get('asked')!));
});

describe('appending', () => {
  test('takes buffers over, but copies a view of a larger one', async () => {
    const writer = await openLogWriter(temporaryFolder(), { layers, threads: 1 });
    const [records, deltas] = batch(run, 1, 2);
    const shared = new Float32Array(80).fill(1);
    deltas.set('head', shared.subarray(5, 75));
    await writer.append(records, deltas);
    expect(deltas.get('conv/1:0')).toHaveLength(0);
    expect(shared).toEqual(new Float32Array(80).fill(1));
    await writer.close();
  });

  test('waits while the queue is full: with no room at all, until everything is written', async () => {
    const directory = temporaryFolder();
    const writer = await openLogWriter(directory, { layers, codec: 'float32', threads: 2, queueBytes: 0 });
    await writer.append(...batch(run, 1, 5));
    await writer.append(...batch(run, 6, 10));
    const log = await openLog(directory);
    expect([log.lastStep, log.sealedStep]).toEqual([10, 0]);
    expect(await readDeltas(log, 'head')).toEqual(run.deltas.get('head')!.slice(0, 10));
    expect(log.warnings).toEqual([expect.stringMatching(/segment-00000: not sealed.* 10 whole steps up to step 10/)]);
    await writer.close();
  });

  test('asked many times at once keeps its order', async () => {
    const directory = temporaryFolder();
    const writer = await openLogWriter(directory, { layers, codec: 'float32', segmentSteps: 7, queueBytes: 3000 });
    const appends = Array.from({ length: 12 }, (_, i) => writer.append(...batch(run, 3 * i + 1, 3 * i + 3)));
    expect(await writer.seal()).toMatchObject({ lastStep: 36 });
    await Promise.all(appends);
    await writer.close();
    const log = await openLog(directory);
    expect(log.segments.map(({ lastStep }) => lastStep)).toEqual([9, 18, 27, 36]);
    expect(await readDeltas(log, 'head')).toEqual(run.deltas.get('head')!.slice(0, 36));
  });

  test('refuses steps out of turn and deltas of another shape', async () => {
    const writer = await openLogWriter(temporaryFolder(), { layers, threads: 1 });
    await expect(writer.append(...batch(run, 2, 3))).rejects.toThrow('step 2 cannot follow step 0');
    const [records] = batch(run, 1, 2);
    const [, deltas] = batch(run, 1, 3);
    await expect(writer.append(records, deltas)).rejects.toThrow('layer conv/1:0: 156 elements, expected 104');
    await expect(writer.append(records, new Map())).rejects.toThrow('layer conv/1:0: no elements, expected 104');
    await writer.append(...batch(run, 1, 2));
    await writer.close();
    await expect(writer.append(...batch(run, 3, 4))).rejects.toThrow('closed');
  });

  test('an update that is not finite stops a lossy log with its layer and step', async () => {
    const writer = await openLogWriter(temporaryFolder(), { layers, codec: 'int8', threads: 1 });
    const [records, deltas] = batch(run, 1, 4);
    deltas.get('head')![2 * 35 + 3] = NaN;
    await writer.append(records, deltas).catch(() => undefined);
    await expect(writer.seal()).rejects.toThrow(/^layer head, step 3: an update of NaN.*learning rate$/);
    await expect(writer.append(...batch(run, 5, 6))).rejects.toThrow(InputError);
    await expect(writer.close()).rejects.toThrow(/layer head, step 3/);
  });
});

describe('sealing', () => {
  test('an empty log has nothing to seal; asked again, the segment is the same', async () => {
    const directory = temporaryFolder();
    const writer = await openLogWriter(directory, { layers, threads: 1 });
    expect(await writer.seal()).toBeUndefined();
    await writer.append(...batch(run, 1, 3));
    const segment = await writer.seal();
    expect(segment).toMatchObject({ directory: 'segment-00000', firstStep: 1, lastStep: 3 });
    expect(await writer.seal()).toEqual(segment);
    await writer.close();
    expect(readdirSync(join(directory, 'log'))).toEqual(['segment-00000']);
  });

  test('a segment ends by its size as well, after the same step whatever the codec made of the numbers', async () => {
    const ends = async (seed: number) => {
      const directory = temporaryFolder();
      await writeRun(directory, makeRun(40, seed), { codec: 'int8', segmentBytes: 2500 });
      return (await openLog(directory)).segments.map(({ lastStep }) => lastStep);
    };
    const first = await ends(1);
    expect(first.length).toBeGreaterThan(2);
    expect(await ends(5)).toEqual(first);
  });

  test('a listener that fails fails the log', async () => {
    const onSeal = () => Promise.reject(new InputError('run.json: the disk is full'));
    const writer = await openLogWriter(temporaryFolder(), { layers, threads: 1, onSeal });
    await writer.append(...batch(run, 1, 3));
    await expect(writer.close()).rejects.toThrow('run.json: the disk is full');
  });
});

test.each(codecChoices)('%s: decoded deltas and residual add up, in every segment', async (codec) => {
  const directory = temporaryFolder();
  await writeRun(directory, run, { codec, segmentSteps: 20 });
  const log = await openLog(directory);
  for (const { name } of layers) {
    const decoded = await readDeltas(log, name);
    for (const { lastStep } of log.segments) {
      const owed = new Float64Array(decoded[0]!.length);
      for (let t = 0; t < lastStep; t++)
        owed.forEach((_, i) => (owed[i]! += run.deltas.get(name)![t]![i]! - decoded[t]![i]!));
      // The residual is float32 and below the largest delta, 0.005: each of 47 steps may round it by 2^-24 of that.
      expect([...(await log.residual(name, lastStep))]).toBeAllClose(owed, { absolute: 47 * 0.005 * 2 ** -24 });
    }
    await expect(log.residual(name, 19)).rejects.toThrow(/no segment is sealed after step 19/);
  }
});

test('sparse deltas are compressed, and come back', async () => {
  const directory = temporaryFolder();
  const sparse = makeRun(4, 3, [{ name: 'embedding', tensors: [{ name: 'table', dims: [150, 40] }] }]);
  for (const delta of sparse.deltas.get('embedding')!) delta.forEach((_, i) => i % 40 > 3 && (delta[i] = 0));
  for (const codec of ['float32', 'int8'] as const) {
    const into = join(directory, codec);
    await writeRun(into, sparse, { codec });
    const log = await openLog(into);
    const bytes = codec === 'float32' ? 4 : 1;
    // A tenth of the elements is not zero.
    expect(statSync(join(into, 'log', 'segment-00000', 'embedding.log')).size).toBeLessThan(4 * 6000 * bytes * 0.4);
    if (codec === 'float32') expect(await readDeltas(log, 'embedding')).toEqual(sparse.deltas.get('embedding'));
    else
      expect(stack(await readDeltas(log, 'embedding'))).toBeAllClose(stack(sparse.deltas.get('embedding')!), {
        relative: 1 / 127,
      });
  }
});

test('a folder without a log says so', async () => {
  await expect(openLog(temporaryFolder())).rejects.toThrow(/holds no delta log/);
});
