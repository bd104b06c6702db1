/** A real Chromium, where there is one: Debian's, driven by playwright-core. Elsewhere tests are skipped by name. */
import { spawnSync } from 'node:child_process';
import { afterAll, test } from '@jest/globals';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const found = ['chromium', 'chromium-browser', 'google-chrome']
  .map((name) => spawnSync('which', [name]).stdout?.toString().trim())
  .find((path) => path);

/** Whether there is one. */
export const hasChromium = found !== undefined;

let browser: Promise<Browser> | undefined;
afterAll(async () => {
  await (await browser)?.close();
});

/** A fresh page; what it throws and what its console calls an error lands in `errors`. */
export async function openPage(
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly errors: string[] }> {
  browser ??= chromium.launch({ executablePath: found!, args: ['--no-sandbox'] });
  const page = await (await (await browser).newContext(options)).newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return { page, errors };
}

/** A test that needs Chromium. */
export function inChromium(name: string, body: () => Promise<void>, timeout?: number): void {
  if (found) test(name, body, timeout);
  else test.skip(`skipped: no chromium (${name})`, body);
}
