import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cpSync, readdirSync, readFileSync, truncateSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { codecChoices, type CodecChoice } from '../../../src/log/codecs/registry.js';
import { openLog } from '../../../src/log/read/reader.js';
import { openLogWriter } from '../../../src/log/write/writer.js';
import {
  batch,
  layers,
  makeRun,
  readEverything,
  removeTemporaryFolders,
  temporaryFolder,
  writeRun,
} from '../helpers/training.js';

afterAll(removeTemporaryFolders);

const run = makeRun(40);
const checkpoints = [10, 20, 30];

/** Every file of a log with its bytes, by path. */
function contents(directory: string): Record<string, string> {
  const log = join(directory, 'log');
  const files = readdirSync(log, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(log.length), readFileSync(path, 'base64')];
    }),
  );
}

describe.each(codecChoices)('%s', (codec: CodecChoice) => {
  const options = { codec, segmentSteps: 15, sealAfter: checkpoints };

  test('resumed after any checkpoint, with any torn tail, the log is the same to the byte', async () => {
    const uninterrupted = temporaryFolder();
    await writeRun(uninterrupted, run, options);
    const stopped = temporaryFolder();
    const writer = await openLogWriter(stopped, { layers, threads: 1, ...options, queueBytes: 0 });
    for (let first = 1; first <= 35; first += 5) {
      await writer.append(...batch(run, first, first + 4));
      if (checkpoints.includes(first + 4)) await writer.seal();
    }
    // Steps 31 to 35 are written, but not sealed: as after a kill.
    const tail = temporaryFolder();
    cpSync(stopped, tail, { recursive: true });
    await writer.close();

    const cut = fc.record({
      after: fc.constantFrom(0, ...checkpoints),
      fraction: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(cut, async ({ after, fraction }) => {
        const resumed = temporaryFolder();
        cpSync(tail, resumed, { recursive: true });
        const last = join(resumed, 'log', 'segment-00003');
        // A header is on the disk before there is any column: only by itself is it torn.
        const isEarly = fraction < 0.2;
        if (isEarly) for (const file of readdirSync(last)) if (file !== 'header.log') rmSync(join(last, file));
        for (const file of isEarly ? ['header.log'] : ['steps.log', 'head.log']) {
          const path = join(last, file);
          truncateSync(path, Math.round(fraction * readFileSync(path).length));
        }
        await writeRun(resumed, run, { ...options, from: after + 1, resumeAfterStep: after, threads: 2 });
        expect(contents(resumed)).toEqual(contents(uninterrupted));
      }),
      { numRuns: 4 },
    );
  });
});

const log = temporaryFolder();
const written = writeRun(log, run, { codec: 'int8', sealAfter: [10, 30] });

async function resume(after: number, options: Partial<Parameters<typeof openLogWriter>[1]> = {}) {
  await written;
  const directory = temporaryFolder();
  cpSync(log, directory, { recursive: true });
  const before = contents(directory);
  const opening = openLogWriter(directory, { layers, codec: 'int8', threads: 1, resumeAfterStep: after, ...options });
  return { directory, before, opening };
}

test('what is dropped is said', async () => {
  const { directory, opening } = await resume(10);
  const writer = await opening;
  expect(writer.warnings.map((warning) => warning.slice(directory.length))).toEqual([
    '/log/segment-00001: dropped, its steps come after step 10 and are trained again',
    '/log/segment-00002: dropped, its steps come after step 10 and are trained again',
  ]);
  expect([writer.lastStep, writer.segments.length]).toEqual([10, 1]);
  await writer.close();
  expect((await openLog(directory)).lastStep).toBe(10);
});

test.each([
  [20, {}, /segment-00001: holds steps 11 to 30, so.*after step 20; resume from a checkpoint at step 10 or 30$/],
  [
    41,
    {},
    /log: is sealed up to step 40, so training cannot continue after step 41; resume from a checkpoint at step 40/,
  ],
  [30, { codec: 'float32' as const }, /segment-00000: was written for other layers or codecs/],
  [30, { layers: layers.slice(1) }, /segment-00000: was written for other layers or codecs/],
])('after step %d with %j it is refused, and nothing is lost', async (after, options, message) => {
  const { directory, before, opening } = await resume(after, options);
  await expect(opening).rejects.toThrow(message);
  expect(contents(directory)).toEqual(before);
});

test('a damaged residual is found when the log is opened', async () => {
  const { directory, opening } = await resume(40);
  await (await opening).close();
  const path = join(directory, 'log', 'segment-00002', 'head.residual');
  truncateSync(path, 20);
  const again = openLogWriter(directory, { layers, codec: 'int8', threads: 1, resumeAfterStep: 40 });
  await expect(again).rejects.toThrow(`${path}: byte 0: the file ends inside a frame`);
});

test('a log is never overwritten unasked', async () => {
  await written;
  const before = contents(log);
  await expect(openLogWriter(log, { layers, codec: 'int8' })).rejects.toThrow(/log: there is a log already; resume/);
  expect(contents(log)).toEqual(before);
});

test('two writers at one log: the second is turned away', async () => {
  const directory = temporaryFolder();
  const [first, second] = await Promise.all([1, 2].map(() => openLogWriter(directory, { layers, threads: 1 })));
  await first!.append(...batch(run, 1, 5));
  await first!.seal();
  await first!.append(...batch(run, 6, 8));
  await second!.append(...batch(run, 1, 5));
  await expect(second!.seal()).rejects.toThrow(/segment-00000.header\.log: exists already; another process is writing/);
  await expect(second!.close()).rejects.toThrow(/another process/);
  await first!.close();
  await readEverything(await openLog(directory));
});
