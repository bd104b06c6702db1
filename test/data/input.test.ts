import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { knownLabel } from '../../src/classifier/describe.js';
import { parseInputSpec, readInputs } from '../../src/data/input.js';
import { openDataset } from '../../src/data/open-dataset.js';
import { encodeImage, inputErrorOf, pixels, temporaryFolder, writeFiles } from '../helpers/data-files.js';

const folder = temporaryFolder();

describe('readInputs', () => {
  test('examples of a data set, by index in the test split, in the order given', async () => {
    const inputs = await readInputs(['fashion-mnist-sample@17,3', 'fashion-mnist-sample@8-9']);
    const data = await openDataset('fashion-mnist-sample', { split: 'test' });
    expect(inputs.map(({ name }) => name)).toEqual([17, 3, 8, 9].map((index) => `fashion-mnist-sample@${index}`));
    for (const input of inputs) {
      expect(input.label).toBe(data.labels[input.index!]);
      expect(input.classNames).toEqual(data.classNames);
      expect(input.data).toEqual(await data.examples([input.index!]));
      expect(input.picture).toEqual(await data.picture(input.index!));
    }
    const [first] = await readInputs(['fashion-mnist-sample@0'], { split: 'train' });
    expect(first!.data).toEqual(await (await openDataset('fashion-mnist-sample')).examples([0]));
  });

  test('image files, resized on request', async () => {
    writeFiles(folder, { 'a@2x.png': await encodeImage('png', 2, 3, 3, 5) });
    const path = join(folder, 'a@2x.png');
    const [input] = await readInputs([path], { shape: [3, 2, 3] });
    expect([input!.name, input!.label, ...input!.shape]).toEqual([path, undefined, 3, 2, 3]);
    expect(input!.picture!.data).toEqual(pixels(2, 3, 3, 5));
    expect(Array.from(input!.data.subarray(0, 6))).toEqual([...pixels(2, 3, 3, 5)].filter((_, i) => i % 3 === 0));
    const grey = await readInputs([path], { shape: [1, 4, 4], resize: { height: 4, width: 4 }, channels: 1 });
    expect(grey[0]!.shape).toEqual([1, 4, 4]);
    expect(await inputErrorOf(() => readInputs([path], { shape: [1, 4, 4] }))).toMatch(
      /a@2x\.png: is 3×2×3 .* the model's input is 1×4×4; give `resize` 4x4 `channels` 1 to convert$/,
    );
  });

  test.each([
    [
      ['fashion-mnist-sample@1000'],
      'fashion-mnist-sample@1000: the test split holds 1,000 examples, give an index from 0 to 999',
    ],
    [
      ['fashion-mnist-sample@7-3'],
      'fashion-mnist-sample@7-3: 7-3 ends before it begins; name up to 1,000, such as 0-9',
    ],
    [['fashion-mnist-sample@0-5000'], '0-5000 are 5,001 examples; name up to 1,000'],
    [['fashion-mnist-sample@3,3'], 'fashion-mnist-sample@3: is named twice; name every input once'],
    [['test/none/*.jpg'], 'test/none/*.jpg: no file is called so, and the shell found none that the pattern fits'],
    [['fashion-mnist-sample@-1'], 'name examples by their 0-based indices'],
    [['no-such.png'], 'no-such.png: no such file or folder; give image files, a folder of them, or examples'],
    [['no-such@3'], 'no-such: no such file or folder'],
    [['src/run'], 'src/run: holds no images; name image files, or a folder of them'],
    [['bad\x1b[2J\n.png'], 'bad\\u{1b}[2J\\u{a}.png: no file is called so'],
    [[], 'no input given'],
  ])('%j is refused', async (specs, message) => {
    expect(await inputErrorOf(() => readInputs(specs))).toContain(message);
  });

  test('specs', () => {
    expect(parseInputSpec('data/a@b@3,5')).toEqual({ data: 'data/a@b', indices: [3, 5] });
    expect(parseInputSpec('x@1-3,7')).toEqual({ data: 'x', indices: [1, 2, 3, 7] });
    for (const place of ['a.png', 'a@2x.png', '@3', 'x@3,', 'x@1-']) expect(parseInputSpec(place)).toEqual({ place });
  });
});

describe('folders and data sets', () => {
  test('images of a folder and those below it, mixed with files and examples', async () => {
    const image = await encodeImage('png', 2, 3, 3, 5);
    const names = ['set/cat/b.png', 'set/cat/a.png', 'set/dog/c.png', 'set/dog/notes.txt', 'other/d.png'];
    writeFiles(folder, Object.fromEntries(names.map((name) => [name, name.endsWith('.txt') ? 'no image' : image])));
    const at = (name: string) => join(folder, name);
    const inputs = await readInputs([at('other/d.png'), at('set')]);
    expect(inputs.map(({ name }) => name)).toEqual(
      ['other/d.png', 'set/cat/a.png', 'set/cat/b.png', 'set/dog/c.png'].map(at),
    );
    expect(inputs.map((input) => knownLabel(input, ['bird', 'cat', 'dog']))).toEqual([undefined, 1, 1, 2]);
    expect(inputs.map((input) => knownLabel(input, ['bird', 'fish']))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(await inputErrorOf(() => readInputs([at('set'), at('set/dog/c.png')]))).toContain('is named twice');
  });

  test('a folder with splits is a data set, whose examples are files with other names', async () => {
    const image = await encodeImage('png', 2, 3, 3, 5);
    const names = ['split/train/cat/a.png', 'split/test/cat/b.png', 'split/test/dog/c.png'];
    writeFiles(folder, Object.fromEntries(names.map((name) => [name, image])));
    const split = join(folder, 'split');
    const inputs = await readInputs([split]);
    expect(inputs.map(({ name, origin }) => [name, origin!.file])).toEqual([
      [`${split}@0`, 'test/cat/b.png'],
      [`${split}@1`, 'test/dog/c.png'],
    ]);
    const twice = await inputErrorOf(() => readInputs([`${split}@1`, join(split, 'test/dog/c.png')]));
    expect(twice).toBe(`${split}/test/dog/c.png: is named twice, as ${split}@1 too; name every input once`);
  });
});

describe('shapes', () => {
  test('sizes that no image can have', async () => {
    for (const [width, height] of [
      [0, 5],
      [5, 99_999],
      [2.5, 5],
      [NaN, 5],
    ] as const) {
      const resize = { width, height };
      const message = `\`resize\` ${width}x${height}: expected sides from 1 to 16384 pixels`;
      expect(await inputErrorOf(() => openDataset('fashion-mnist-sample', { resize }))).toBe(message);
      expect(await inputErrorOf(() => readInputs(['fashion-mnist-sample@0'], { resize }))).toBe(message);
    }
  });
});
