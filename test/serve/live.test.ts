/** The live page in a real Chromium, on WebAssembly: pictures are dropped, of whatever kind, and a network learns. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { readResult } from '../../src/results/result-file.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { inChromium, openPage } from '../helpers/browser/chromium.js';
import { serving, type Serving } from '../helpers/browser/serving.js';
import { runIn } from '../helpers/in-process.js';
import { smallRun } from '../helpers/small-run.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();
/** Names that people give, and that nobody should. */
const RUN = 'run <b>&amp;';
const NAMES = [
  '<img src=x onerror="document.title=1">',
  'down',
  `a_name_that_${'goes_on_and_'.repeat(8)}on`,
  '</script><script>1',
];
const PICTURE = join(folder, 'stripe.png');
let server: Serving;

beforeAll(async () => {
  await smallRun(folder, { epochs: 1 });
  writeFileSync(join(folder, 'names.json'), JSON.stringify(NAMES));
  const how = ['--sampler', 'single-class', '--epochs', '6', '--batch-size', '12', '--ghost-size', '4', '--lr', '0.02'];
  const train = 'train --model small.onnx --data data --class-names names.json'.split(' ');
  expect(await runIn(folder, [...train, ...how, '--out', RUN])).toMatchObject({ code: 0 });
  // A bright stripe on a noisy ground, larger than what the model takes.
  const [width, height] = [50, 40];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return (y > 15 && y < 25 ? 200 : 20) + ((x * 7 + y * 3 + i) % 30);
  });
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(PICTURE);
  server = await serving([RUN], folder);
});

afterAll(async () => {
  expect(await server.stop()).toMatchObject({ code: 0, stderr: '' });
});

/** Opens the live page, and waits until it can be asked. */
async function live(options: Parameters<typeof openPage>[0] = {}) {
  const { page, errors } = await openPage(options);
  await page.goto(server.pages['live page']!);
  await page.waitForSelector('.drop');
  return { page, errors };
}

/** Waits until the page says something that fits. @returns what it says */
async function told(page: Page, pattern: RegExp): Promise<string> {
  const status = page.locator('#status').filter({ hasText: pattern });
  await status.waitFor({ timeout: 60_000 });
  return (await status.textContent())!;
}

const choose = (page: Page, name: string, buffer: Uint8Array, mimeType = 'image/png') =>
  page.setInputFiles('input[type=file]', { name, mimeType, buffer: Buffer.from(buffer) });

/** Drops a file on the page, as a hand would. */
async function drop(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([text, called]) => {
      const made = new DataTransfer();
      made.items.add(new File([Uint8Array.from(atob(text!), (each) => each.charCodeAt(0))], called!));
      return made;
    },
    [Buffer.from(bytes).toString('base64'), name],
  );
  for (const event of ['dragenter', 'dragover', 'drop'])
    await page.dispatchEvent('.drop', event, { dataTransfer: transfer });
}

inChromium('a dropped picture is decided as in Node, explained, and compared with training examples', async () => {
  expect(
    await runIn(folder, [
      'attribute',
      '--model',
      `${RUN}/model.onnx`,
      '--input',
      PICTURE,
      '--resize',
      '12x12',
      '--channels',
      '1',
      '--out',
      'node',
    ]),
  ).toMatchObject({ code: 0 });
  const result = await readResult(join(folder, 'node', 'result.json'), 'attribute');
  const { probability, class: decided } = result.queries[0]!.predicted;
  const { page, errors } = await live();
  await drop(page, 'stripe.png', readFileSync(PICTURE));
  const line = await told(page, /^stripe\.png: .*explained in/);
  expect(line).toContain(`stripe.png: ${NAMES[decided]}, ${(100 * probability).toFixed(1)} %`);
  expect(await page.locator('.live-map').count()).toBe(3);
  expect(await page.locator('.live-map figcaption b').allTextContents()).toEqual([
    'input-x-gradient',
    'grad-cam',
    'lrp',
  ]);
  const drawn = await page.locator('.live-map .pixels:not(.under)').evaluateAll((canvases) =>
    (canvases as HTMLCanvasElement[]).map((canvas) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value, i) => i % 4 === 3 && value === 255);
    }),
  );
  expect(drawn).toEqual([true, true, true]);
  const alike = await page.locator('#answer .examples li').allTextContents();
  expect(alike).toHaveLength(8);
  expect(NAMES).toContain(alike[0]!.replace(/no\. \d+cosine [01]\.\d+$/, ''));
  expect(await page.title()).toBe(`${RUN}, live`);

  // The second one finds everything ready.
  const started = performance.now();
  await choose(page, 'again.png', readFileSync(PICTURE));
  await told(page, /^again\.png: .*explained in/);
  expect(performance.now() - started).toBeLessThan(1000);
  expect(errors).toEqual([]);
});

/** A PNG that says it is so large, and holds nothing. */
function hugePng(width: number, height: number): Uint8Array {
  const bytes = Buffer.from(readFileSync(PICTURE));
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}

const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>document.title = "taken"</script></svg>';

inChromium('whatever else is dropped is refused in one line', async () => {
  const { page, errors } = await live();
  const title = await page.title();
  const png = readFileSync(PICTURE);
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    [
      'notes.txt',
      Buffer.from('not a picture'),
      'notes.txt: is no picture that is read here; give a PNG, JPEG, GIF or WebP file',
    ],
    ['empty.png', Buffer.from(''), 'empty.png: is no picture that is read here; give a PNG, JPEG, GIF or WebP file'],
    [
      'drawing.svg',
      Buffer.from(SVG),
      'drawing.svg: is no picture that is read here; give a PNG, JPEG, GIF or WebP file',
    ],
    [
      'drawing.png',
      Buffer.from(SVG),
      'drawing.png: is no picture that is read here; give a PNG, JPEG, GIF or WebP file',
    ],
    ['large.png', hugePng(10_000, 10_000), 'large.png: has 10000×10000 pixels, too many for a page; make it smaller'],
    ['flat.png', hugePng(0, 7), 'flat.png: is damaged, or cut short; give another file'],
    [
      'endless.png',
      hugePng(2 ** 32 - 1, 2 ** 32 - 1),
      'endless.png: has 4294967295×4294967295 pixels, too many for a page; make it smaller',
    ],
    ['cut.png', png.subarray(0, 200), 'cut.png: is damaged, or cut short; give another file'],
    [
      'cut.jpg',
      Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]),
      'cut.jpg: is no picture that is read here; give a PNG, JPEG, GIF or WebP file',
    ],
    ['heavy.png', Buffer.concat([png, Buffer.alloc(45 * 2 ** 20)]), 'heavy.png: '],
    [
      '<img src=x onerror=document.title=1>\u202e.png',
      Buffer.from('x'),
      '<img src=x onerror=document.title=1>\ufffd.png: is no picture',
    ],
  ];
  for (const [name, bytes, line] of cases) {
    await choose(page, name, bytes);
    const said = page.locator('#status').filter({ hasText: line });
    await said.waitFor({ timeout: 20_000 });
    expect([name, (await said.textContent())!.split('\n').length]).toEqual([name, 1]);
  }
  expect(await page.locator('#status').getAttribute('role')).toBe('alert');
  expect(await page.title()).toBe(title);
  expect(errors).toEqual([]);
  await choose(page, 'good.png', png);
  await told(page, /^good\.png: .*explained in/);
  expect(await page.locator('#status').getAttribute('role')).toBe('status');
});

inChromium('a LeNet learns in the page: its loss falls, and its trace grows', async () => {
  const { page, errors } = await live();
  // By keyboard alone.
  await page.locator('.question input:checked').focus();
  await page.keyboard.press('ArrowRight');
  expect(await page.locator('.question:has(:checked)').textContent()).toBe('T-shirt/top');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#trace');
  const early = await page.locator('#trace h3').textContent();
  const total = Number(await page.locator('progress').getAttribute('max'));
  const line = await told(page, /^Trained: /);
  expect(Number(/([\d.]+) %/.exec(line)![1])).toBeGreaterThan(65);
  expect(await page.locator('#trace h3').textContent()).not.toBe(early);
  expect(await page.locator('#trace h3').textContent()).toMatch(new RegExp(`^After step ${total}: `));
  // The height of the curve of means, which grows downwards.
  const heights = await page
    .locator('.curves .stroke-series1')
    .first()
    .evaluate((path) =>
      path
        .getAttribute('d')!
        .split(/[ML]/)
        .slice(1)
        .map((point) => Number(point.split(' ')[1])),
    );
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  expect(mean(heights.slice(-40))).toBeGreaterThan(mean(heights.slice(0, 40)) + 20);
  expect(await page.locator('.gammas li').count()).toBe(10);
  expect(await page.locator('#trace .examples li').count()).toBe(8);
  // Another picture is traced by what is known.
  await page.locator('.question input').nth(1).check();
  await page.locator('#trace h3').filter({ hasText: 'Trouser' }).waitFor();
  expect(errors).toEqual([]);
});

inChromium(
  'a training tells which examples helped and hurt a decision, of its own pictures and of others',
  async () => {
    const { page, errors } = await live();
    const train = page.locator('.controls button').first();
    await train.click();
    await page.waitForSelector('#trace');
    // Another picture is chosen while it trains: what is traced and asked about is that one.
    const other = page.locator('.question').first();
    await other.locator('input').check();
    await train.click();
    // It pauses when the step and the trace that are under way are done: nothing of the training comes after that.
    const part = page.locator('#influence');
    expect(await part.getByRole('button').first().textContent()).toContain(`above: ${await other.textContent()}`);
    const [, steps] = / (\d+) steps so far/.exec((await part.textContent())!)!;
    expect(await page.locator('#trace h3').textContent()).toContain(`After step ${steps}:`);
    await part.getByRole('button', { name: /^Find out for the picture above/ }).press('Enter');
    // Nothing comes in between, and how far it is is said.
    await part.locator('progress').waitFor();
    expect(await train.isDisabled()).toBe(true);
    await told(page, /: gone back over \d+ steps in \d+ s$/);
    const values = async (list: number) =>
      (await part.locator('.examples').nth(list).locator('li .muted:last-child').allTextContents()).map((value) =>
        Number(value.replace('−', '-')),
      );
    const [helped, hurt] = [await values(0), await values(1)];
    expect([helped.length, hurt.length]).toEqual([8, 8]);
    expect(helped.every((value, i) => value > 0 && value <= (helped[i - 1] ?? Infinity))).toBe(true);
    expect(hurt.every((value, i) => value < 0 && value >= (hurt[i - 1] ?? -Infinity))).toBe(true);
    expect(await part.textContent()).toContain('(metagradient)');
    await part.locator('input[type=file]').setInputFiles(PICTURE);
    await told(page, /^stripe\.png: gone back over/);
    expect(await part.locator('h4').first().textContent()).toMatch(/^stripe\.png: .* %, log-odds /);
    expect(await train.isDisabled()).toBe(false);
    expect(errors).toEqual([]);
  },
);

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

inChromium('everybody can use it: axe finds nothing, at any width, in light and dark', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, errors } = await live({ colorScheme });
    await choose(page, 'stripe.png', readFileSync(PICTURE));
    await told(page, /explained in/);
    await page.locator('.controls button').click();
    await page.waitForSelector('#trace');
    await page.locator('.controls button').click();
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() =>
      (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
    );
    expect(violations.map(({ id, nodes }) => [id, nodes[0]!.html])).toEqual([]);
    for (const width of [390, 768, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      expect([width, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([width, width]);
    }
    expect(errors).toEqual([]);
  }
});
