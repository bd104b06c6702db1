/** Steps that other threads read and measure give what this one makes of them, and let go of everything. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDataset } from '../../../src/data/open-dataset.js';
import type { Dataset } from '../../../src/data/dataset.js';
import { layerMatrix } from '../../../src/explain/trace/layer-matrix.js';
import { measureHere } from '../../../src/explain/trace/measure/here.js';
import type { Measuring } from '../../../src/explain/trace/measure/measured-steps.js';
import { openMeasurePool, type PlacedLog } from '../../../src/explain/trace/measure/pool.js';
import { queryFactors } from '../../../src/explain/trace/query-factors.js';
import { gammaStrategyFor, strategyFor } from '../../../src/explain/trace/strategies/registry.js';
import { traceRun, type TraceRunContext } from '../../../src/explain/trace/trace-run.js';
import { openLog, type DeltaLog } from '../../../src/log/read/reader.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import { elementCount, float32 } from '../../../src/tensor.js';
import { collect } from '../../log/helpers/training.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { linearCases, linearModel } from '../../helpers/linear-layers/list.js';
import { gaussian } from '../../helpers/random-tensors.js';
import { smallRun, type SmallRun } from '../../helpers/small-run.js';
import { tensorBytes } from '../../helpers/tensor-bytes.js';

const folders = { run: temporaryFolder(), 'fc1.log': temporaryFolder(), 'fc1.residual': temporaryFolder() };
const runtime = nodeRuntime({ threads: 1 });
let run: SmallRun;
let tests: Dataset;
let log: DeltaLog;

beforeAll(async () => {
  run = await smallRun(folders.run, { codec: 'int8', epochs: 2 });
  tests = await openDataset(run.dataSpec, { split: 'test' });
  log = await openLog(run.directory);
});

const traced = (directory: string, context: Partial<TraceRunContext>) =>
  traceRun(
    directory,
    run.inputs,
    { steps: true, references: 6 },
    { runtime, data: run.trainSet, references: tests, ...context },
  );

test('a trace is the same on any number of threads, whatever they are given at once', async () => {
  const expected = (await traced(run.directory, { decodeThreads: 0, chunkSteps: 2 })).queries;
  for (const decodeThreads of [1, 3]) {
    expect((await traced(run.directory, { decodeThreads, chunkSteps: 2 })).queries).toEqual(expected);
  }
});

describe('damage in a layer that is read ahead', () => {
  test.each(['fc1.log', 'fc1.residual'] as const)(
    'to %s is named by file and byte when it is its turn',
    async (file) => {
      const damaged = join(folders[file], 'run');
      cpSync(run.directory, damaged, { recursive: true });
      const path = join(damaged, 'log', log.segments.at(-1)!.directory, file);
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(path, bytes);
      const begun = new Set<string>();
      const tracing = traced(damaged, { decodeThreads: 2, onProgress: (layer) => begun.add(layer) });
      await expect(tracing).rejects.toThrow(/fc1\.\w+: byte \d+: .*checksum.*restore/);
      expect([...begun]).toEqual(['conv1', 'conv2', 'fc1']);
    },
  );
});

describe('a pool', () => {
  const linear = linearCases.find(({ name }) => name === 'Gemm, weight [out, in], bias')!;
  const pool = openMeasurePool(2);
  afterAll(() => pool.stop());

  /** A layer of the run, with queries that are made up. */
  async function layer() {
    const column = log.layers.find(({ name }) => name === 'fc2')!;
    const [inputs, units] = column.tensors[0]!.dims as [number, number];
    const { layer: found } = linearModel(linear, gaussian(200, 1));
    const own = { ...found, rows: units, columns: inputs, weightDims: [inputs, units], transposed: true, axis: -1 };
    const matrix = layerMatrix(own, [1, inputs], units, false);
    const weights = {
      initial: tensorBytes(gaussian(inputs * units, 2), 96),
      trained: tensorBytes(gaussian(96, 3), 96),
    };
    const fs = [4, 5].map((seed) => float32(gaussian(elementCount([1, inputs]), seed), [1, inputs]));
    const strategies = [
      strategyFor(matrix, () => ({ queries: 2, steps: 9, factored: false })),
      gammaStrategyFor(matrix, { queries: 2, factored: false }),
    ];
    const queries = [];
    for (const strategy of strategies) {
      const factors = await queryFactors(runtime, matrix, strategy, weights, 'full', fs);
      queries.push({ strategy, chunkSteps: 1, ...factors });
    }
    return { matrix, queries };
  }

  const asked = () => ({ logName: 'fc2', lastStep: log.lastStep, chunkSteps: 1, factorSteps: 1 });

  /** A log that counts the chunks that were asked for, and those who ask. */
  function counting(): { log: PlacedLog; seen: { places: number; ended: number } } {
    const seen = { places: 0, ended: 0 };
    async function* places(...range: Parameters<DeltaLog['places']>) {
      try {
        for await (const place of log.places(...range)) {
          seen.places++;
          yield place;
        }
      } finally {
        seen.ended++;
      }
    }
    return { log: { places, owed: (...asking) => log.owed(...asking) }, seen };
  }

  const settled = () => new Promise((resolve) => setTimeout(resolve, 300));
  const ofAll = ({ steps }: Measuring) => collect(steps);

  test('measures what this thread measures, also of two passes that are gone through against their order', async () => {
    const { matrix, queries } = await layer();
    const here = measureHere(runtime, matrix, log, asked(), queries);
    const expected = await ofAll(here);
    await here.close();
    expect(expected).toHaveLength(log.lastStep + 1);
    expect(expected.at(-1)).toMatchObject({ isOwed: true, count: 1 });
    const [first, second] = [0, 1].map(() => pool.measure(matrix, log, asked(), queries));
    expect(await ofAll(second!)).toEqual(expected);
    expect(await ofAll(first!)).toEqual(expected);
    await first!.close();
    await second!.close();
  });

  test('is given a few chunks ahead, however many there are, and no more once it is closed', async () => {
    const { matrix, queries } = await layer();
    const counted = counting();
    const measuring = pool.measure(matrix, counted.log, asked(), queries);
    await settled();
    // Eight for each of two threads.
    expect(counted.seen).toEqual({ places: 16, ended: 0 });
    for await (const { firstStep } of measuring.steps) {
      if (firstStep === 3) break;
    }
    await measuring.close();
    const { places, ended } = counted.seen;
    expect(ended).toBe(1);
    expect(places).toBeLessThanOrEqual(16 + 3);
    await settled();
    expect(counted.seen.places).toBe(places);
    // And the threads serve whoever comes next.
    const next = pool.measure(matrix, log, asked(), queries);
    expect(await ofAll(next)).toHaveLength(log.lastStep + 1);
    await next.close();
  });

  test('that nobody takes anything from is closed all the same', async () => {
    const { matrix, queries } = await layer();
    const counted = counting();
    await pool.measure(matrix, counted.log, asked(), queries).close();
    expect(counted.seen.ended).toBe(1);
  });
});
