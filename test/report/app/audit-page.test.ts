/** The page of an audit in a real browser, from disk. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { auditReport } from '../../../src/report/audit/report.js';
import { inChromium, openPage } from '../../helpers/browser/chromium.js';
import { obstacles } from '../../helpers/browser/obstacles.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { writerAt } from '../../helpers/folders.js';
import { paperText } from '../../helpers/pages/page-text.js';
import { syntheticAudit } from '../../helpers/pages/synthetic-audit.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const COUNT = 240;
const audit = syntheticAudit(COUNT);
const HOSTILE = '<img src=x onerror=document.title="hacked">';

const source = {
  picture: (_: string, index: number) =>
    Promise.resolve({
      width: 8,
      height: 8,
      channels: 1 as const,
      data: Uint8Array.from({ length: 64 }, (__, i) => (index * 37 + i * 11) % 256),
    }),
  queryPicture: () => Promise.resolve(undefined),
};

beforeAll(async () => {
  const [first, ...others] = audit.suspects;
  const suspects = [{ ...first!, file: `train/${HOSTILE}.png` }, ...others];
  await (await auditReport({ ...audit, suspects }, source)).write(writerAt(join(folder, 'audit')));
  const errors = {
    ...audit.errors,
    suspicious: false,
    counted: { ...audit.errors.counted!, interval: [0, 2.4] as [number, number] },
  };
  await (await auditReport({ ...audit, errors })).write(writerAt(join(folder, 'clean')));
  const uncounted = { ...audit.errors, suspicious: false, counted: undefined };
  await (await auditReport({ ...audit, errors: uncounted })).write(writerAt(join(folder, 'uncounted')));
});

const address = (name: string) => join(folder, name, 'index.html');

async function opened(hash = '', options = {}, name = 'audit') {
  const { page, errors } = await openPage({ ...options, acceptDownloads: true });
  await page.goto(`${pathToFileURL(address(name)).href}${hash}`);
  await page.waitForSelector('main');
  return { page, errors };
}

const rows = (page: Page) => page.locator('.input-list .input-row').allTextContents();
const said = (page: Page) => page.locator('.filters [aria-live]').textContent();

test('on paper there are the first suspects, the count of wrong labels, and nothing to press', () => {
  const page = readFileSync(address('audit'), 'utf8');
  const text = paperText(page);
  expect(text).toContain('About 24 of 480 labels are likely wrong: 17 to 34, at 95 % confidence.');
  expect(text).toContain('About 24 of 480 labels look wrong (17 to 34 at 95 % confidence)');
  const noscript = /<noscript>(.*?)<\/noscript>/s.exec(page)![1]!;
  expect(noscript.match(/<tr>/g)).toHaveLength(31);
  expect(noscript).not.toContain('<button');
  const clean = paperText(readFileSync(address('clean'), 'utf8'));
  expect(clean).toContain('None of 480 labels looks wrong for sure: 0 to 3 may be, at 95 % confidence.');
  expect(clean).toContain('only the least certain ones');
  // What cannot be told is not good news, neither in the first sentence nor beside it.
  const uncounted = paperText(readFileSync(address('uncounted'), 'utf8'));
  expect(uncounted.match(/How many of 480 labels are wrong cannot be told/g)).toHaveLength(2);
  expect(uncounted).not.toContain('None of 480 labels');
});

inChromium('lists suspects as the result does, and lets names be text', async () => {
  const { page, errors } = await opened();
  expect(errors).toEqual([]);
  expect(await page.locator('h1').textContent()).toBe(
    'About 24 of 480 labels are likely wrong: 17 to 34, at 95 % confidence.',
  );
  const listed = await rows(page);
  expect(listed.length).toBeLessThan(60);
  const indices = listed.map((row) => Number(/(\d+)(?= [A-Z]|train)/.exec(row)![1]));
  expect(indices).toEqual(audit.suspects.slice(0, listed.length).map(({ index }) => index));
  expect(await said(page)).toContain(`${COUNT} training examples`);
  const main = (await page.locator('main').textContent())!;
  expect(main).toContain(HOSTILE);
  expect(main).toContain('Looks alike, labelled otherwise');
  expect(await page.locator('.examples.opposed .picture').count()).toBe(5);
  expect(await page.title()).not.toContain('hacked');
  expect(await page.locator('img').count()).toBe(0);
});

inChromium('a cell of the matrix lists its suspects, and the address keeps it', async () => {
  const { page } = await opened();
  await page.getByText('Which label may be which').click();
  expect(await page.locator('.confusion .corner').textContent()).toBe('given ↓ suggested →');
  const cell = page
    .locator('.confusion')
    .getByRole('button', { name: / may be / })
    .first();
  const count = Number(await cell.textContent());
  await cell.click();
  expect(await said(page)).toMatch(new RegExp(`^${count} training examples?, labelled .+, may be .+ clear$`));
  const { hash } = new URL(page.url());
  const again = await opened(hash);
  expect(await said(again.page)).toBe(await said(page));
  await page.getByRole('button', { name: 'clear' }).click();
  expect(await said(page)).toContain(`${COUNT} training examples`);
});

inChromium('suspects are kept, relabelled as suggested and dropped by keys, and exported', async () => {
  const { page } = await opened();
  for (const key of ['1', 'j', '2', 'j', '3']) await page.keyboard.press(key);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save decisions.csv' }).click();
  const lines = readFileSync(await (await download).path(), 'utf8')
    .trim()
    .split('\r\n');
  const [first, second, third] = audit.suspects;
  const decided = (index: number) => lines.find((line) => line.split(',')[2] === String(index))!;
  expect(lines).toHaveLength(4);
  expect(decided(first!.index)).toMatch(/^keep,train,/);
  const suggested = audit.classNames[second!.suggested!]!;
  expect(decided(second!.index).split(',').slice(0, 5)).toEqual([
    'relabel',
    'train',
    String(second!.index),
    audit.classNames[second!.label],
    suggested,
  ]);
  expect(decided(third!.index)).toMatch(/^drop,train,/);
});

inChromium('keys that follow each other within a frame act on the suspect that is then open', async () => {
  const { page } = await opened();
  // Each key is a task of its own, as a real one is, but none waits until the page is painted.
  await page.evaluate(
    async (keys) => {
      for (const key of keys) {
        document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        await new Promise<void>((resolve) => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => resolve();
          port2.postMessage('');
        });
      }
    },
    ['1', 'j', '2', 'j', '3', 'k', 'k', '3'],
  );
  const badges = page.locator('.input-list .input-row .badge');
  expect(await badges.allTextContents()).toEqual(['drop', 'relabel', 'drop']);
});

/** Draws a line around a part of the map. */
async function drawLine(page: Page, corners: readonly (readonly [number, number])[]): Promise<void> {
  const box = (await page.locator('.scatter canvas').boundingBox())!;
  const at = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
  await page.mouse.move(...at(corners[0]!));
  await page.mouse.down();
  for (const corner of corners.slice(1)) await page.mouse.move(...at(corner), { steps: 4 });
  await page.mouse.up();
}

inChromium('a line around points of the map filters the list, and the address keeps it', async () => {
  const { page, errors } = await opened('#tab=map', { viewport: { width: 1280, height: 1100 } });
  await drawLine(page, [
    [0.5, 0.02],
    [0.98, 0.02],
    [0.98, 0.98],
    [0.5, 0.98],
  ]);
  const note = (await page.locator('.map-chosen').textContent())!;
  const count = Number(/list (\d+) training examples/.exec(note)![1]);
  expect(count).toBeGreaterThan(COUNT / 5);
  expect(count).toBeLessThan(COUNT);
  const { hash } = new URL(page.url());
  expect(hash).toMatch(/v\.lasso=-?\d+_-?\d+(\.-?\d+_-?\d+)+/);

  const again = await opened(hash);
  expect(await again.page.locator('.map-chosen').textContent()).toBe(note);
  await again.page.getByRole('button', { name: /^list / }).click();
  expect(await said(again.page)).toContain(`${count} training examples, within the line on the map`);
  await again.page.getByRole('button', { name: 'clear' }).click();
  expect(await said(again.page)).toContain(`${COUNT} training examples`);
  expect([...errors, ...again.errors]).toEqual([]);
  const odd = await opened('#tab=map&v.lasso=1_2.x&v.class=-3&v.color=odd');
  expect(odd.errors).toEqual([]);
  expect(await odd.page.locator('.map-chosen').textContent()).toBe('');
});

inChromium('arrow keys walk over the map, and Enter opens the example', async () => {
  const { page } = await opened('#tab=map');
  await page.locator('.scatter canvas').focus();
  await page.keyboard.press('ArrowRight');
  const first = await page.locator('.read-out').textContent();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowDown');
  const second = (await page.locator('.read-out').textContent())!;
  expect(second).not.toBe(first);
  expect(await page.locator('.read-out .picture').count()).toBe(1);
  await page.keyboard.press('Enter');
  const index = /training example (\d+)/.exec(second)![1]!;
  expect(await page.locator('.hero p.muted').first().textContent()).toContain(`training example ${index}`);
  await page.goBack();
  await page.locator('.row select').selectOption({ index: 1 });
  expect(await page.locator('.map-chosen').textContent()).toMatch(/^\d+ points, of class /);
});

describe('for every reader', () => {
  const tabs = ['', '#tab=trust', '#tab=map', '#tab=about'];
  for (const tab of tabs) {
    inChromium(`nothing is in the way, in light and dark, on a phone and at a desk: ${tab}`, async () => {
      const { page } = await opened(tab);
      expect(await obstacles(page)).toEqual([]);
    });
  }
});
