/**
 * Takes the picture of a page that the README shows:
 *
 *   onnx-explain demo --out demo && onnx-explain trace demo/run --input fashion-mnist-sample@0-99 --out why
 *   tsx scripts/page-picture.ts why/index.html --hash input=54
 *
 * It needs Debian's chromium. Made with Chromium 156 and playwright-core 1.65.1.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: 'docs/images/report.png' },
    hash: { type: 'string', default: '' },
    width: { type: 'string', default: '1240' },
    height: { type: 'string', default: '1130' },
    browser: { type: 'string', default: '/usr/bin/chromium' },
  },
});
const browser = await chromium.launch({ executablePath: values.browser, args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: Number(values.width), height: Number(values.height) } });
await page.goto(`${pathToFileURL(resolve(positionals[0]!)).href}#${values.hash}`);
await page.waitForSelector('main');
// Few colours: the picture stands in the repository.
await sharp(await page.screenshot())
  .png({ palette: true })
  .toFile(values.out);
await browser.close();
