import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { openDataset } from '../../src/data/open-dataset.js';
import { encodeImage, inputErrorOf, pixels, temporaryFolder, writeFiles } from '../helpers/data-files.js';

const folder = temporaryFolder();
let folders = 0;
const write = (files: Record<string, string | Uint8Array>): string =>
  writeFiles(join(folder, String(folders++)), files);

const png = (height: number, width: number, channels: 1 | 3, seed = 0) =>
  encodeImage('png', height, width, channels, seed);

/** `train/` and `test/` with two classes, RGB 3×4. */
async function splitFolders(): Promise<Record<string, Uint8Array>> {
  return {
    'train/boot/b.png': await png(3, 4, 3, 1),
    'train/boot/a.png': await png(3, 4, 3, 0),
    'train/hat/a.png': await png(3, 4, 3, 2),
    'test/boot/x.png': await png(3, 4, 3, 3),
    'test/hat/x.png': await png(3, 4, 3, 4),
  };
}

describe('what is read', () => {
  test('class folders in name order, images as channel planes, exactly as stored', async () => {
    const data = await openDataset(write(await splitFolders()));
    expect([data.length, ...data.shape, ...data.classNames]).toEqual([3, 3, 3, 4, 'boot', 'hat']);
    expect(Array.from(data.labels)).toEqual([0, 0, 1]);
    for (let i = 0; i < 3; i++) expect((await data.picture(i)).data).toEqual(pixels(3, 4, 3, i));
    const planes = [0, 1, 2].flatMap((c) => Array.from(pixels(3, 4, 3, 1).filter((_, i) => i % 3 === c)));
    expect(Array.from(await data.examples([1]))).toEqual(planes);
  });

  test('the same whether decoded once or on demand', async () => {
    const path = write(await splitFolders());
    const once = await openDataset(path);
    const limited = await openDataset(path, { memoryLimit: 3 * 36 - 1 });
    const lazy = await openDataset(path, { onDemand: true });
    expect([once.all?.length, limited.all, lazy.all]).toEqual([3 * 36, undefined, undefined]);
    for (const other of [limited, lazy]) {
      expect(other.fingerprint).toBe(once.fingerprint);
      expect(await other.examples([2, 0, 2, 1])).toEqual(await once.examples([2, 0, 2, 1]));
    }
  });

  test('progress ends at the number of images', async () => {
    const calls: [number, number][] = [];
    await openDataset(write(await splitFolders()), { onProgress: (_, done, total) => calls.push([done, total]) });
    expect(calls.at(-1)).toEqual([3, 3]);
  });

  test('classes are numbered over both splits; a class that one split lacks is told', async () => {
    const { 'train/boot/a.png': a, 'test/hat/x.png': x } = await splitFolders();
    const path = write({ 'train/boot/a.png': a!, 'train/hat/a.png': a!, 'val/hat/x.png': x! });
    const notices: string[] = [];
    const data = await openDataset(path, { split: 'test', onNotice: (line) => notices.push(line) });
    expect([Array.from(data.labels), data.classNames]).toEqual([[1], ['boot', 'hat']]);
    expect(notices).toEqual([expect.stringMatching(/val\/boot: there is no such folder/)]);
  });

  test('folders called train and test are splits where they hold class folders, classes where they hold images', async () => {
    const image = await png(2, 2, 1);
    const notices: string[] = [];
    const onNotice = (line: string): number => notices.push(line);
    const splits = await openDataset(write({ 'train/a/1.png': image, 'test/a/1.png': image, 'docs/x.txt': '' }), {
      onNotice,
    });
    expect([splits.classNames, splits.length]).toEqual([['a'], 1]);
    expect(notices).toEqual([expect.stringMatching(/left out what is beside the splits test, train \(docs\)$/)]);
    const vehicles = await openDataset(write({ 'train/1.png': image, 'car/1.png': image }));
    expect([vehicles.classNames, vehicles.length]).toEqual([['car', 'train'], 2]);
  });

  test('without train/ and test/ every tenth image is held out', async () => {
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 20; i++)
      files[`${i < 10 ? 'boot' : 'hat'}/${String(i).padStart(2, '0')}.png`] = await png(2, 2, 1, i);
    const path = write(files);
    const train = await openDataset(path);
    const held = await openDataset(path, { split: 'test' });
    expect([train.length, Array.from(held.labels)]).toEqual([18, [0, 1]]);
    expect(Array.from(await held.examples([0, 1]))).toEqual([...pixels(2, 2, 1, 9), ...pixels(2, 2, 1, 19)]);
    expect(train.fingerprint).not.toBe(held.fingerprint);
  });

  test('every format of the list; grey stays grey, transparency is dropped, 16 bits become 8', async () => {
    const grey = pixels(4, 4, 1);
    const raw = { width: 4, height: 4, channels: 1 } as const;
    const deep = sharp(
      Uint16Array.from(grey, (value) => value * 257),
      { raw },
    ).toColourspace('grey16');
    const greys = await openDataset(
      write({
        'train/a/1.png': await png(4, 4, 1),
        'train/a/2.tiff': await sharp(grey, { raw }).toColourspace('b-w').tiff({ compression: 'none' }).toBuffer(),
        'train/a/3.png': await deep.png().toBuffer(),
        'train/a/4.JPG': await encodeImage('jpeg', 4, 4, 1),
      }),
    );
    expect(greys.shape).toEqual([1, 4, 4]);
    for (const i of [0, 1, 2]) expect((await greys.picture(i)).data).toEqual(grey);

    const colour = pixels(4, 4, 3);
    const alpha = Uint8Array.from({ length: 16 }, (_, i) => i * 16);
    const rgba = sharp(colour, { raw: { ...raw, channels: 3 } }).joinChannel(Buffer.from(alpha), { raw });
    const colours = await openDataset(
      write({
        'train/a/1.png': await rgba.png().toBuffer(),
        'train/a/2.webp': await sharp(colour, { raw: { ...raw, channels: 3 } })
          .webp({ lossless: true })
          .toBuffer(),
        'train/a/3.gif': await encodeImage('gif', 4, 4, 3),
        'train/a/4.jpeg': await encodeImage('jpeg', 4, 4, 3),
      }),
    );
    expect(colours.shape).toEqual([3, 4, 4]);
    for (const i of [0, 1]) expect((await colours.picture(i)).data).toEqual(colour);
  });

  test('on request every image gets one size and number of channels', async () => {
    const path = write({
      'train/a/1.png': await png(4, 6, 3),
      'train/a/2.png': await png(5, 3, 1),
      'train/b/1.png': await png(2, 3, 1, 7),
    });
    const colour = await openDataset(path, { resize: { height: 2, width: 3 }, channels: 3 });
    expect(colour.shape).toEqual([3, 2, 3]);
    const grey = pixels(2, 3, 1, 7);
    expect((await colour.picture(2)).data).toEqual(Uint8Array.from({ length: 18 }, (_, i) => grey[Math.floor(i / 3)]!));
    const other = await openDataset(path, { resize: { height: 3, width: 2 }, channels: 3 });
    expect(other.fingerprint).not.toBe(colour.fingerprint);
  });

  test('hidden files are passed over, other files told, links followed', async () => {
    const path = write({
      'train/hat/a.png': await png(2, 2, 1),
      'train/hat/.DS_Store': 'x',
      'train/hat/notes.txt': 'x',
    });
    symlinkSync(join(path, 'train/hat'), join(path, 'train/boot'));
    const notices: string[] = [];
    const data = await openDataset(path, { onNotice: (line) => notices.push(line) });
    expect([data.length, data.classNames]).toEqual([2, ['boot', 'hat']]);
    expect(notices).toEqual([
      expect.stringMatching(/: left out 2 files that are not pictures \(train\/boot\/notes\.txt, …\)$/),
    ]);
  });

  test('classes stand in the order of code points, as Python sorts them', async () => {
    const image = await png(2, 2, 1);
    const names = ['z', '\ufb01', 'a', 'Z', '\u{1f600}', 'é', '\uffee', 'a\u{10000}', 'a\ue000', '10', '9'];
    const path = write(Object.fromEntries(names.map((name) => [`train/${name}/1.png`, image])));
    const python = ['10', '9', 'Z', 'a', 'a\ue000', 'a\u{10000}', 'z', 'é', '\ufb01', '\uffee', '\u{1f600}'];
    expect((await openDataset(path)).classNames).toEqual(python);
  });

  test('all that is left out is one line, with counts and an example of each kind', async () => {
    const image = await png(2, 2, 1);
    const path = write({
      'train/a/1.png': image,
      'train/a/more/2.png': image,
      'train/a/3.bmp': 'x',
      'train/a/notes.txt': 'x',
      'train/a/.hidden.png': image,
      'train/a/.DS_Store': 'x',
      'train/b/deep/er/1.png': image,
      'train/.ipynb_checkpoints/1.png': image,
      'train/stray.png': image,
    });
    const notices: string[] = [];
    const data = await openDataset(path, { onNotice: (line) => notices.push(line) });
    expect(data.length).toBe(1);
    expect(notices).toEqual([
      `${path}: left out 1 file beside the class folders (train/stray.png); ` +
        '2 hidden files and folders (train/.ipynb_checkpoints, …); 2 files that are not pictures (train/a/3.bmp, …); ' +
        '2 folders below class folders (train/a/more, …); 1 class folder without pictures (train/b)',
    ]);
  });

  test('hostile names are read as they are and shown as text', async () => {
    const name = 'cat\u001b[31m\n[shrink=8]';
    const file = `${'long'.repeat(60)}[page=1].png`;
    const path = write({
      [`train/${name}/${file}`]: await png(2, 2, 1),
      [`train/${name}/\n.png`]: Buffer.from('no image'),
    });
    const shown = 'cat\\u{1b}[31m\\u{a}[shrink=8]';
    expect(await inputErrorOf(() => openDataset(path))).toContain(`${shown}/\\u{a}.png: is not a readable image`);
    const good = await openDataset(write({ [`train/${name}/${file}`]: await png(2, 2, 1) }));
    expect(good.classNames).toEqual([shown]);
    expect((await good.picture(0)).data).toEqual(pixels(2, 2, 1));
  });
});

describe('what is refused, in one line with the file and the mend', () => {
  test('unreadable images: the first by name, and how many', async () => {
    const whole = await encodeImage('jpeg', 16, 16, 3);
    const files = await splitFolders();
    const one = write({ ...files, 'train/hat/broken.png': files['train/hat/a.png']!.subarray(0, 60) });
    expect(await inputErrorOf(() => openDataset(one))).toMatch(
      /train\/hat\/broken\.png: is not a readable image \(.*take it out$/,
    );
    const many = write({
      'train/a/1.jpg': '',
      'train/a/2.jpg': whole,
      'train/a/3.jpg': whole.subarray(0, whole.length / 2),
      'train/a/4.jpg': '<svg/>',
    });
    const message = await inputErrorOf(() => openDataset(many));
    expect(message).toMatch(
      /a\/1\.jpg: is not a readable image \(.*\); replace it or take it out; 3 of 4 images are like it$/,
    );
    const none = write({ 'train/a/1.jpg': '', 'train/b/2.jpg': 'x' });
    expect(await inputErrorOf(() => openDataset(none))).toMatch(/a\/1\.jpg: is not .*; none of 2 images can be read$/);
    const lazy = await openDataset(many, { onDemand: true });
    expect((await lazy.examples([1])).length).toBe(768);
    expect(await inputErrorOf(() => lazy.examples([1, 3]))).toContain('4.jpg: is not a readable image');
  });

  test('another size or number of channels: the odd file, both shapes and the flags', async () => {
    const files = await splitFolders();
    const larger = write({ ...files, 'train/hat/odd.png': await png(30, 40, 3) });
    expect(await inputErrorOf(() => openDataset(larger))).toMatch(
      /hat\/odd\.png: is 3×30×40 \(channels×height×width\), but the first train image is 3×3×4; give `resize` 4x3 to convert$/,
    );
    const smaller = write({ ...files, 'train/hat/odd.png': await png(1, 1, 3) });
    expect(await inputErrorOf(() => openDataset(smaller))).toContain('odd.png: is 3×1×1');
    const grey = write({ ...files, 'train/hat/odd.png': await png(3, 4, 1) });
    expect(await inputErrorOf(() => openDataset(grey))).toMatch(/odd\.png: is 1×3×4 .*; give `channels` 3 to convert$/);
    const stored = write({ 'train/a/1.png': await png(3, 4, 1), 'train/a/2.png': await png(3, 4, 3) });
    expect(await inputErrorOf(() => openDataset(stored))).toMatch(/2\.png: is 3×3×4 .*; give `channels` 1 to convert$/);
  });

  test('a decompression bomb is refused by its header', async () => {
    const bomb = await sharp({ create: { width: 12_000, height: 12_000, channels: 3, background: 'red' } })
      .png({ compressionLevel: 9 })
      .toBuffer();
    const path = write({ ...(await splitFolders()), 'train/hat/bomb.png': bomb });
    expect(await inputErrorOf(() => openDataset(path))).toContain('bomb.png: has 12000×12000 pixels');
  });

  test.each([
    ['an empty folder', {}, 'found nothing; choose another file or folder'],
    ['an archive', { 'data.tar.gz': 'x' }, 'found data.tar.gz; give the archive itself: data.tar.gz'],
    [
      'images without classes',
      { 'test/a.png': 'x' },
      'test: holds no class folders; put the images of each class in one',
    ],
    ['a class of other files', { 'test/a/a.bmp': 'x' }, 'test/a: holds no images, looked for .jpg .jpeg .png'],
    ['too few images to hold out', { 'a/a.png': 'x', 'b/a.png': 'x' }, '2 examples are too few to hold out'],
    ['no such split', { 'train/a/a.png': 'x' }, 'has no test split, looked for a folder test or testing or val'],
  ])('%s', async (_, files: Record<string, string>, message) => {
    expect(await inputErrorOf(() => openDataset(write(files), { split: 'test' }))).toContain(message);
  });

  test('an empty class folder keeps its number, and is told; with no image at all the first is refused', async () => {
    const path = write({ 'train/b/a.png': await png(2, 2, 1) });
    mkdirSync(join(path, 'train/a'));
    const notices: string[] = [];
    const data = await openDataset(path, { onNotice: (line) => notices.push(line) });
    expect([data.classNames, Array.from(data.labels)]).toEqual([['a', 'b'], [1]]);
    expect(notices).toEqual([expect.stringMatching(/left out 1 class folder without pictures \(train\/a\)$/)]);
    mkdirSync(join(folder, 'bare/train/a'), { recursive: true });
    expect(await inputErrorOf(() => openDataset(join(folder, 'bare')))).toMatch(
      /train\/a: holds no images, .* found nothing; add images/,
    );
  });

  test('nothing there, and files that are no data set', async () => {
    expect(await inputErrorOf(() => openDataset(join(folder, 'nowhere')))).toMatch(
      /nowhere: no such file or folder, and no bundled data set has this name \(there is fashion-mnist-sample\)$/,
    );
    expect(await inputErrorOf(() => openDataset(''))).toContain('the data set has no name');
    const part = write({ 'train-images-idx3-ubyte.gz': 'x' });
    const message = await inputErrorOf(() => openDataset(join(part, 'train-images-idx3-ubyte.gz')));
    expect(message).toMatch(/found neither; give the folder that holds it$/);
    const path = write({ 'notes.txt': 'hello', 'empty.npz': '' });
    for (const name of ['notes.txt', 'empty.npz']) {
      expect(await inputErrorOf(() => openDataset(join(path, name)))).toContain('looked for an .npz file');
    }
    expect(await inputErrorOf(() => openDataset(`${folder}/${'x'.repeat(5000)}`))).toMatch(/the path is too long$/);
  });
});
