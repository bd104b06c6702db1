/** Pictures in sheets. */
import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import type { PixelImage } from '../../src/plot/pixel-image.js';
import { pictureKey } from '../../src/report/app/payload.js';
import { makeSheets } from '../../src/report/page/sheets.js';
import { wantedPictures } from '../../src/report/page/wanted.js';
import { seededRandom, syntheticTrace } from '../helpers/synthetic-trace.js';

/** A picture of noise, which compresses worst. */
function noise(edge: number, seed: number): PixelImage {
  const random = seededRandom(seed);
  return {
    width: edge,
    height: edge,
    channels: 3,
    data: Uint8Array.from({ length: edge * edge * 3 }, () => 256 * random()),
  };
}

const pictures = (edge: number) => ({
  picture: (_: string, index: number) => Promise.resolve(noise(edge, index)),
  queryPicture: (query: number) => Promise.resolve(noise(edge, -1 - query)),
});

test('pictures that have no room are counted', async () => {
  const result = syntheticTrace({ queries: 8, layers: ['fc'] });
  const { sheets, leftOut, places } = await makeSheets(pictures(32), wantedPictures(result), 4000);
  expect(sheets.length).toBeGreaterThan(0);
  expect(Object.keys(places).length + leftOut).toBe(new Set(wantedPictures(result).map(pictureKey)).size);
});

test('small pictures of what is only glanced at take what room the others leave, and are not counted', async () => {
  const inputs = Array.from({ length: 12 }, (_, index) => ({ of: 'input' as const, index }));
  const examples = Array.from({ length: 40 }, (_, index) => ({ of: 'train' as const, index }));
  const made = (budget: number) => makeSheets(pictures(128), inputs, budget, [...inputs, ...examples]);
  const [alone, wide] = [await makeSheets(pictures(128), inputs, 2e6), await made(2e6)];
  expect(wide.places).toMatchObject(alone.places);
  expect(Object.keys(wide.places)).toHaveLength(52);
  expect(wide.places['train/7']!.slice(2)).toEqual([48, 48]);
  const narrow = await made(5000);
  expect(Object.keys(narrow.places).filter((key) => key.startsWith('train'))).toEqual([]);
  expect(narrow.leftOut).toBe((await makeSheets(pictures(128), inputs, 5000)).leftOut);
});

test('large pictures are reduced, and each has its place in its sheet', async () => {
  const large = noise(400, 1);
  const green = { ...large, data: large.data.map((_, i) => (i % 3 === 1 ? 255 : 0)) };
  const source = { picture: () => Promise.resolve(green), queryPicture: () => Promise.resolve(large) };
  const { sheets, files, places } = await makeSheets(
    source,
    [
      { of: 'input', index: 0 },
      { of: 'train', index: 3 },
      { of: 'train', index: 3 },
    ],
    1e6,
  );
  expect(places).toEqual({ 'input/0': [0, 0, 128, 128], 'train/3': [0, 1, 128, 128] });
  const { data, info } = await sharp(files[0]).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([sheets[0]!.width, sheets[0]!.height]);
  // The second tile is green to its edges: the first one does not bleed into it. A lossy codec is a little off.
  const [x, y] = [
    sheets[0]!.pitch[0] * (1 % sheets[0]!.columns),
    sheets[0]!.pitch[1] * Math.floor(1 / sheets[0]!.columns),
  ];
  for (const [dx, dy] of [
    [0, 0],
    [127, 0],
    [0, 127],
    [127, 127],
    [64, 64],
  ] as const) {
    const at = 3 * ((y + dy) * info.width + x + dx);
    expect(data[at]!).toBeLessThan(40);
    expect(data[at + 1]!).toBeGreaterThan(215);
  }
});
