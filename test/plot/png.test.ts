import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { embedPixels, svgImage } from '../../src/plot/pixel-image.js';
import { renderPng } from '../../src/plot/png.js';
import { svgDocument, svgText } from '../../src/plot/svg.js';

const textOf = (text: string) =>
  svgDocument({ width: 80, height: 30, label: 'text' }, svgText(5, 20, text, { size: 14 }));

async function grey(png: Uint8Array): Promise<{ width: number; height: number; data: Uint8Array }> {
  const { data, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

describe('renderPng', () => {
  test('has the size of the SVG times the scale, on white', async () => {
    const { width, height, data } = await grey(await renderPng(textOf('Boot'), 3));
    expect([width, height]).toEqual([240, 90]);
    expect(data[0]).toBe(255);
    expect(data.some((value) => value < 80)).toBe(true);
  });

  test('draws letters, not boxes: different letters look different', async () => {
    const narrow = await grey(await renderPng(textOf('iiii')));
    const wide = await grey(await renderPng(textOf('WWWW')));
    expect(Buffer.compare(narrow.data, wide.data)).not.toBe(0);
  });

  test('enlarges pixels without smoothing', async () => {
    const image = embedPixels({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) });
    const svg = svgDocument({ width: 40, height: 20, label: 'pixels' }, svgImage(image, 0, 0, 40, 20));
    const { data } = await grey(await renderPng(svg, 2));
    const row = Array.from(data.subarray(80 * 20, 80 * 21));
    expect(row.slice(0, 40)).toEqual(new Array(40).fill(0));
    expect(row.slice(40)).toEqual(new Array(40).fill(255));
  });
});

describe('pictures that are too large', () => {
  const sized = async (width: number, height: number) => {
    const png = await renderPng(svgDocument({ width, height, label: 'large' }, svgText(5, 20, 'x')));
    const { width: columns, height: rows } = await sharp(png).metadata();
    return [columns, rows] as const;
  };

  test.each([
    ['too wide', 90_000, 100],
    ['too high', 40, 70_000],
    ['too many pixels', 9_000, 9_000],
  ])('%s: drawn at the scale that fits', async (_, width, height) => {
    const [columns, rows] = await sized(width, height);
    expect(Math.max(columns, rows)).toBeLessThanOrEqual(16_385);
    expect(columns * rows).toBeLessThan(1.01 * 2 ** 26);
    // The shape is kept, to the pixel.
    expect(Math.abs(columns - (rows * width) / height)).toBeLessThanOrEqual(Math.max(1, width / height));
  });
});

describe('on a machine without fonts', () => {
  /** Whether "iiii" and "WWWW" look different in a process whose only fonts are in these folders. */
  function tellsLettersApart(folders: readonly string[]): boolean {
    const folder = mkdtempSync(join(tmpdir(), 'fonts-'));
    try {
      const config = join(folder, 'fonts.conf');
      const dirs = folders.map((dir) => `<dir>${dir}</dir>`).join('');
      writeFileSync(
        config,
        `<?xml version="1.0"?><fontconfig>${dirs}<cachedir>${folder}/cache</cachedir></fontconfig>`,
      );
      const script =
        `import sharp from 'sharp'; const look = (text) => sharp(Buffer.from(text)).raw().toBuffer();` +
        `const [a, b] = await Promise.all([look(${JSON.stringify(textOf('iiii'))}), look(${JSON.stringify(textOf('WWWW'))})]);` +
        `console.log(a.equals(b) ? 'same' : 'different');`;
      const environment = { ...process.env, FONTCONFIG_FILE: config, NODE_OPTIONS: '' };
      const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { env: environment });
      return output.toString().trim() === 'different';
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux('letters would be boxes, and the bundled font draws them', () => {
    expect(tellsLettersApart([])).toBe(false);
    expect(tellsLettersApart([resolve('fonts')])).toBe(true);
  });
});
