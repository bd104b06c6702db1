/** Archives of image folders, read in place: as the unpacked folder, and no further than it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { pack, type Header } from 'tar-stream';
import type { Split } from '../../src/data/dataset.js';
import { openDataset } from '../../src/data/open-dataset.js';
import {
  encodeImage,
  encodeNpy,
  encodeZip,
  inputErrorOf,
  temporaryFolder,
  writeFiles,
  type ZipMember,
} from '../helpers/data-files.js';

const fixtures = fileURLToPath(new URL('../fixtures/data/tables/', import.meta.url));
const folder = temporaryFolder();
let count = 0;
type Files = Record<string, Uint8Array>;

const write = (content: Uint8Array, ending: string): string => {
  const name = `${count++}.${ending}`;
  return join(writeFiles(folder, { [name]: content }), name);
};
const zip = (files: Files, more: Partial<ZipMember> = {}): string => {
  const members = Object.entries(files).map(([name, content]) => [name, { content, deflate: true, ...more }]);
  return write(encodeZip(Object.fromEntries(members) as Record<string, ZipMember>), 'zip');
};
async function tarBytes(
  entries: readonly (readonly [Partial<Header> & { name: string }, Uint8Array?])[],
): Promise<Buffer> {
  const archive = pack();
  for (const [header, content = new Uint8Array(0)] of entries) archive.entry(header, Buffer.from(content));
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
const tar = async (files: Files, ending = 'tar'): Promise<string> => {
  const bytes = await tarBytes(Object.entries(files).map(([name, content]) => [{ name }, content]));
  return write(ending === 'tar' ? bytes : gzipSync(bytes), ending);
};

async function contents(spec: string, split: Split = 'train') {
  const notices: string[] = [];
  const data = await openDataset(spec, { split, onNotice: (line) => notices.push(line.replaceAll(spec, 'data')) });
  const all = Array.from({ length: data.length }, (_, i) => i);
  return {
    elements: Array.from(await data.examples(all)),
    labels: Array.from(data.labels),
    classNames: data.classNames,
    files: all.map((i) => data.origin(i).file),
    fingerprint: data.fingerprint,
    notices,
  };
}

async function pictures(top = ''): Promise<Files> {
  const files: Files = {};
  for (const [i, name] of [
    'train/b/2.png',
    'train/a/1.png',
    'train/a/10.png',
    'test/b/é.png',
    'test/c/1.png',
  ].entries()) {
    files[`${top}${name}`] = await encodeImage('png', 3, 4, 3, i);
  }
  return files;
}

describe('an archive is the folder that it unpacks to', () => {
  test.each(['', 'cifar10/', 'a/b/c/'])('with %j before the splits', async (top) => {
    const files = {
      ...(await pictures(top)),
      [`${top}train/a/notes.txt`]: Buffer.from('x'),
      [`${top}train/.DS_Store`]: Buffer.from('x'),
    };
    const unpacked = writeFiles(join(folder, `unpacked${top.length}`), files);
    for (const split of ['train', 'test'] as const) {
      const expected = await contents(unpacked, split);
      expect(expected.files).toHaveLength(split === 'train' ? 3 : 2);
      for (const archive of [
        zip(files),
        zip(files, { deflate: false }),
        await tar(files),
        await tar(files, 'tar.gz'),
        await tar(files, 'tgz'),
      ]) {
        expect(await contents(archive, split)).toEqual(expected);
      }
    }
  });

  test('class folders without splits, and pictures of several formats', async () => {
    const files: Files = {};
    for (let i = 0; i < 22; i++) {
      files[`${'ab'[i % 2]!}/${i}.${i % 3 === 0 ? 'jpeg' : 'png'}`] = await encodeImage(
        i % 3 === 0 ? 'jpeg' : 'png',
        2,
        2,
        3,
        i,
      );
    }
    const unpacked = writeFiles(join(folder, 'classes'), files);
    expect(await contents(zip(files), 'test')).toEqual(await contents(unpacked, 'test'));
    expect(await contents(await tar(files, 'tar.gz'))).toEqual(await contents(unpacked));
  });

  test("as Python's zipfile and tarfile write them", async () => {
    const found = await contents(join(fixtures, 'pets.zip'));
    expect([found.classNames, found.labels, found.files[3]]).toEqual([
      ['cat', 'dög'],
      [0, 0, 0, 1, 1, 1],
      'pets/train/dög/0.png',
    ]);
    expect(found.elements.slice(0, 4)).toEqual([0, 111, 222, 77]);
    for (const name of ['pets.tar', 'pets.tar.gz']) expect(await contents(join(fixtures, name))).toEqual(found);
  });

  test('long names and many files', async () => {
    const small = await encodeImage('png', 1, 1, 1);
    const files: Files = {};
    for (let i = 0; i < 500; i++)
      files[`${'n'.repeat(120)}/${'m'.repeat(60)}${i % 5}/${'ä'.repeat(90)}${i}.png`] = small;
    const expected = await contents(zip(files));
    expect([expected.classNames.length, expected.files.length]).toEqual([5, 450]);
    expect(await contents(await tar(files, 'tgz'))).toEqual(expected);
  });

  test('one archive for each split in a folder', async () => {
    const files = await pictures();
    const expected = await contents(writeFiles(join(folder, 'whole'), files), 'test');
    const part = (split: string, prefix: string): Files =>
      Object.fromEntries(
        Object.entries(files)
          .filter(([name]) => name.startsWith(split))
          .map(([name, bytes]) => [name.replace(`${split}/`, prefix), bytes]),
      );
    for (const prefix of [true, false]) {
      const parts = join(folder, `parts${prefix ? 1 : 2}`);
      const train = await tarBytes(
        Object.entries(part('train', prefix ? 'train/' : '')).map(([name, bytes]) => [{ name }, bytes]),
      );
      const test = encodeZip(
        Object.fromEntries(
          Object.entries(part('test', prefix ? 'test/' : '')).map(([name, content]) => [name, { content }]),
        ),
      );
      writeFiles(parts, { 'train.tar.gz': gzipSync(train), 'test.zip': test });
      expect(await contents(parts, 'test')).toEqual(expected);
    }
  });

  test('nothing is written to the disk', async () => {
    const spec = await tar(await pictures(), 'tar.gz');
    const before = readdirSync(folder);
    await contents(spec);
    expect(readdirSync(folder)).toEqual(before);
  });
});

const image = await encodeImage('png', 2, 2, 3);

describe('refused, naming the entry', () => {
  const paths = ['../x.png', 'a/../../x.png', '/etc/x.png', 'a\\x.png', 'C:/x.png', 'a/..'];

  test.each(paths)('%s leads out', async (name) => {
    const files = { 'a/1.png': image, [name]: image };
    for (const spec of [zip(files), await tar(files), await tar(files, 'tgz')]) {
      expect(await inputErrorOf(() => openDataset(spec))).toBe(
        `${spec}: entry ${name}: its path leads out of the archive, or would on some system; ` +
          'pack the files with paths below one folder and / between their parts',
      );
    }
  });

  test.each(['symlink', 'link', 'fifo', 'character-device', 'block-device'] as const)('%s', async (type) => {
    const bytes = await tarBytes([[{ name: 'a/1.png' }, image], [{ name: 'a/2.png', type, linkname: '/etc/passwd' }]]);
    expect(await inputErrorOf(() => openDataset(write(bytes, 'tar')))).toContain('entry a/2.png: is a');
  });

  test('links in a zip', async () => {
    const bytes = Buffer.from(encodeZip({ 'a/1.png': { content: Buffer.from('/etc/passwd') } }));
    // The upper half of the external attributes is the mode of the file.
    bytes.writeUInt32LE(0o120777 * 2 ** 16, bytes.indexOf('PK\x01\x02') + 38);
    expect(await inputErrorOf(() => openDataset(write(bytes, 'zip')))).toContain('entry a/1.png: is a link');
  });

  test('an entry twice', async () => {
    const bytes = await tarBytes([
      [{ name: 'a/1.png' }, image],
      [{ name: './a//1.png' }, image],
    ]);
    expect(await inputErrorOf(() => openDataset(write(bytes, 'tar')))).toContain('entry a/1.png: is there twice');
    const twice = encodeZip({ 'a/1.png': { content: image }, './a/1.png': { content: image } });
    expect(await inputErrorOf(() => openDataset(write(twice, 'zip')))).toContain('entry a/1.png: is there twice');
  });

  test('a picture that is none, with the archive before its name', async () => {
    const spec = zip({ 'a/1.png': image, 'a/2.png': Buffer.from('x'), 'b/1.png': image });
    expect(await inputErrorOf(() => openDataset(spec))).toContain(`${spec}/a/2.png: is not a readable image`);
  });

  test('pictures of several sizes, with what brings them to one', async () => {
    const spec = await tar({ 'a/1.png': image, 'a/2.png': await encodeImage('png', 3, 2, 3), 'b/1.png': image });
    expect(await inputErrorOf(() => openDataset(spec))).toMatch(/2\.png: is 3×3×2 .*; give `resize` 2x2 to convert$/);
  });

  test('sizes that are not true, and other contents', async () => {
    const claimed = zip({ 'a/1.png': image }, { claimedSize: 2 ** 31 });
    expect(await inputErrorOf(() => openDataset(claimed))).toContain('entry a/1.png: claims an impossible size');
    const short = zip({ 'a/1.png': image }, { claimedSize: image.length - 1 });
    expect(await inputErrorOf(() => openDataset(short))).toContain('is a damaged archive');
    const checksum = zip({ 'a/1.png': image }, { claimedChecksum: 7 });
    expect(await inputErrorOf(() => openDataset(checksum))).toContain('a/1.png fails its checksum');
    const bomb = write(gzipSync(await tarBytes([[{ name: 'a/1.png' }, new Uint8Array(5 << 20)]])), 'tgz');
    expect(await inputErrorOf(() => openDataset(bomb, { memoryLimit: 1 << 20 }))).toContain(
      'unpacks to more than the memory limit of 1.00 MiB; unpack it first (tar xf) and give the folder',
    );
  });

  test.each([
    [
      'a table and pictures',
      { 'train/metadata.csv': Buffer.from('x'), 'train/1.png': image },
      'entry train/metadata.csv: tables that name pictures are not read in archives; unpack it first',
    ],
    ['text', { 'a/readme.txt': Buffer.from('x') }, 'found a/readme.txt; unpack it first and give what is in it'],
    ['nothing', {}, 'found nothing; unpack it first'],
    [
      'pickles',
      { 'cifar-10-batches-py/data_batch_1': Buffer.from('x') },
      'pickles can run code when they are read: take the binary version',
    ],
    [
      'CIFAR records',
      { 'cifar-10-batches-bin/data_batch_1.bin': Buffer.from('x') },
      'unpack it first and give the folder',
    ],
  ])('an archive of %s', async (_, files, message) => {
    for (const spec of [zip(files), await tar(files, 'tgz')]) {
      expect(await inputErrorOf(() => openDataset(spec))).toContain(message);
    }
  });

  test('an archive with arrays is .npz under any name', async () => {
    const y = encodeNpy('|u1', [2], Uint8Array.of(0, 1));
    const files = { 'x.npy': encodeNpy('<f4', [2, 1], Float32Array.of(3, 4)), 'y.npy': y };
    expect((await contents(zip({ ...files, 'x_test.npy': files['x.npy'], 'y_test.npy': y }))).elements).toEqual([3, 4]);
  });

  test.each([
    ['data_batch_1', 'pickles can run code when they are read: take the binary version'],
    ['x.pkl', 'pickles can run code'],
    ['x.pt', 'it is a pickle, which can run code'],
    ['x.h5', "numpy.savez('data.npz', x=f['x'][:]"],
    ['x.feather', ".to_parquet('data.parquet')"],
    ['x.arrow', ".to_parquet('data.parquet')"],
    ['x.xlsx', ".to_csv('data.csv', index=False)"],
    ['x.json', "to_json('data.jsonl', orient='records', lines=True)"],
    ['x.tar.bz2', 'unpack the archive first'],
  ])('%s says how to convert it', async (name, message) => {
    const spec = writeFiles(join(folder, 'others', name.replaceAll('.', '-')), { [name]: 'x' });
    expect(await inputErrorOf(() => openDataset(join(spec, name)))).toContain(message);
    expect(await inputErrorOf(() => openDataset(spec))).toContain(message);
  });
});
