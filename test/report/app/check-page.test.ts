/** Changed decisions on the page of a check: pictures of the probes, before and after beside each other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { checkReport } from '../../../src/report/check/report.js';
import type { CheckResult } from '../../../src/results/check.js';
import { inChromium, openPage } from '../../helpers/browser/chromium.js';
import { obstacles } from '../../helpers/browser/obstacles.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { writerAt } from '../../helpers/folders.js';
import { paperText, payloadOf } from '../../helpers/pages/page-text.js';
import { HOSTILE, syntheticCheck } from '../../helpers/pages/synthetic-results.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const [LOST, OTHERS] = [60, 60];

/** Each probe has a grey of its own. */
const pictureOf = (probe: number) => ({
  ...{ width: 16, height: 16, channels: 1 as const },
  data: new Uint8Array(256).fill(probe % 256),
});

beforeAll(async () => {
  const many = syntheticCheck({ lost: LOST, others: OTHERS });
  await (await checkReport(many, pictureOf)).write(writerAt(join(folder, 'pictures')));
  const [first] = many.changes!;
  const rows: CheckResult['changes'] = [
    {
      ...first!,
      features: [
        { name: 'petal length', value: 4.25 },
        { name: HOSTILE, value: -1 },
      ],
    },
    { ...first!, probe: 9, input: 'mails@9', inputNotes: { text: 'See you at noon.' }, truth: undefined },
  ];
  await (
    await checkReport({ ...many, changes: rows, changed: { all: 300, lost: 210 } })
  ).write(writerAt(join(folder, 'rows')));
});

const address = (name: string) => join(folder, name, 'index.html');

async function opened(name: string, hash = '', options = {}) {
  const { page, errors } = await openPage(options);
  await page.goto(`${pathToFileURL(address(name)).href}${hash}`);
  await page.waitForSelector('main');
  return { page, errors };
}

test('each probe stands in one sheet, once, and on paper what became wrong comes first', () => {
  const page = readFileSync(address('pictures'), 'utf8');
  const { sheets, parts } = payloadOf(page);
  expect(sheets).toHaveLength(1);
  expect(page.match(/data:image\/webp/g)).toHaveLength(1);
  const places = Object.values(parts[0]!.pictures).map(String);
  expect(new Set(places).size).toBe(LOST + OTHERS);
  const text = paperText(page);
  expect(text).toContain('120 decisions changed, 60 from right to wrong');
  expect(text).toMatch(/became wrong true class cat .* accepted model cat 90\.0 % new export dog 60\.0 %/);
  expect(text).toContain('80 more in result.json.');
  expect(text).not.toContain('became right');
});

test('a row of a table is told by its values, and text by itself', () => {
  const text = paperText(readFileSync(address('rows'), 'utf8'));
  expect(text).toContain(`petal length = 4.25, ${HOSTILE} = −1`);
  expect(text).toContain('text: See you at noon.');
  expect(text).toContain('300 decisions changed, 210 from right to wrong 2 of them are listed:');
});

for (const width of [390, 1440]) {
  inChromium(`the accepted model stands left of the new export, the picture left of both, at ${width} px`, async () => {
    const { page, errors } = await opened('pictures', '', { viewport: { width, height: 900 } });
    const row = page.locator('.changes > li').first();
    const [before, after] = await row.locator('.said').all();
    expect(await before!.textContent()).toBe('accepted modelcat 90.0 %');
    expect(await after!.textContent()).toBe('new exportdog 60.0 %');
    const [picture, left, right] = await Promise.all(
      [row.getByRole('img'), before!, after!].map(async (part) => (await part.boundingBox())!),
    );
    expect(left!.y).toBe(right!.y);
    expect(left!.x + left!.width).toBeLessThanOrEqual(right!.x);
    expect(picture!.x).toBeLessThanOrEqual(left!.x);
    expect(errors).toEqual([]);
  });
}

inChromium('more are shown when asked for, and only those that became what is chosen', async () => {
  const { page } = await opened('pictures');
  const rows = page.locator('.changes > li');
  expect(await rows.count()).toBe(40);
  await page.getByRole('button', { name: '80 more' }).click();
  expect(await rows.count()).toBe(LOST + OTHERS);
  expect(await page.locator('.changes .picture').count()).toBe(LOST + OTHERS);
  await page.getByRole('button', { name: 'became right 30' }).click();
  expect(await rows.count()).toBe(OTHERS / 2);
  expect(await rows.first().textContent()).toMatch(/^became right.*dog/);
  const again = await opened('pictures', new URL(page.url()).hash);
  expect(await again.page.locator('.changes > li').count()).toBe(OTHERS / 2);
});

inChromium('without pictures there is no gap for them, and names are text', async () => {
  const { page } = await opened('rows');
  expect(await page.locator('.changes .picture').count()).toBe(0);
  expect(await page.locator('.changes').textContent()).toContain(HOSTILE);
  expect(await page.title()).not.toContain('hacked');
});

describe('for every reader', () => {
  for (const name of ['pictures', 'rows']) {
    inChromium(`nothing is in the way, in light and dark, on a phone and at a desk: ${name}`, async () => {
      const { page } = await opened(name);
      expect(await obstacles(page)).toEqual([]);
    });
  }
});
