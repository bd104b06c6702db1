/** The page of an audit says no more of a label than its numbers carry. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { auditReport } from '../../../src/report/audit/report.js';
import type { AuditResult, AuditSimulation } from '../../../src/results/audit.js';
import { inChromium, openPage } from '../../helpers/browser/chromium.js';
import { obstacles } from '../../helpers/browser/obstacles.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { writerAt } from '../../helpers/folders.js';
import { paperText } from '../../helpers/pages/page-text.js';
import { syntheticAudit } from '../../helpers/pages/synthetic-audit.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const whole = syntheticAudit(12);
const name = (label: number) => whole.classNames[label]!;
/** Of four suspects other examples tell another class of the first three; the second label is probably right all the same. */
const suspects = whole.suspects.slice(0, 4).map((suspect, i) => ({ ...suspect, wrong: [0.97, 0.07, 0.9996, 0.2][i]! }));
const [likely, unlikely, sure, none] = suspects as [Suspect, Suspect, Suspect, Suspect];
type Suspect = AuditResult['suspects'][number];
const audit: AuditResult = { ...whole, suspects };

const simulation = (seeds: number): AuditSimulation => {
  const share = { mean: 0.8, deviation: seeds === 1 ? 0 : 0.012 };
  const scores = { rocAuc: share, averagePrecision: share, recallAtNoise: share, recallAt10: share, recallAt20: share };
  return {
    ...{ noise: 0.4, seeds, examples: 100, flips: 40, fractions: [0, 0.5], clean: share, influenced: 0 },
    methods: [{ method: 'loss', accuracy: [share, share], found: [share, share], ...scores }],
  };
};

beforeAll(async () => {
  const write = async (file: string, result: AuditResult) =>
    (await auditReport(result)).write(writerAt(join(folder, file)));
  await write('counted', { ...audit, simulation: simulation(5) });
  await write('uncounted', { ...audit, errors: { ...audit.errors, counted: undefined }, simulation: simulation(1) });
});

const address = (file: string) => join(folder, file, 'index.html');
const onPaper = (file: string) => paperText(readFileSync(address(file), 'utf8'));

async function opened(file: string, { index }: { readonly index: number }) {
  const { page } = await openPage({ acceptDownloads: true });
  await page.goto(`${pathToFileURL(address(file)).href}#example=${index}`);
  await page.waitForSelector('main');
  return page;
}

const lede = (page: Page) => page.locator('.hero .lede').textContent();

async function saved(page: Page): Promise<string[]> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save decisions.csv' }).click();
  const [, ...lines] = readFileSync(await (await download).path(), 'utf8')
    .trim()
    .split('\r\n');
  return lines;
}

test('one seed tells no uncertainty, several do', () => {
  const [several, one] = [onPaper('counted'), onPaper('uncounted')];
  expect(several).toContain('were flipped (40.0 %), 5 times.');
  expect(several).toContain('Without flips its test accuracy is 80.0 ± 1.2 %.');
  expect(one).toContain('were flipped (40.0 %), once.');
  expect(one).toContain(
    'Without flips its test accuracy is 80.0 %. One seed does not tell how uncertain these numbers are.',
  );
  expect(one).not.toContain('±');
});

test('what could not be calibrated is no number', () => {
  expect(onPaper('counted')).toContain('97.0 %');
  expect(onPaper('counted')).toContain('>99.9 %');
  const text = onPaper('uncounted');
  expect(text.match(/ uncalibrated /g)!.length).toBeGreaterThanOrEqual(suspects.length);
  expect(text).not.toContain('97.0 %');
  expect(text).not.toContain('>99.9 %');
});

inChromium(
  'a label is suggested where the own one is likelier wrong than right, and only there taken by a key',
  async () => {
    const page = await opened('counted', likely);
    expect(await lede(page)).toBe(`The audit suggests ${name(likely.suggested!)}.`);
    await page.keyboard.press('2');
    await page.keyboard.press('j');
    expect(await lede(page)).toBe(
      `The label is probably right, though other examples alone say ${name(unlikely.suggested!)}.`,
    );
    expect(await page.locator('.hero .facts').textContent()).toContain('label is wrong with7.00 %');
    const rows = page.locator('.input-list .input-row');
    expect(await rows.first().textContent()).toContain(`${name(likely.suggested!)}?`);
    expect(await rows.nth(1).textContent()).not.toContain('?');
    await page.keyboard.press('2');
    expect(await page.locator('.input-list .badge').allTextContents()).toEqual(['relabel', 'relabel as …']);
    expect(await page.locator('.filters').textContent()).toContain('1 relabelled example has no class yet');
    expect(await saved(page)).toHaveLength(1);

    const chosen = (unlikely.label + 5) % whole.classNames.length;
    await page.locator('.hero select').selectOption(String(chosen));
    const [one, two] = (await saved(page)).map((line) => line.split(','));
    expect(new Map([one!, two!].map((cells) => [cells[2], cells[4]]))).toEqual(
      new Map([
        [String(likely.index), name(likely.suggested!)],
        [String(unlikely.index), name(chosen)],
      ]),
    );
  },
);

inChromium('an uncalibrated suggestion says so, and is not taken by a key', async () => {
  const page = await opened('uncounted', sure);
  expect(await lede(page)).toBe(
    `Other examples say ${name(sure.suggested!)}; how likely the label is wrong is uncalibrated.`,
  );
  expect(await page.locator('.hero .facts').textContent()).toContain('label is wrong withuncalibrated');
  await page.keyboard.press('2');
  expect(await page.locator('.hero select').evaluate((select) => (select as HTMLSelectElement).value)).toBe('-1');
  expect(await page.getByRole('button', { name: 'Save decisions.csv' }).count()).toBe(0);
  const suggested = page.locator('.hero select option', { hasText: 'other examples say so' });
  expect(await suggested.textContent()).toBe(`${name(sure.suggested!)} (other examples say so)`);
});

inChromium('a suspect without another class stands on the diagonal, and is not told to be what it is', async () => {
  const page = await opened('counted', none);
  expect(await lede(page)).toBe('The audit does not suggest another label.');
  await page.getByText('Which label may be which').click();
  const diagonal = page.getByRole('button', { name: `${name(none.label)}, no other label is likelier` });
  await diagonal.click();
  const said = (await page.locator('.filters [aria-live]').textContent())!;
  expect(said).toContain(`labelled ${name(none.label)}, no other label is likelier`);
  expect(said).not.toContain('may be');
  expect(await page.locator('.input-list .input-row').count()).toBe(1);
});

describe('for every reader', () => {
  for (const file of ['counted', 'uncounted']) {
    inChromium(`nothing is in the way, in light and dark, on a phone and at a desk: ${file}`, async () => {
      const page = await opened(file, unlikely);
      await page.keyboard.press('2');
      expect(await obstacles(page)).toEqual([]);
    });
  }
});
