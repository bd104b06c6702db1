/** The page of a trace in a real browser, from disk and without a network. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, jest } from '@jest/globals';
import type { Page } from 'playwright-core';
import { traceReport } from '../../../src/report/trace/report.js';
import type { TraceResult } from '../../../src/results/trace.js';
import { inChromium, openPage } from '../../helpers/browser/chromium.js';
import { obstacles } from '../../helpers/browser/obstacles.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { writerAt } from '../../helpers/folders.js';
import { syntheticTrace } from '../../helpers/synthetic-trace.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const HOSTILE = '<img src=x onerror=document.title="hacked">';

/** Colours that tell pictures apart. */
const pictureOf = (seed: number) => ({
  width: 8,
  height: 8,
  channels: 3 as const,
  data: Uint8Array.from({ length: 192 }, (_, i) => (seed * 37 + i * 11) % 256),
});
const source = {
  picture: (_: string, index: number) => Promise.resolve(pictureOf(index)),
  queryPicture: (query: number) => Promise.resolve(pictureOf(1000 + query)),
};

/** Thirty inputs with file names, more than a third of them wrong. */
function inputs(): TraceResult {
  const result = syntheticTrace({ queries: 30, layers: ['conv1', 'fc1', 'fc2'], steps: 60 });
  const queries = result.queries.map((query, i) => {
    const other = query.topClasses[1]!;
    const truth = i % 3 === 0 ? { class: other.class, label: other.label } : query.truth;
    const layers = query.layers.map((layer) => ({
      ...layer,
      examples: layer.examples.map((example) => ({ ...example, file: `train/${example.index}.png` })),
      ...(layer.layer === 'conv1' && { evidence: false, listOverlap: { shared: 9, of: 10, chance: 0.1, inputs: 30 } }),
    }));
    return { ...query, truth, layers, inputFile: `photos/${i === 4 ? HOSTILE : `picture-${i}`}.png` };
  });
  return { ...result, queries };
}

beforeAll(async () => {
  await (await traceReport(inputs(), source)).write(writerAt(join(folder, 'trace')));
});

/** The page, opened from disk in a browser without a network; what it asked for beside itself. */
async function opened(hash = '', options = {}) {
  const { page, errors } = await openPage({ ...options, acceptDownloads: true });
  const asked: string[] = [];
  page.on('request', (request) => {
    if (!/^(file|data|blob):/.test(request.url())) asked.push(request.url());
  });
  await page.context().setOffline(true);
  await page.goto(`${pathToFileURL(join(folder, 'trace', 'index.html')).href}${hash}`);
  await page.waitForSelector('main');
  return { page, errors, asked };
}

const rows = (page: Page) => page.locator('.input-list .input-row').allTextContents();
const decision = (page: Page) => page.locator('h2.decision').textContent();

inChromium('opens from disk without a network, with every picture, and lets names be text', async () => {
  const { page, errors, asked } = await opened();
  expect(asked).toEqual([]);
  expect(errors).toEqual([]);
  expect(await page.locator('h1').textContent()).toMatch(/^30 decisions, 11 of them wrong/);
  const picture = page.locator('.hero .picture');
  expect(await picture.evaluate((element) => getComputedStyle(element).backgroundImage)).toMatch(
    /^url\("data:image\/webp/,
  );
  await page.fill('#search', 'onerror');
  expect(await rows(page)).toHaveLength(1);
  await page.locator('.input-row').click();
  expect(await page.locator('main').textContent()).toContain(HOSTILE);
  expect(await page.title()).not.toContain('hacked');
  expect(await page.locator('img').count()).toBe(0);
});

inChromium('lists the wrong ones first, filters by outcome, name and cell, and sorts', async () => {
  const { page } = await opened();
  const first = await rows(page);
  expect(first[0]).toContain('wrong: ');
  await page.getByRole('button', { name: /^right 19$/ }).click();
  expect((await rows(page)).filter((row) => row.includes('wrong'))).toEqual([]);
  expect(await page.locator('.filters [aria-live]').textContent()).toContain('19 inputs');
  await page.getByRole('button', { name: 'show all' }).click();
  await page.fill('#search', 'picture-12');
  expect(await rows(page)).toEqual([expect.stringContaining('picture-12.png')]);
  await page.fill('#search', '');
  await page.getByText('Which class was taken for which').click();
  const cell = page.locator('.confusion td button').first();
  const count = Number(await cell.textContent());
  await cell.click();
  expect(await page.locator('.filters [aria-live]').textContent()).toContain(`${count} input`);
  await page.getByRole('button', { name: 'show all' }).click();
  await page.locator('.filters select').first().selectOption({ label: 'least sure first' });
  const sure = (await rows(page)).map((row) => Number(/ (\d+\.?\d*) %/.exec(row)![1]));
  expect(sure).toEqual([...sure].sort((a, b) => a - b));
});

inChromium('keys walk through the list, and a link opens the same view', async () => {
  const { page, errors } = await opened();
  const before = await decision(page);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  const place = await page.locator('.hero p.muted').first().textContent();
  await page.getByRole('button', { name: /^fc1/ }).click();
  expect(await page.locator('.layer-panel').getAttribute('aria-label')).toBe('layer fc1');
  const slider = page.getByRole('slider', { name: 'training step' });
  await slider.focus();
  await slider.press('Home');
  const step = await page.locator('.stepper span').first().textContent();
  const { hash } = new URL(page.url());
  expect(hash).toContain('layer=fc1');

  const again = await opened(hash);
  expect(await again.page.locator('.hero p.muted').first().textContent()).toBe(place);
  expect(await again.page.locator('.layer-panel').getAttribute('aria-label')).toBe('layer fc1');
  expect(await again.page.locator('.stepper span').first().textContent()).toBe(step);
  await again.page.keyboard.press('k');
  await again.page.keyboard.press('k');
  expect(await decision(again.page)).toBe(before);
  expect([...errors, ...again.errors]).toEqual([]);
  // Whatever a hash says, there is a page.
  const odd = await opened('#input=99999&layer=%3Cb%3E&step=-4&pins=7.9%20x&tab=nothing&part=5&sure=a');
  expect(odd.errors).toEqual([]);
  expect(await odd.page.locator('main').textContent()).not.toBe('');
});

inChromium('layers whose list is the same for everything say so and show no list', async () => {
  const { page } = await opened();
  const layers = await page.locator('.strip-layers .layer').allTextContents();
  expect(layers.map((text) => /^(conv1|fc1|fc2)/.exec(text)![1])).toEqual(['fc2', 'fc1', 'conv1']);
  expect(layers[2]).toContain('the same for every input: no evidence');
  await page.getByRole('button', { name: /^conv1/ }).click();
  expect(await page.locator('.layer-panel .examples').count()).toBe(0);
  expect(await page.locator('.layer-panel').textContent()).toContain('Not shown as evidence');
});

inChromium('the slider shows what was learned up to a step, and a step its batch', async () => {
  const { page } = await opened();
  const total = () => page.locator('.time .waterfall .total .value').textContent();
  const slider = page.getByRole('slider', { name: 'training step' });
  const end = await total();
  await slider.focus();
  await slider.press('Home');
  expect(await total()).not.toBe(end);
  const marker = page.locator('.step-marker');
  const left = (await marker.boundingBox())!.x;
  await page.locator('.time .row button').first().click();
  expect(await page.locator('.time').textContent()).toMatch(/The batch of step \d+/);
  await slider.press('End');
  expect((await marker.boundingBox())!.x).toBeGreaterThan(left);
});

inChromium('examples are kept, relabelled and dropped by keys and mouse, and exported with their files', async () => {
  const { page } = await opened('#tab=examples');
  const named = async () =>
    /training example (\d+)/.exec((await page.locator('.hero p.muted').first().textContent())!)![1]!;
  const first = await named();
  await page.keyboard.press('3');
  await page.keyboard.press('j');
  const second = await named();
  expect(second).not.toBe(first);
  await page.keyboard.press('2');
  await page.locator('.hero select').selectOption({ label: 'Coat' });
  await page.keyboard.press('j');
  await page.getByRole('button', { name: /keep/ }).click();
  const third = await named();
  await page.keyboard.press('j');
  await page.keyboard.press('1');
  await page.keyboard.press('0');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save decisions.csv' }).click();
  const saved = await (await download).path();
  const lines = readFileSync(saved, 'utf8').trim().split('\r\n');
  expect(lines[0]).toBe('decision,split,index,label,newLabel,file,row');
  const byIndex = (index: string) => lines.find((line) => line.split(',')[2] === index);
  expect(lines).toHaveLength(4);
  expect(byIndex(first)).toMatch(/^drop,train,\d+,[^,]+,,/);
  expect(byIndex(second)).toMatch(/^relabel,train,\d+,[^,]+,Coat,/);
  expect(byIndex(third)).toMatch(/^keep,/);
  expect(lines.some((line) => line.includes('train/'))).toBe(true);
  await page.reload();
  await page.waitForSelector('main');
  expect(await page.locator('.filters [aria-live]').textContent()).toContain('3 decided');
});

inChromium('an example says whom it helps and hurts, and leads there', async () => {
  const { page } = await opened();
  await page.locator('.layer-panel .examples .tile').first().click();
  expect(await page.locator('.hero').textContent()).toMatch(/Listed for \d+ inputs?: it helps \d+ and hurts \d+/);
  const link = page.locator('table .tile').first();
  const name = (await link.textContent())!.trim();
  await link.click();
  expect(await page.locator('.hero').textContent()).toContain(name);
});

inChromium('two inputs are pinned and compared', async () => {
  const { page } = await opened();
  const one = await decision(page);
  await page.keyboard.press('p');
  await page.keyboard.press('j');
  const two = await decision(page);
  await page.keyboard.press('p');
  await page.getByRole('button', { name: 'Compare the two' }).click();
  expect(await page.locator('.side h2.decision').allTextContents()).toEqual([one, two]);
});

describe('for every reader', () => {
  for (const tab of ['', '#tab=examples', '#tab=compare', '#tab=about']) {
    inChromium(`nothing is in the way, in light and dark, on a phone and at a desk: ${tab}`, async () => {
      const { page } = await opened(tab);
      expect(await obstacles(page)).toEqual([]);
    });
  }

  inChromium('an input prints on two pages at most', async () => {
    const { page } = await opened();
    const pdf = (await page.pdf({ format: 'A4', printBackground: true })).toString('latin1');
    expect(pdf.match(/\/Type\s*\/Page[^s]/g)!.length).toBeLessThanOrEqual(2);
  });

  inChromium('without scripts there is the sheet of paper', async () => {
    const { page } = await openPage({ javaScriptEnabled: false });
    await page.goto(pathToFileURL(join(folder, 'trace', 'index.html')).href);
    expect(await page.locator('.paper h2.decision').count()).toBe(24);
    expect(await page.locator('.paper button').count()).toBe(0);
    expect(await page.locator('.paper .picture').first().isVisible()).toBe(true);
  });
});

inChromium('damaged data are told, and no script but its own runs', async () => {
  const path = join(folder, 'trace', 'index.html');
  expect(existsSync(path)).toBe(true);
  const whole = readFileSync(path, 'utf8');
  const write = writerAt(join(folder, 'spoilt'));
  await write.write('index.html', whole.replace(/(id="payload">.{2000}).{40}/, '$1AAAA'));
  const { page } = await openPage();
  await page.goto(pathToFileURL(join(folder, 'spoilt', 'index.html')).href);
  await page.waitForSelector('[role=alert]');
  expect(await page.locator('[role=alert]').textContent()).toMatch(/cannot show its data: .*Write it again/);

  await write.write('index.html', whole.replace('</body>', '<script>document.title = "foreign"</script></body>'));
  await page.goto(pathToFileURL(join(folder, 'spoilt', 'index.html')).href);
  await page.waitForSelector('main');
  expect(await page.title()).not.toBe('foreign');
});
