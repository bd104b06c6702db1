import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { embedPixels, encodePng, type PixelImage } from '../../src/plot/pixel-image.js';

const image = fc
  .tuple(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 12 }),
    fc.constantFrom(1 as const, 3 as const, 4 as const),
  )
  .chain(([width, height, channels]) => {
    const size = width * height * channels;
    return fc
      .uint8Array({ minLength: size, maxLength: size })
      .map((data): PixelImage => ({ width, height, channels, data }));
  });

test('an independent decoder reads every pixel back', async () => {
  await fc.assert(
    fc.asyncProperty(image, async ({ width, height, channels, data }) => {
      const decoded = sharp(encodePng({ width, height, channels, data }), { failOn: 'warning' });
      const raw = await decoded
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([raw.info.width, raw.info.height, raw.info.channels]).toEqual([width, height, channels]);
      expect(Array.from(raw.data)).toEqual(Array.from(data as Uint8Array));
    }),
    { numRuns: 30 },
  );
});

test('a data URI holds the file, and data that does not fit is refused', () => {
  const pixels: PixelImage = { width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) };
  const { href, width, height } = embedPixels(pixels);
  expect([width, height]).toEqual([2, 1]);
  expect(Array.from(Buffer.from(href.slice('data:image/png;base64,'.length), 'base64'))).toEqual(
    Array.from(encodePng(pixels)),
  );
  expect(() => encodePng({ ...pixels, width: 3 })).toThrow(RangeError);
  expect(() => encodePng({ ...pixels, width: 0, data: new Uint8Array() })).toThrow(RangeError);
});
