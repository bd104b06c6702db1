/** What people are shown of a probe: a picture of an image, the values of a row of a table. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { chooseProbes } from '../../src/check/probes/probes.js';
import { probeFeatures, probePicture } from '../../src/check/probes/shown.js';
import { temporaryFolder } from '../helpers/data-files.js';

const folder = temporaryFolder();
const input = (shape: readonly number[]) => [{ name: 'x', type: 'float', shape: [null, ...shape] }];
const request = { count: 3, seed: 1 };

function writeTable(name: string, columns: number): string {
  const path = join(folder, name);
  const names = Array.from({ length: columns }, (_, c) => `width ${c}`);
  const rows = Array.from({ length: 30 }, (_, i) => [...names.map((_name, c) => i + c / 4), i % 3].join(','));
  writeFileSync(path, [[...names, 'label'].join(','), ...rows].join('\n'));
  return path;
}

test('a row of a table has its values by name, and no picture', async () => {
  const probes = await chooseProbes(input([2]), { ...request, data: writeTable('narrow.csv', 2) });
  const row = probes.origins![1]!.row!;
  expect(probeFeatures(probes, 1)).toEqual([
    { name: 'width 0', value: row },
    { name: 'width 1', value: row + 0.25 },
  ]);
  expect(probePicture(probes, 1)).toBeUndefined();
});

test('of many columns none is listed', async () => {
  const probes = await chooseProbes(input([40]), { ...request, data: writeTable('wide.csv', 40) });
  expect(probeFeatures(probes, 0)).toBeUndefined();
});

test('an image is its picture, and made-up numbers are neither', async () => {
  const images = await chooseProbes(input([1, 28, 28]), { ...request, data: 'fashion-mnist-sample' });
  const [image] = images.arrays;
  const picture = probePicture(images, 2)!;
  expect(picture).toMatchObject({ width: 28, height: 28, channels: 1 });
  expect([...picture.data]).toEqual([...image!.data.subarray(2 * 784)]);
  expect(probeFeatures(images, 2)).toBeUndefined();
  const numbers = await chooseProbes(input([4]), request);
  expect([probePicture(numbers, 0), probeFeatures(numbers, 0)]).toEqual([undefined, undefined]);
});
