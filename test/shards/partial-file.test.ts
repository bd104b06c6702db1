/** Files of shards: whole, or named as what they are. */
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { encodeFrame } from '../../src/log/format/frame.js';
import { readPartial, writePartial, type PartialHead } from '../../src/shards/partial-file.js';
import { TOOL } from '../../src/tool.js';
import { temporaryFolder } from '../helpers/data-files.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const HEAD: PartialHead = { tool: TOOL, words: ['trace', 'run', '--input=a.png'], shard: 2, of: 3 };
const UNITS = [{ a: 1 }, new Float64Array([1, -0, NaN]), 'text'];

async function write(path: string, head = HEAD): Promise<void> {
  const writer = await writePartial(path, head);
  for (const unit of UNITS) await writer.add('numbers', unit);
  writer.task('nothing');
  await writer.finish({ run: 'abc' });
}

async function allOf(path: string) {
  const { ending, units } = await readPartial(path);
  const found: Record<string, unknown[]> = {};
  for (const task of ending.tasks) {
    found[task.name] = [];
    for await (const unit of units(task)) found[task.name]!.push(unit);
  }
  return found;
}

beforeAll(() => write(at('whole')));

test('what was written is read, task by task', async () => {
  const { head, ending } = await readPartial(at('whole'));
  expect(head).toEqual(HEAD);
  expect(ending.madeFrom).toEqual({ run: 'abc' });
  expect(ending.tasks.map(({ name, units }) => [name, units])).toEqual([['numbers', 3], ['nothing', 0]]); // prettier-ignore
  expect(await allOf(at('whole'))).toEqual({ numbers: UNITS, nothing: [] });
});

test('nothing stands in its place before it is finished, or where it is discarded', async () => {
  const writer = await writePartial(at('begun'), HEAD);
  await writer.add('numbers', 1);
  expect(readdirSync(folder)).not.toContain('begun');
  await writer.discard();
  expect(readdirSync(folder).filter((name) => name.startsWith('begun'))).toEqual([]);
});

test('a file that ends anywhere too early is not whole', async () => {
  const { size } = statSync(at('whole'));
  for (let end = 0; end < size; end++) {
    writeFileSync(at('cut'), readFileSync(at('whole')));
    truncateSync(at('cut'), end);
    await expect(readPartial(at('cut'))).rejects.toThrow(/cut: (is not whole; compute|is no file that a shard)/);
  }
});

test('one changed bit anywhere is found, and named with its file', async () => {
  const bytes = readFileSync(at('whole'));
  for (let place = 0; place < bytes.length; place++) {
    const changed = Buffer.from(bytes);
    changed[place]! ^= 1 << (place % 8);
    writeFileSync(at('changed'), changed);
    await expect(allOf(at('changed'))).rejects.toThrow(/changed: /);
  }
});

describe('what is no file of a shard', () => {
  test.each([
    ['an empty file', () => writeFileSync(at('other'), '')],
    ['text', () => writeFileSync(at('other'), 'neither a frame nor anything else that a shard would write')],
    [
      'another file of frames',
      () => writeFileSync(at('other'), encodeFrame(new TextEncoder().encode('{"kind":"run"}'))),
    ],
  ])('%s', async (_, make) => {
    make();
    await expect(readPartial(at('other'))).rejects.toThrow(/other: is no file that a shard has written/);
  });

  test('a folder, and nothing', async () => {
    mkdirSync(at('folder'));
    await expect(readPartial(at('folder'))).rejects.toThrow(/folder: is no file that a shard has written/);
    await expect(readPartial(at('missing'))).rejects.toThrow(/missing: no such file/);
  });

  test('one of a newer version says so', async () => {
    const head = JSON.stringify({ kind: 'partial', formatVersion: 2, ...HEAD });
    writeFileSync(at('newer'), encodeFrame(new TextEncoder().encode(head)));
    await expect(readPartial(at('newer'))).rejects.toThrow(
      /newer: written by a newer version .* merge with the version/,
    );
  });
});
