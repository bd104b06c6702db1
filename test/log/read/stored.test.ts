/** Updates read as they are stored are those that are decoded. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeFrame } from '../../../src/log/format/frame.js';
import { layerLayout } from '../../../src/log/format/layer.js';
import { encodeResidual } from '../../../src/log/format/residual.js';
import { readOwed } from '../../../src/log/read/read-owed.js';
import { readStored, roomFor } from '../../../src/log/read/read-stored.js';
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

test.each<StoredRange>([{}, { chunkSteps: 3 }, { chunkBytes: 1 }, { firstStep: 9, lastStep: 23, chunkBytes: 700 }])(
  '%j gives each step once, layer after layer',
  async (range) => {
    const log = await openLog(directory);
    for (const layer of ['conv/1:0', 'head', 'conv/1:0']) {
      expect(await widened(log, layer, range)).toEqual(await readDeltas(log, layer, range));
    }
  },
);

test('a damaged record is named by its file and byte', async () => {
  const damaged = temporaryFolder();
  cpSync(directory, damaged, { recursive: true });
  const path = join(damaged, 'log', 'segment-00001', 'head.log');
  const bytes = readFileSync(path);
  const frame = bytes.length / 9;
  bytes[Math.floor(2.5 * frame)]! ^= 1;
  writeFileSync(path, bytes);
  const log = await openLog(damaged);
  await expect(collect(log.stored('head'))).rejects.toThrow(
    /head\.log: byte \d+: .*content fails its checksum.*restore/,
  );
});

describe('what a codec owes', () => {
  test('is the residual, read in place', async () => {
    const log = await openLog(directory);
    for (const layer of ['head']) {
      for (const { lastStep: step } of log.segments) {
        const place = (await log.owed(layer, step))!;
        // A buffer that has been used, and has more than is needed.
        const room = new Uint8Array(roomFor(place) + 100).fill(7).buffer;
        const chunk = await readStored(place, room);
        expect([chunk.form, chunk.firstStep, chunk.count]).toEqual(['dense', step, 1]);
        const { data } = chunk as Extract<typeof chunk, { form: 'dense' }>;
        expect(data.buffer).toBe(room);
        expect([...data]).toEqual([...(await log.residual(layer, step))]);
        expect(data.some((value) => value !== 0)).toBe(true);
      }
    }
  });

  test.each([
    ['are rows of whole numbers', (i: number) => Math.sin(i + 1), 'rows'],
    ['are decoded where a row of the matrix owes nothing', (i: number) => (i < 4 ? 0 : Math.sin(i)), 'dense'],
    ['keep a further tensor that owes nothing', (i: number) => (i < 12 ? Math.sin(i + 1) : 0), 'rows'],
  ])('whole numbers of 16 bits %s', async (_, value, form) => {
    const tensors = [
      { name: 'weight', dims: [3, 4] },
      { name: 'bias', dims: [3] },
    ];
    const owed = layerLayout({ name: 'layer', tensors });
    const expected = { step: 5, origin: 0x80000001 };
    const bytes = encodeFrame(
      encodeResidual(
        expected,
        Float32Array.from({ length: 15 }, (__, i) => value(i)),
        'int16',
        owed,
      ),
    );
    const path = join(temporaryFolder(), 'layer.residual');
    writeFileSync(path, bytes);
    const place = { path, bytes: bytes.length, ...expected, owed };
    const chunk = await readStored(place, new ArrayBuffer(roomFor(place)));
    const found = await readOwed(place, new ArrayBuffer(roomFor(place)));
    expect(chunk).toMatchObject({ form, firstStep: 5, count: 1 });
    if (chunk.form === 'dense') expect(chunk.data).toEqual(found);
    if (chunk.form !== 'rows') return;
    const { type, elements, columns, scales, others } = chunk;
    expect([type, elements.length]).toEqual(['int16', 12]);
    expect([...others]).toEqual([...found.subarray(12)]);
    expect(Array.from(elements, (level, i) => Math.fround(level * scales[Math.floor(i / columns)]!))).toEqual([
      ...found.subarray(0, 12),
    ]);
  });

  test('is nothing before the first step, and not known where no segment ends', async () => {
    const log = await openLog(directory);
    expect(await log.owed('head', 0)).toBeUndefined();
    await expect(log.owed('head', 2)).rejects.toThrow(/no segment is sealed after step 2/);
  });

  test('is named by its file and byte where it is damaged', async () => {
    const damaged = temporaryFolder();
    cpSync(directory, damaged, { recursive: true });
    const log = await openLog(damaged);
    const { directory: last, lastStep } = log.segments.at(-1)!;
    const path = join(damaged, 'log', last, 'head.residual');
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(path, bytes);
    const place = (await log.owed('head', lastStep))!;
    const read = () => readStored(place, new ArrayBuffer(roomFor(place)));
    await expect(read()).rejects.toThrow(/head\.residual: byte 0: a frame's content fails its checksum.*restore/);
    writeFileSync(path, bytes.subarray(0, -1));
    await expect(read()).rejects.toThrow(/head\.residual: byte \d+: the file ends too early/);
  });
});
