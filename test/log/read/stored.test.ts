/** Updates read as they are stored, by threads that serve all layers, are those that are decoded. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openReadPool } from '../../../src/log/read/read-pool.js';
import { openLog, type DeltaLog, type StoredRange } from '../../../src/log/read/reader.js';
import {
  collect,
  makeRun,
  readDeltas,
  removeTemporaryFolders,
  temporaryFolder,
  writeRun,
} from '../helpers/training.js';

afterAll(removeTemporaryFolders);

const run = makeRun(30);
const directory = temporaryFolder();
const codec = (layer: { name: string }) => (layer.name === 'head' ? 'int8' : 'float32');

beforeAll(() => writeRun(directory, run, { codec, sealAfter: [11, 20] }));

/** Each step's weight and further tensors, widened. */
async function widened(log: DeltaLog, layer: string, range: StoredRange): Promise<Float32Array[]> {
  const steps: Float32Array[] = [];
  for await (const chunk of log.stored(layer, range)) {
    expect(chunk.firstStep).toBe((range.firstStep ?? 1) + steps.length);
    if (chunk.form !== 'rows') throw new Error(`steps as ${chunk.form}`);
    const { count, rows, columns, scales, elements, others } = chunk;
    let at = 0;
    for (let step = 0; step < count; step++) {
      const own = new Float32Array(rows * columns);
      for (let row = 0; row < rows; row++) {
        const scale = scales[step * rows + row]!;
        if (scale === 0) continue;
        for (let i = 0; i < columns; i++) own[row * columns + i] = elements[at++]! * scale;
      }
      const further = others.length / count;
      steps.push(Float32Array.of(...own, ...others.subarray(step * further, (step + 1) * further)));
    }
    expect(at).toBe(elements.length);
  }
  return steps;
}

describe.each([0, 1, 3])('with %d threads', (threads) => {
  const pool = openReadPool(threads);
  afterAll(() => pool.stop());

  test.each<StoredRange>([{}, { chunkSteps: 3 }, { chunkBytes: 1 }, { firstStep: 9, lastStep: 23, chunkBytes: 700 }])(
    '%j gives each step once, layer after layer',
    async (range) => {
      const log = await openLog(directory);
      for (const layer of ['conv/1:0', 'head', 'conv/1:0']) {
        expect(await widened(log, layer, { ...range, pool })).toEqual(await readDeltas(log, layer, range));
      }
    },
  );

  test('a reader may stop early, and the threads serve the next one', async () => {
    const log = await openLog(directory);
    for await (const { firstStep } of log.stored('head', { chunkSteps: 2, pool })) {
      expect(firstStep).toBe(1);
      break;
    }
    expect(await widened(log, 'head', { pool })).toHaveLength(30);
  });

  test('a damaged record is named by its file and byte', async () => {
    const damaged = temporaryFolder();
    cpSync(directory, damaged, { recursive: true });
    const path = join(damaged, 'log', 'segment-00001', 'head.log');
    const bytes = readFileSync(path);
    const frame = bytes.length / 9;
    bytes[Math.floor(2.5 * frame)]! ^= 1;
    writeFileSync(path, bytes);
    const log = await openLog(damaged);
    await expect(collect(log.stored('head', { pool }))).rejects.toThrow(
      /head\.log: byte \d+: .*content fails its checksum.*restore/,
    );
  });
});
