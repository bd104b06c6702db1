/** What judges pages finds what is wrong with them: a judge that finds nothing anywhere would pass every page. */
import { expect } from '@jest/globals';
import { seriousFindings } from '../../helpers/browser/axe.js';
import { inChromium, openPage } from '../../helpers/browser/chromium.js';
import { beyondThePage } from '../../helpers/browser/width.js';

const page = (body: string) => `<!doctype html><html lang="en"><title>page</title><main>${body}</main></html>`;

inChromium('a page that is too wide is found', async () => {
  const { page: shown } = await openPage({ viewport: { width: 390, height: 800 } });
  await shown.setContent(page('<h1>narrow</h1>'));
  expect(await beyondThePage(shown)).toEqual([]);
  await shown.setContent(page('<h1>wide</h1><div class="wide" style="width:600px">wide</div>'));
  const [first, ...beyond] = await beyondThePage(shown);
  expect(first).toMatch(/^6\d\d of 390 pixels$/);
  expect(beyond).toContain('div.wide');
});

inChromium('a picture without words and a text too pale are found', async () => {
  const { page: shown } = await openPage();
  await shown.setContent(page('<h1>fine</h1>'));
  expect(await seriousFindings(shown)).toEqual([]);
  await shown.setContent(page('<h1 style="color:#ccc;background:#fff">pale</h1><img src="data:,">'));
  const found = (await seriousFindings(shown)).join('\n');
  expect(found).toContain('color-contrast');
  expect(found).toContain('image-alt');
});
