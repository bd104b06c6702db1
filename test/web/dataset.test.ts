/** Arrays as data sets, and pixels of a canvas as inputs. */
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import { openDataset } from '../../src/data/open-dataset.js';
import { readInputs } from '../../src/data/input.js';
import { arrayDataset } from '../../src/web/dataset.js';
import { pictureFromPixels, pictureInput } from '../../src/web/input.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { randomNumbers } from '../helpers/random-tensors.js';

const folder = temporaryFolder();

test('arrays are the data set that files with the same contents are', async () => {
  const files = await openDataset('fashion-mnist-sample', { split: 'test' });
  const { classNames, labels, shape } = files;
  const arrays = await arrayDataset({ name: 'arrays', examples: files.all!, labels, shape, classNames, split: 'test' });
  for (const what of ['fingerprint', 'kind', 'elementType', 'length', 'labels'] as const) {
    expect([what, arrays[what]]).toEqual([what, files[what]]);
  }
  expect(await arrays.examples([3, 900, 3])).toEqual(await files.examples([3, 900, 3]));
  expect(await arrays.picture(7)).toEqual(await files.picture(7));
  await expect(async () => arrays.examples([1000])).rejects.toThrow(RangeError);
});

test('classes without names are called by their numbers, and floats of one axis are vectors', async () => {
  const arrays = await arrayDataset({ name: 'a', examples: new Float32Array(6), labels: [0, 2], shape: [3] });
  expect(arrays).toMatchObject({ classNames: ['0', '1', '2'], kind: 'vector', elementType: 'float32', split: 'train' });
  await expect(async () => arrays.picture(0)).rejects.toThrow(TypeError);
});

test.each([
  [{ labels: [] }, 'a: there are no examples; give `examples` and `labels`'],
  [{ shape: [2, 1.5] }, 'a: `shape` [2, 1.5] is no list of sizes; give the dimensions of one example'],
  [{ shape: [4] }, 'a: 6 numbers, expected 2 × 4 for 2 labels of shape [4]; give `[labels.length, …shape]`'],
  [{ labels: [0, -1] }, 'a: example 1 has label -1; labels count from 0'],
  [{ classNames: ['x', 'y'] }, 'a: example 1 has label 2; labels count from 0 to 1'],
])('what does not fit is refused in a line: %p', async (wrong, message) => {
  const given = { name: 'a', examples: new Float32Array(6), labels: [0, 2], shape: [3], ...wrong };
  await expect(arrayDataset(given)).rejects.toThrow(new Error(message));
});

test('pixels of a canvas are fed as the same file is', async () => {
  const next = randomNumbers(2);
  const [width, height] = [37, 23];
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : 256 * next()));
  const path = join(folder, 'picture.png');
  await sharp(data, { raw: { width, height, channels: 4 } })
    .png()
    .toFile(path);
  for (const channels of [1, 3] as const) {
    const [read] = await readInputs([path], { channels, resize: { height: 12, width: 12 } });
    const made = pictureInput('picture.png', pictureFromPixels({ width, height, data }), [channels, 12, 12]);
    expect(made.data).toEqual(read!.data);
  }
  expect(() => pictureFromPixels({ width: 2, height: 2, data: [1] })).toThrow('1 numbers for 2×2 pixels');
  const picture = pictureFromPixels({ width, height, data });
  expect(() => pictureInput('p', picture, [7])).toThrow('p: the model takes [7], which is no picture; give it numbers');
});
