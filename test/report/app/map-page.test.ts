/** The map of features on a page: pictures of the points that no list names, and classes that stand out when they are pointed at. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { auditReport } from '../../../src/report/audit/report.js';
import { inChromium, openPage } from '../../helpers/browser/chromium.js';
import { obstacles } from '../../helpers/browser/obstacles.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { writerAt } from '../../helpers/folders.js';
import { payloadOf } from '../../helpers/pages/page-text.js';
import { syntheticAudit } from '../../helpers/pages/synthetic-audit.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();
/** Of the points, the first few are suspects; the others are there as a sample. */
const [POINTS, SUSPECTS] = [120, 10];
const whole = syntheticAudit(POINTS);
const [first] = whole.map!.train.indices;
const suspects = whole.suspects.filter(({ index }) => index !== first).slice(0, SUSPECTS);
const audit = { ...whole, suspects: suspects.map((suspect) => ({ ...suspect, opponents: [] })) };
const sampled = audit.map!.train.indices.filter((index) => !suspects.some((suspect) => suspect.index === index));

const picture = (_: string, index: number) =>
  Promise.resolve({ width: 8, height: 8, channels: 1 as const, data: new Uint8Array(64).fill(index % 256) });
const source = { picture, queryPicture: () => Promise.resolve(undefined) };

beforeAll(async () => {
  await (await auditReport(audit, source)).write(writerAt(join(folder, 'many')));
  const { train, ...map } = audit.map!;
  const few = { ...map, train: { ...train, labels: train.labels.map((label) => label % 3) } };
  await (await auditReport({ ...audit, map: few }, source)).write(writerAt(join(folder, 'few')));
  const gaps = (split: string, index: number) => (index === first ? Promise.resolve(undefined) : picture(split, index));
  await (await auditReport(audit, { ...source, picture: gaps })).write(writerAt(join(folder, 'gaps')));
});

const address = (name: string) => join(folder, name, 'index.html');

async function opened(name: string) {
  const { page, errors } = await openPage({ viewport: { width: 1280, height: 1100 } });
  await page.goto(`${pathToFileURL(address(name)).href}#tab=map&v.color=class`);
  await page.waitForSelector('.scatter canvas');
  return { page, errors };
}

/** Pixels of the map that are not faint, once it is drawn. */
function brightPixels(page: Page): Promise<number> {
  return page.locator('.scatter canvas').evaluate(async (element) => {
    await new Promise((drawn) => setTimeout(() => requestAnimationFrame(drawn), 100));
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    let bright = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i]! > 128) bright++;
    return bright;
  });
}

test('every point of the map has its picture, once', () => {
  const page = readFileSync(address('many'), 'utf8');
  const [part] = payloadOf(page).parts;
  expect(sampled.length).toBeGreaterThan(POINTS / 2);
  for (const index of sampled) expect(part!.pictures).toHaveProperty([`train/${index}`]);
  expect(new Set(Object.values(part!.pictures).map(String)).size).toBe(POINTS);
  expect(part!.picturesLeftOut).toBe(0);
});

inChromium(
  'a sampled point shows its picture when the arrow keys walk to it, and says so where it has none',
  async () => {
    for (const [name, count] of Object.entries({ many: 1, gaps: 0 })) {
      const { page, errors } = await opened(name);
      await page.locator('.scatter canvas').focus();
      await page.keyboard.press('ArrowRight');
      const said = await page.locator('.read-out').textContent();
      expect(said).toContain(`training example ${first}`);
      expect(await page.locator('.read-out .picture').count()).toBe(count);
      expect(said!.includes('is not in this page')).toBe(count === 0);
      expect(errors).toEqual([]);
    }
  },
);

for (const [name, classes] of [
  ['few', 3],
  ['many', 10],
] as const) {
  inChromium(
    `of ${classes} classes, the one that is pointed at stands out, and so does the one with the focus`,
    async () => {
      const { page, errors } = await opened(name);
      const legend = page.locator('.map-legend button');
      expect(await legend.count()).toBe(classes);
      const all = await brightPixels(page);
      await legend.first().hover();
      const hovered = await brightPixels(page);
      expect(hovered).toBeGreaterThan(0);
      expect(hovered).toBeLessThan(all * 0.7);
      await page.locator('h1').hover();
      expect(await brightPixels(page)).toBe(all);
      await legend.first().focus();
      expect(await brightPixels(page)).toBe(hovered);
      // The count of chosen points is about what was chosen, not about what is pointed at.
      expect(await page.locator('.map-chosen').textContent()).toBe('');
      await page.keyboard.press('Enter');
      expect(await legend.first().getAttribute('aria-pressed')).toBe('true');
      expect(await page.locator('.map-chosen').textContent()).toMatch(/^\d+ points, of class /);
      await page.keyboard.press('Enter');
      expect(await page.locator('.map-chosen').textContent()).toBe('');
      expect(errors).toEqual([]);
    },
  );
}

inChromium('nothing is in the way of the legend, in light and dark, on a phone and at a desk', async () => {
  const { page } = await opened('few');
  expect(await obstacles(page)).toEqual([]);
});
