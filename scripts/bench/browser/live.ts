/**
 * How long a live page takes: until it is ready, until a picture is explained, and to train.
 *
 *   onnx-explain create lenet-bn --out m.onnx && onnx-explain train --model m.onnx --data fashion-mnist-sample --out run
 *   npx tsx scripts/bench/browser/live.ts run <chromium>
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { openDataset } from '../../../src/data/open-dataset.js';

const ROUNDS = 3;
const [run = 'run', executablePath = '/usr/bin/chromium'] = process.argv.slice(2);

const server = spawn(process.execPath, ['dist/cli/main.js', 'serve', run], { stdio: ['ignore', 'pipe', 'inherit'] });
let said = '';
while (!said.includes('Ctrl+C')) said += String((await once(server.stdout, 'data'))[0]);
const url = /http:\S+/.exec(said)![0];
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const test = await openDataset('fashion-mnist-sample', { split: 'test' });
const pictures = await Promise.all(
  [1, 2].map(async (index) => {
    const { data, ...raw } = await test.picture(index);
    return sharp(data, { raw }).png().toBuffer();
  }),
);

process.on('exit', () => server.kill('SIGINT'));
const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(2);
for (let round = 0; round < ROUNDS; round++) {
  const page = await browser.newPage();
  const status = (text: RegExp) => page.locator('#status').filter({ hasText: text }).waitFor({ timeout: 300_000 });
  let since = performance.now();
  await page.goto(url);
  await status(/^Ready/);
  const facts = [`ready ${seconds(since)} s`];
  for (const [i, buffer] of pictures.entries()) {
    since = performance.now();
    await page.setInputFiles('input[type=file]', { name: `${i}.png`, mimeType: 'image/png', buffer });
    await status(new RegExp(`^${i}\\.png: `));
    facts.push(`picture ${i + 1} ${seconds(since)} s`);
  }
  since = performance.now();
  await page.locator('.controls button').click();
  await status(/^Trained/);
  facts.push(`training ${seconds(since)} s`, (await page.locator('.step').textContent())!);
  console.log(facts.join(', '));
  await page.close();
}
await browser.close();
process.exit();
