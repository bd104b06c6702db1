import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { InputError } from '../../../src/errors.js';
import { createFrameDecoder, encodeFrame } from '../../../src/log/format/frame.js';
import { onnx_explain } from '../../../src/log/gen/delta-log.js';
import { openLog } from '../../../src/log/read/reader.js';
import {
  collect,
  layers,
  makeRun,
  readDeltas,
  readEverything,
  removeTemporaryFolders,
  temporaryFolder,
  writeRun,
} from '../helpers/training.js';

afterAll(removeTemporaryFolders);

const proto = onnx_explain.log;
const run = makeRun(12);
const columns = ['steps.log', 'conv_1_0.log', 'head.log'];

/** Steps 1 to 5 and 6 to 12, sealed; the codecs cover both kinds. */
const sound = temporaryFolder();
const codec = (layer: { name: string }) => (layer.name === 'head' ? 'int8' : 'float32');
const written = writeRun(sound, run, { codec, sealAfter: [5] });

/** A copy of the sound log, in which the second segment was not sealed if asked so. */
async function copy(unsealed = false): Promise<{ directory: string; second: string }> {
  await written;
  const directory = temporaryFolder();
  cpSync(sound, directory, { recursive: true });
  const second = join(directory, 'log', 'segment-00001');
  if (unsealed) for (const file of ['seal.log', 'head.residual']) rmSync(join(second, file));
  return { directory, second };
}

const frameEnds = (path: string) => {
  const decoder = createFrameDecoder(path);
  return [...decoder.push(readFileSync(path))].map(({ offset, bytes }) => offset + bytes);
};

describe('a segment that was not sealed', () => {
  test('torn at any byte of any column keeps exactly the steps that are whole in all columns', async () => {
    const { directory, second } = await copy(true);
    const contents = new Map(columns.map((file) => [file, readFileSync(join(second, file))]));
    const ends = new Map(columns.map((file) => [file, frameEnds(join(second, file))]));
    const cuts = fc.record(
      Object.fromEntries(columns.map((file) => [file, fc.double({ min: 0, max: 1, noNaN: true })])),
    );
    await fc.assert(
      fc.asyncProperty(cuts, async (fractions) => {
        let whole = Infinity;
        let torn = 0;
        for (const file of columns) {
          const bytes = contents.get(file)!;
          const length = Math.round(fractions[file]! * bytes.length);
          writeFileSync(join(second, file), bytes.subarray(0, length));
          whole = Math.min(whole, ends.get(file)!.filter((end) => end <= length).length);
          if (length > 0 && !ends.get(file)!.includes(length)) torn++;
        }
        const log = await openLog(directory);
        expect([log.lastStep, log.sealedStep]).toEqual([5 + whole, 5]);
        expect(await collect(log.steps())).toEqual(run.records.slice(0, 5 + whole));
        expect(await readDeltas(log, 'conv/1:0')).toEqual(run.deltas.get('conv/1:0')!.slice(0, 5 + whole));
        expect(await readDeltas(log, 'head')).toHaveLength(5 + whole);
        expect(log.warnings).toHaveLength(1);
        expect(log.warnings[0]!.match(/ is torn at byte \d+/g) ?? []).toHaveLength(torn);
      }),
      { numRuns: 60 },
    );
  });

  test('is read up to a flipped byte, and the warning says where', async () => {
    const { directory, second } = await copy(true);
    const path = join(second, 'head.log');
    const [, secondEnd, thirdEnd] = frameEnds(path);
    const bytes = readFileSync(path);
    bytes[thirdEnd! - 9]! ^= 0x10;
    writeFileSync(path, bytes);
    const log = await openLog(directory);
    expect(log.lastStep).toBe(7);
    expect(log.warnings).toEqual([expect.stringContaining(`${path} is damaged at byte ${secondEnd}`)]);
    await readEverything(log);
  });

  test.each(columns)('may lack %s, which is made last', async (file) => {
    const { directory, second } = await copy(true);
    rmSync(join(second, file));
    const log = await openLog(directory);
    expect([log.lastStep, log.warnings.length]).toEqual([5, 1]);
    await readEverything(log);
  });

  test('may lack a whole header: then it is empty', async () => {
    const { directory, second } = await copy(true);
    const header = join(second, 'header.log');
    for (const length of [readFileSync(header).length - 1, 5, 0]) {
      truncateSync(header, length);
      const log = await openLog(directory);
      expect([log.lastStep, log.warnings]).toEqual([5, [expect.stringContaining('it holds no steps')]]);
    }
  });
});

describe('a sealed segment', () => {
  test('a flipped byte anywhere is found, and its file is named', async () => {
    const { directory } = await copy();
    const folders = ['segment-00000', 'segment-00001'].map((name) => join(directory, 'log', name));
    const files = folders.flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (file, at, flip) => {
          const bytes = readFileSync(file);
          const damaged = Buffer.from(bytes);
          damaged[at % bytes.length]! ^= flip;
          writeFileSync(file, damaged);
          const reading = openLog(directory).then(readEverything);
          await expect(reading).rejects.toThrow(InputError);
          await expect(reading).rejects.toThrow(new RegExp(`^${file}: byte \\d+: [^\\n]+$`));
          writeFileSync(file, bytes);
          await openLog(directory).then(readEverything);
        },
      ),
      { numRuns: 80 },
    );
  });

  test('a file cut short or grown is found at once, with the byte', async () => {
    const { directory, second } = await copy();
    const path = join(second, 'head.log');
    const { length } = readFileSync(path);
    truncateSync(path, 100);
    await expect(openLog(directory)).rejects.toThrow(`${path}: byte 100: has 100 bytes where ${length} were sealed`);
    truncateSync(path, length + 3);
    await expect(openLog(directory)).rejects.toThrow(`${path}: byte ${length}: has ${length + 3} bytes`);
    rmSync(path);
    await expect(openLog(directory)).rejects.toThrow(`${path}: no such file`);
  });

  test('cut short after the log was opened, it is found where it is read', async () => {
    const { directory, second } = await copy();
    const log = await openLog(directory);
    truncateSync(join(second, 'head.log'), 100);
    await expect(readDeltas(log, 'head')).rejects.toThrow(/head\.log: byte 100: the file ends too early/);
    expect(await readDeltas(log, 'conv/1:0')).toEqual(run.deltas.get('conv/1:0'));
  });

  test('damage is found in decoding threads as well', async () => {
    const { directory, second } = await copy();
    const path = join(second, 'head.log');
    const bytes = readFileSync(path);
    bytes[40]! ^= 1;
    writeFileSync(path, bytes);
    const reading = openLog(directory).then((log) => readDeltas(log, 'head', { threads: 1 }));
    await expect(reading).rejects.toThrow(InputError);
    await expect(reading).rejects.toThrow(`${path}: byte 0: a frame's content fails its checksum`);
  });
});

describe('a log that is not whole', () => {
  test.each([
    ['its first segment', 'segment-00000', undefined, /segment-00000: the segment is missing/],
    ['a seal in the middle', 'segment-00000', 'seal.log', /segment-00000: its seal\.log is missing/],
    ['a header in the middle', 'segment-00000', 'header.log', /segment-00000: its header\.log is missing/],
    [
      'the header of the last, sealed segment',
      'segment-00001',
      'header.log',
      /segment-00001: its header\.log is missing/,
    ],
  ])('misses %s', async (_what, segment, file, message) => {
    const { directory } = await copy();
    rmSync(join(directory, 'log', segment, file ?? ''), { recursive: true });
    await expect(openLog(directory)).rejects.toThrow(message);
  });

  test('holds a segment of another log', async () => {
    const { directory, second } = await copy();
    const other = temporaryFolder();
    await writeRun(other, makeRun(9), { codec, sealAfter: [4], perAppend: 4 });
    rmSync(second, { recursive: true });
    cpSync(join(other, 'log', 'segment-00001'), second, { recursive: true });
    // The other log sealed after step 4: its second segment begins with step 5, this one's first ends with it.
    await expect(openLog(directory)).rejects.toThrow(/segment-00001: begins with step 5 after step 5/);
  });

  test('is not the one of the manifest', async () => {
    const { directory, second } = await copy();
    const { segments } = await openLog(directory);
    await expect(openLog(directory, { layers: layers.slice(0, 1) })).rejects.toThrow(
      /holds other layers than run\.json/,
    );
    rmSync(second, { recursive: true });
    await expect(openLog(directory, { segments })).rejects.toThrow(
      /lists segment-00001 with steps 6 to 12, which is not there/,
    );
  });
});

/** Rewrites the one frame of a file, or all frames, through a message. */
function rewrite(path: string, change: (payload: Uint8Array) => Uint8Array): void {
  const decoder = createFrameDecoder(path);
  writeFileSync(
    path,
    Buffer.concat([...decoder.push(readFileSync(path))].map(({ payload }) => encodeFrame(change(payload)))),
  );
}

describe('a log of a newer version', () => {
  test.each([
    ['header.log', proto.SegmentHeader],
    ['seal.log', proto.SegmentSeal],
  ])('by its format in %s', async (file, type) => {
    const { directory, second } = await copy();
    rewrite(join(second, file), (payload) => {
      const message = type.decode(payload) as onnx_explain.log.SegmentHeader & onnx_explain.log.SegmentSeal;
      message.formatVersion = 3;
      return type.encode(message).finish();
    });
    await expect(openLog(directory)).rejects.toThrow(`${join(second, file)}: byte 0: log format 3, this version`);
    await expect(openLog(directory)).rejects.toThrow(InputError);
  });

  /** Same length, so that the seal still holds. */
  const asNewer = (payload: Uint8Array) => {
    const message = proto.LayerDelta.decode(payload);
    message.codec = 'int9';
    return proto.LayerDelta.encode(message).finish();
  };

  test('by the codec of a record: other layers can still be read', async () => {
    const { directory, second } = await copy();
    rewrite(join(second, 'head.log'), asNewer);
    const log = await openLog(directory);
    expect(await readDeltas(log, 'conv/1:0')).toEqual(run.deltas.get('conv/1:0'));
    expect(await readDeltas(log, 'head', { lastStep: 5 })).toHaveLength(5);
    await expect(readDeltas(log, 'head')).rejects.toThrow(
      `${join(second, 'head.log')}: byte 0: codec "int9" version 1 is unknown to this version of onnx-explain`,
    );
  });

  test('by the codec in a header: nothing of an unsealed segment is guessed', async () => {
    const { directory, second } = await copy(true);
    rewrite(join(second, 'header.log'), (payload) => {
      const message = proto.SegmentHeader.decode(payload);
      message.layers[1]!.codec = 'wavelet';
      return proto.SegmentHeader.encode(message).finish();
    });
    await expect(openLog(directory)).rejects.toThrow(
      /header\.log: byte 0: codec "wavelet" version 1 is unknown.*upgrade/,
    );
  });
});

test('a header that leads out of the folder is refused', async () => {
  const { directory, second } = await copy();
  rewrite(join(second, 'header.log'), (payload) => {
    const message = proto.SegmentHeader.decode(payload);
    message.layers[1]!.file = '../segment-00000/head';
    return proto.SegmentHeader.encode(message).finish();
  });
  await expect(openLog(directory)).rejects.toThrow(
    /header\.log: byte 0: "\.\.\/segment-00000\/head" is not a file name/,
  );
});

test('a header of a layer that cannot be is refused before anything is set aside', async () => {
  const { directory, second } = await copy();
  rewrite(join(second, 'header.log'), (payload) => {
    const message = proto.SegmentHeader.decode(payload);
    message.layers[1]!.tensors[0]!.dims = [2 ** 31, 2 ** 31];
    return proto.SegmentHeader.encode(message).finish();
  });
  await expect(openLog(directory)).rejects.toThrow(/layer "head" has 4611686018427388000 elements/);
});

test('a record that inflates beyond its layer is refused', async () => {
  const { directory, second } = await copy(true);
  const bomb = deflateSync(Buffer.alloc(20_000));
  rewrite(join(second, 'head.log'), (payload) => {
    const message = proto.LayerDelta.decode(payload);
    message.compression = proto.Compression.ZLIB;
    message.payload = bomb;
    return proto.LayerDelta.encode(message).finish();
  });
  const log = await openLog(directory);
  await expect(readDeltas(log, 'head')).rejects.toThrow(/head\.log: byte 0: the compressed delta is damaged/);
});
