/** The page of representer points in a real browser, from disk. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { PictureSource } from '../../../src/report/pictures.js';
import { representerReport } from '../../../src/report/representer/report.js';
import { inChromium, openPage } from '../../helpers/browser/chromium.js';
import { obstacles } from '../../helpers/browser/obstacles.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { writerAt } from '../../helpers/folders.js';
import { paperText } from '../../helpers/pages/page-text.js';
import { syntheticRepresenter, type RepresenterShape } from '../../helpers/pages/synthetic-representer.js';
import { HOSTILE } from '../../helpers/pages/synthetic-results.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const picture = { width: 8, height: 8, channels: 1, data: new Uint8Array(64).fill(120) } as const;
const pictures: PictureSource = {
  picture: () => Promise.resolve(picture),
  queryPicture: () => Promise.resolve(picture),
};

const SHAPES: Readonly<Record<string, RepresenterShape>> = {
  grouped: { queries: 30, isGrouped: true },
  one: { queries: 1 },
  strong: { queries: 1, fit: { pearson: 0.71, lambda: 0.003, closer: { lambda: 0.0001, pearson: 0.9998 } } },
  stalled: { queries: 1, fit: { status: 'stalled', gradientMaxNorm: 0.02 } },
};

beforeAll(async () => {
  for (const [name, shape] of Object.entries(SHAPES)) {
    const { result, maps } = syntheticRepresenter(shape);
    await (await representerReport(result, pictures, maps)).write(writerAt(join(folder, name)));
  }
  // The fit follows the model on the whole, and misses this decision.
  const missed = syntheticRepresenter({ queries: 1 }).result;
  // Or it gives all classes less than the model does, and so the same decision.
  for (const [name, reconstructedOutput] of [
    ['missed', 0.61],
    ['shifted', 0.698],
  ] as const) {
    const off = missed.queries.map((query) => ({ ...query, reconstructed: 8.1, reconstructedOutput }));
    await (
      await representerReport({ ...missed, queries: off }, pictures, syntheticRepresenter({ queries: 1 }).maps)
    ).write(writerAt(join(folder, name)));
  }
  // A table has neither pictures nor maps.
  const { result } = syntheticRepresenter({ queries: 3 });
  const queries = result.queries.map((query) => ({ ...query, sensitivity: undefined }));
  await (await representerReport({ ...result, queries })).write(writerAt(join(folder, 'table')));
});

const address = (name: string) => join(folder, name, 'index.html');
const paper = (name: string) => paperText(readFileSync(address(name), 'utf8'));

async function opened(name: string, hash = '', options = {}) {
  const { page, errors } = await openPage(options);
  await page.goto(`${pathToFileURL(address(name)).href}${hash}`);
  await page.waitForSelector('main');
  return { page, errors };
}

const groups = (page: Page) => page.locator('.mistake h2').allTextContents();

test('on paper a decision begins with the model’s own score, and the fit says how far to trust it', () => {
  const text = paper('one');
  expect(text).toContain('score of T-shirt/top is 9.68; the training points sum to 9.66');
  expect(text).toContain('The sums over all training points follow the model’s outputs.');
  expect(text).toContain('Influence functions agree in part on which training points matter (rank correlation 0.5');
  const strong = paper('strong');
  expect(strong).toContain('The sum over training points does not follow the model');
  expect(strong).toContain('λ = 0.003 is too strong');
  expect(strong).toContain('λ = 0.0001 gives about 0.9998');
  expect(strong).not.toContain('follow the model’s outputs.');
  const missed = paper('missed');
  expect(missed).toContain('score of T-shirt/top is 9.68; the training points sum to 8.10, 1.58 less: ');
  expect(missed).toContain('With care: by the sum over training points, the probability would be 61.0 %; by the model');
  const shifted = paper('shifted');
  expect(shifted).toContain(
    "score of T-shirt/top is 9.68; the training points sum to 8.10 (69.8 % to the model's 70.0 %, as only differences of classes count): ",
  );
  expect(shifted).toContain("that is 0.200 points off the model's probability");
  expect(shifted).not.toContain("off the model's score");
  expect(paper('stalled')).toContain('With care: the fit did not converge (its gradient is still 0.02');
});

inChromium(
  'mistakes come first; a cell shows its members beside their culprits, and the address keeps it',
  async () => {
    const { page, errors } = await opened('grouped');
    expect(await page.locator('nav.tabs a[aria-current]').textContent()).toBe('Mistakes');
    expect(await page.locator('h1').textContent()).toContain('35 mistakes in 2 groups');
    expect(await groups(page)).toEqual(['Shirt taken for T-shirt/top', `Coat taken for ${HOSTILE}`]);
    const matrix = page.getByRole('region', { name: 'confusion matrix' });
    await matrix.locator('td button').filter({ hasText: /^5$/ }).focus();
    await page.keyboard.press('Enter');
    expect(await groups(page)).toEqual([`Coat taken for ${HOSTILE}`]);
    expect(await page.locator('.mistake .batch .picture').count()).toBe(5);
    expect(await page.locator('.mistake').textContent()).toContain('5 of 9 misclassified among 100 test examples');
    const again = await opened('grouped', new URL(page.url()).hash);
    expect(await groups(again.page)).toEqual([`Coat taken for ${HOSTILE}`]);
    await again.page.locator('.confusion button[aria-pressed=true]').click();
    expect(await groups(again.page)).toHaveLength(2);
    expect([...errors, ...again.errors]).toEqual([]);
    expect(await page.locator('img[src=x]').count()).toBe(0);
    expect(await page.title()).not.toContain('hacked');
  },
);

inChromium('a mistake says to which class it lost, and a culprit opens', async () => {
  const { page, errors } = await opened('grouped', '#tab=decision&input=4');
  const said = (await page.locator('main').textContent())!;
  expect(said).toContain('Coat lost to Sandal. The model');
  expect(await page.getByRole('region', { name: 'sensitivity' }).locator('.map').count()).toBe(9);
  await page.goto(`${pathToFileURL(address('grouped')).href}#tab=examples&example=4060`);
  expect(await page.locator('.hero .muted').first().textContent()).toContain('training example 4060');
  await page.keyboard.press('3');
  expect(await page.locator('.input-list .badge').allTextContents()).toEqual(['drop']);
  expect(errors).toEqual([]);
});

describe('for every reader', () => {
  const views = [
    ['grouped', ''],
    ['grouped', '#tab=decision&input=4'],
    ['grouped', '#tab=fit'],
    ['grouped', '#tab=examples'],
    ['strong', ''],
    ['table', ''],
  ] as const;
  for (const [name, hash] of views) {
    inChromium(`nothing is in the way, in light and dark, on a phone and at a desk: ${name} ${hash}`, async () => {
      const { page } = await opened(name, hash);
      expect(await obstacles(page)).toEqual([]);
    });
  }
});
