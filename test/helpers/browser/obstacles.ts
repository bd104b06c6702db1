/** What stands in a reader's way, on any page. */
import type { Page } from 'playwright-core';
import { seriousFindings } from './axe.js';
import { beyondThePage } from './width.js';

const [HEIGHT, PHONE, DESK] = [900, 390, 1440];

/** With all folds open, on a phone and at a desk: what axe finds serious, in light and dark, and what makes the page scroll sideways. */
export async function obstacles(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    for (const fold of document.querySelectorAll('details')) fold.open = true;
  });
  const found: string[] = [];
  for (const [width, colorScheme] of [
    [PHONE, 'light'],
    [DESK, 'light'],
    [DESK, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: HEIGHT });
    await page.emulateMedia({ colorScheme });
    found.push(...(await seriousFindings(page)).map((finding) => `at ${width}, ${colorScheme}: ${finding}`));
    found.push(...(await beyondThePage(page)).map((beyond) => `at ${width}: ${beyond}`));
  }
  return found;
}
