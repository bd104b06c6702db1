/**
 * How fast pages are in a real browser: until the first view, and from a key or a choice to what it changes.
 *
 *   tsx scripts/bench/browser/pages.ts why/index.html suspects/index.html
 *
 * Three rounds each; the middle one is reported. It needs Debian's chromium.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Page } from 'playwright-core';

const ROUNDS = 3;
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

/** From opening the file until its first view is there, and painted. */
async function firstView(address: string): Promise<{ page: Page; ms: number }> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(address, { waitUntil: 'commit' });
  await page.waitForSelector('main');
  const ms = await page.evaluate(
    () =>
      new Promise<number>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())))),
  );
  return { page, ms };
}

/** Milliseconds from something that a reader does until the next painted frame. */
function painted(page: Page, work: string): Promise<number> {
  return page.evaluate(
    (body) =>
      new Promise<number>((done) => {
        const start = performance.now();
        // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- the bench's own text
        new Function(body)();
        requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
      }),
    work,
  );
}

const ACTIONS: Readonly<Record<string, string>> = {
  search:
    "const s=document.getElementById('search');s.value=s.value?'':'1';s.dispatchEvent(new Event('input',{bubbles:true}))",
  sort: "const s=document.querySelector('.filters select');s.selectedIndex=(s.selectedIndex+1)%s.options.length;s.dispatchEvent(new Event('change',{bubbles:true}))",
  scroll: "document.querySelector('.input-list').scrollTop+=2000",
  next: "dispatchEvent(new KeyboardEvent('keydown',{key:'j'}))",
};

const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

for (const path of process.argv.slice(2)) {
  const rounds: Record<string, number[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    const { page, ms } = await firstView(pathToFileURL(resolve(path)).href);
    (rounds['first view'] ??= []).push(ms);
    for (const [name, work] of Object.entries(ACTIONS)) {
      if (await page.locator('#search').count()) (rounds[name] ??= []).push(await painted(page, work));
    }
    await page.close();
  }
  const times = Object.entries(rounds).map(([name, values]) => `${name} ${middle(values).toFixed(0)} ms`);
  console.log(`${path}: ${(statSync(path).size / 1e6).toFixed(2)} MB; ${times.join(', ')}`);
}
await browser.close();
