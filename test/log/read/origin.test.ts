/** Files of a log that are sound in themselves, but stand in the wrong place. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSegment } from '../../../src/log/read/check-segment.js';
import { openLog } from '../../../src/log/read/reader.js';
import { readHeader, readSeal, segmentPath } from '../../../src/log/format/segment.js';
import { openLogWriter } from '../../../src/log/write/writer.js';
import { makeRun, readEverything, removeTemporaryFolders, temporaryFolder, writeRun } from '../helpers/training.js';

afterAll(removeTemporaryFolders);

/** Two layers of one shape: nothing but what their records say tells their files apart. */
const twins = ['left', 'right'].map((name) => ({ name, tensors: [{ name: `${name}.weight`, dims: [3, 4] }] }));
const run = makeRun(8, 1, twins);
const sound = temporaryFolder();
const other = temporaryFolder();

const options: Parameters<typeof writeRun>[2] = { sealAfter: [4], perAppend: 4, codec: 'int8' };

beforeAll(async () => {
  await writeRun(sound, run, { ...options, run: 'one' });
  // The same numbers under another name.
  await writeRun(other, run, { ...options, run: 'two' });
});

/** Reads a copy in which one file was replaced by another. */
async function readWith(file: string, from: string): Promise<void> {
  const directory = temporaryFolder();
  cpSync(sound, directory, { recursive: true });
  writeFileSync(join(directory, 'log', file), readFileSync(from));
  await readEverything(await openLog(directory, { run: 'one' }));
}

async function check(directory: string, number: number): Promise<void> {
  const segment = segmentPath(directory, number);
  const header = (await readHeader(segment))!;
  await checkSegment({ directory: segment, header, seal: (await readSeal(segment, header))! });
}

test('a log that is in its place is read and checked', async () => {
  await readEverything(await openLog(sound, { run: 'one' }));
  for (const number of [0, 1]) await check(sound, number);
});

test.each([
  ['a column of another layer', 'segment-00000/left.log', join(sound, 'log/segment-00000/right.log')],
  ['a residual of another layer', 'segment-00000/left.residual', join(sound, 'log/segment-00000/right.residual')],
  ['a column of another run', 'segment-00001/right.log', join(other, 'log/segment-00001/right.log')],
  ['a residual of another run', 'segment-00001/right.residual', join(other, 'log/segment-00001/right.residual')],
  ['the steps of another run', 'segment-00000/steps.log', join(other, 'log/segment-00000/steps.log')],
])('%s is refused by name', async (_, file, from) => {
  await expect(readWith(file, from)).rejects.toThrow(new RegExp(`/${file}: byte 0: belongs to another layer`));
});

test.each([
  ['a header of another run', 'segment-00001/header.log', join(other, 'log/segment-00001/header.log'), /another run/],
  ['a seal of another run', 'segment-00001/seal.log', join(other, 'log/segment-00001/seal.log'), /not the seal of/],
  ['a header of another segment', 'segment-00001/header.log', join(sound, 'log/segment-00000/header.log'), /segment 0/],
])('%s is refused by name', async (_, file, from, message) => {
  await expect(readWith(file, from)).rejects.toThrow(message);
});

test('a column of another segment is refused, even where its steps are numbered alike', async () => {
  const directory = temporaryFolder();
  cpSync(sound, directory, { recursive: true });
  const [first, second] = [0, 1].map((number) => join(segmentPath(directory, number), 'left.log'));
  writeFileSync(second!, readFileSync(first!));
  await expect(check(directory, 1)).rejects.toThrow(/left\.log: byte 0: belongs to another layer, segment or run/);
});

test('a check reads every record, and names the byte of the one that is damaged', async () => {
  for (const file of ['steps.log', 'left.log', 'right.residual']) {
    const directory = temporaryFolder();
    cpSync(sound, directory, { recursive: true });
    const path = join(segmentPath(directory, 0), file);
    const bytes = readFileSync(path);
    bytes[bytes.length - 6]! ^= 4;
    writeFileSync(path, bytes);
    await expect(check(directory, 0)).rejects.toThrow(new RegExp(`/${file}: byte \\d+: a frame's content fails`));
  }
});

test('a log is continued under its own name only', async () => {
  const directory = temporaryFolder();
  cpSync(sound, directory, { recursive: true });
  const resumed = openLogWriter(directory, { layers: twins, codec: 'int8', run: 'two', resumeAfterStep: 4 });
  await expect(resumed).rejects.toThrow(/header\.log: byte 0: belongs to another run/);
});

test('a log without a name is of the first format, and is not taken for a named one', async () => {
  const directory = temporaryFolder();
  await writeRun(directory, run, options);
  await readEverything(await openLog(directory, { run: '' }));
  await expect(openLog(directory, { run: 'one' })).rejects.toThrow(/belongs to another run/);
  await expect(openLog(sound, { run: '' })).rejects.toThrow(/belongs to another run/);
});
