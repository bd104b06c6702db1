/** The pages of attribute, trends, check and evaluate in a real browser, from disk. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { attributeReport } from '../../../src/report/attribute/report.js';
import { checkReport } from '../../../src/report/check/report.js';
import { evaluateReport } from '../../../src/report/evaluate/report.js';
import type { PictureSource } from '../../../src/report/pictures.js';
import { trendsReport } from '../../../src/report/trends/report.js';
import { inChromium, openPage } from '../../helpers/browser/chromium.js';
import { obstacles } from '../../helpers/browser/obstacles.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { writerAt } from '../../helpers/folders.js';
import { syntheticTrends } from '../../helpers/synthetic-trends.js';
import {
  HOSTILE,
  syntheticAttribute,
  syntheticCheck,
  syntheticEvaluate,
  syntheticLayered,
} from '../../helpers/pages/synthetic-results.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const picture = { width: 12, height: 12, channels: 1, data: new Uint8Array(144).fill(90) } as const;
const pictures: PictureSource = {
  picture: () => Promise.resolve(picture),
  queryPicture: () => Promise.resolve(picture),
};

let largest = 0;

beforeAll(async () => {
  const at = (name: string) => writerAt(join(folder, name));
  const { result, arrays } = syntheticAttribute({ inputs: 30 });
  await (await attributeReport(result, arrays, pictures)).write(at('attribute'));
  const table = syntheticAttribute({ inputs: 3, features: ['petal length', HOSTILE, 'width'] });
  await (await attributeReport(table.result, table.arrays)).write(at('table'));
  const text = syntheticAttribute({ inputs: 3, tokens: ['[CLS]', 'no', HOSTILE, 'film', '', ''] });
  await (await attributeReport(text.result, text.arrays)).write(at('text'));
  const layered = syntheticLayered();
  await (await attributeReport(layered.result, layered.arrays, pictures)).write(at('layered'));
  await (await attributeReport(layered.result, layered.arrays)).write(at('layered-table'));
  const trends = syntheticTrends({ points: 41, every: 50, strips: 2, shape: [12, 12] });
  await (await trendsReport(trends.result, trends.arrays, pictures)).write(at('trends'));
  await (await checkReport(syntheticCheck())).write(at('check'));
  await (await evaluateReport(syntheticEvaluate())).write(at('evaluate'));
  const many = syntheticAttribute({ inputs: 100, edge: 112 });
  const files = await attributeReport(many.result, many.arrays, {
    ...pictures,
    queryPicture: () => Promise.resolve(undefined),
  });
  await files.write({
    write: (name, content) => {
      if (name === 'index.html') largest = content.length;
      return Promise.resolve();
    },
  });
});

/** A page, opened from disk. */
async function opened(name: string, hash = '', options = {}) {
  const { page, errors } = await openPage(options);
  await page.goto(`${pathToFileURL(join(folder, name, 'index.html')).href}${hash}`);
  await page.waitForSelector('main');
  return { page, errors };
}

test('maps of a hundred inputs by four methods take less than 6 MB', () => {
  expect(largest).toBeGreaterThan(1e6);
  expect(largest).toBeLessThan(6 * 2 ** 20);
});

inChromium('two maps first and why, the others folded; another is chosen, and a link opens the same view', async () => {
  const { page, errors } = await opened('attribute');
  const titles = () => page.locator('.map-pair h4').allTextContents();
  expect(await titles()).toEqual(['lrp', 'grad-cam @ conv2']);
  const text = await page.locator('main').textContent();
  expect(text).toContain('add up to the score, within 1 % for every input');
  expect(text).toContain('blind to position');
  expect(text).toContain('The other methods (2)');
  await page.locator('.map-pair select').nth(1).selectOption({ label: 'gradient' });
  expect(await titles()).toEqual(['lrp', 'gradient']);
  expect(await page.locator('.map-pair').textContent()).toContain('Warm does not mean “speaks for”');
  await page.getByRole('button', { name: 'Each its own' }).click();
  const again = await opened('attribute', new URL(page.url()).hash);
  expect(await again.page.locator('.map-pair h4').allTextContents()).toEqual(['lrp', 'gradient']);
  expect(await again.page.getByRole('button', { name: 'Each its own' }).getAttribute('aria-pressed')).toBe('true');
  expect([...errors, ...again.errors]).toEqual([]);
});

inChromium('a value is read by mouse and by arrow keys, the opacity by the slider', async () => {
  const { page } = await opened('attribute');
  const map = page.locator('.map-pair .map').first();
  const read = () => page.locator('.map-read').first().textContent();
  await map.hover({ position: { x: 3, y: 3 } });
  expect(await read()).toMatch(/^row 1, column 1: [+−0]/);
  await map.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  expect(await read()).toMatch(/^row 2, column 2: /);
  expect(await page.locator('.map-read').nth(1).textContent()).toMatch(/^row 2, column 2: /);
  const slider = page.getByRole('slider', { name: /opacity/ });
  await slider.focus();
  await slider.press('Home');
  expect(await map.locator('img').evaluate((image) => getComputedStyle(image).opacity)).toBe('0');
});

inChromium('a table has named bars and no pictures, and names are text', async () => {
  const { page } = await opened('table');
  expect(await page.locator('.map').count()).toBe(0);
  expect(await page.locator('.signed-bars').first().textContent()).toContain(HOSTILE);
  expect(await page.locator('img').count()).toBe(0);
});

inChromium('beside each unit stand the examples that activate it most, which open', async () => {
  for (const [name, count] of [
    ['layered', 5],
    ['layered-table', 0],
  ] as const) {
    const { page, errors } = await opened(name);
    expect(await page.locator('.unit-examples li').count()).toBe(5);
    expect(await page.locator('.unit-examples .picture').count()).toBe(count);
    expect(await page.locator('table').first().textContent()).toContain('none: it is silent on all of them');
    await page.locator('.unit-examples .tile').nth(1).click();
    const detail = page.getByRole('region', { name: 'training example', exact: true });
    expect(await detail.textContent()).toContain('Listed for 1 input.');
    expect(await detail.locator('tbody').textContent()).toContain('conv1: 30, 12');
    expect(await page.locator('img').count()).toBe(0);
    expect(errors).toEqual([]);
  }
});

inChromium('a text stands in reading order, and its tokens are read by mouse and arrow keys', async () => {
  const { page, errors } = await opened('text');
  const strip = page.locator('.tokens').first();
  expect(await strip.locator('.token').allTextContents()).toEqual(['[CLS]', 'no', HOSTILE, 'film']);
  expect(await page.locator('.map-pair').textContent()).toContain('2 places of padding');
  const read = (side: number) => page.locator('.map-read').nth(side).textContent();
  await strip.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  expect(await read(0)).toMatch(/^2\. “no”: [+−]\d/);
  expect(await read(1)).toMatch(/^2\. “no”: /);
  await page.keyboard.press('End');
  expect(await read(0)).toMatch(/^4\. “film”: /);
  await strip.locator('.token').first().hover();
  expect(await read(0)).toBe(`1. “[CLS]”: ${await strip.locator('.token').first().getAttribute('title')}`);
  await page.getByText('Every token with its value').first().click();
  expect(await page.locator('.fold[open] tbody tr').count()).toBe(6);
  expect(errors).toEqual([]);
});

inChromium('the slider of a training moves the maps and the lines of all plots', async () => {
  const { page } = await opened('trends');
  const slider = page.getByRole('slider', { name: 'training step' });
  await slider.focus();
  await slider.press('Home');
  expect(await page.locator('main').textContent()).toContain('at step 0');
  const first = await page.locator('.time-maps .map > img').first().getAttribute('src');
  const marker = page.locator('.step-marker').first();
  const left = (await marker.boundingBox())!.x;
  await slider.press('End');
  expect(await page.locator('.time-maps .map > img').first().getAttribute('src')).not.toBe(first);
  expect((await marker.boundingBox())!.x).toBeGreaterThan(left);
});

inChromium('a check begins with what failed, before and after, and shows rules by status', async () => {
  const { page } = await opened('check');
  expect(await page.locator('h1').textContent()).toBe('1 of 2 failed; first to diverge is conv1; 1 decision changed.');
  expect(await page.locator('.rules .status').allTextContents()).toEqual(['failed', 'passed', 'not judged']);
  expect(await page.locator('.changes').textContent()).toMatch(/^became wrong.*cat 90\.0 %.*dog 60\.0 %/);
  await page.getByRole('button', { name: 'passed 1' }).click();
  expect(await page.locator('.rules .status').allTextContents()).toEqual(['passed']);
  expect(new URL(page.url()).hash).toContain('v.status=pass');
});

inChromium('an evaluation says which method stands up best, with interval and chance', async () => {
  const { page } = await opened('evaluate');
  expect((await page.locator('h1').textContent())!.replaceAll('\u00a0', ' ')).toBe(
    'metagradient foretells best what training on parts of the data does to decisions ' +
      '(0.500 rank correlation, 50 % kept; 95 % interval 0.400 to 0.600; by chance 0).',
  );
});

describe('for every reader', () => {
  for (const name of ['attribute', 'layered', 'layered-table', 'table', 'text', 'trends', 'check', 'evaluate']) {
    inChromium(`nothing is in the way, in light and dark, on a phone and at a desk: ${name}`, async () => {
      const { page } = await opened(name);
      expect(await obstacles(page)).toEqual([]);
    });
  }
});
