/** The browser entry in a real browser, on WebAssembly: the numbers are those of Node. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, jest } from '@jest/globals';
import { build } from 'esbuild';
import { nodeRuntime } from '../../src/runtime/node.js';
import { inChromium, openPage } from '../helpers/browser/chromium.js';
import * as work from '../helpers/browser/web-work.js';

jest.setTimeout(120_000);

const ORIGIN = 'http://localhost';
let script: string;

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: ['test/helpers/browser/web-page.ts'],
    bundle: true,
    format: 'esm',
    write: false,
    alias: { 'onnxruntime-web': '/ort/ort.wasm.bundle.min.mjs' },
    external: ['/ort/*', 'onnxruntime-web/webgpu'],
  });
  script = outputFiles[0]!.text;
});

async function worked(name: keyof typeof work): Promise<work.Outcome> {
  const { page, errors } = await openPage();
  await page.route(`${ORIGIN}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: '<!doctype html><script type="module" src="/page.js"></script>' }); // prettier-ignore
    if (pathname === '/page.js') return route.fulfill({ contentType: 'text/javascript', body: script });
    const file = pathname.replace('/ort/', '');
    const contentType = file.endsWith('.wasm') ? 'application/wasm' : 'text/javascript';
    return route.fulfill({ contentType, body: readFileSync(`node_modules/onnxruntime-web/dist/${file}`) });
  });
  await page.goto(ORIGIN);
  await page.waitForFunction('globalThis.work !== undefined');
  const outcome = await page.evaluate((asked) => (globalThis as unknown as { work: (name: string) => Promise<unknown> }).work(asked), name); // prettier-ignore
  expect(errors).toEqual([]);
  return outcome as work.Outcome;
}

/** Largest difference, as a share of the largest magnitude. */
function apart(found: readonly number[], expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - found[i]!))) / largest;
}

inChromium('every method of attribution gives the map of Node to 1e-4', async () => {
  const [found, expected] = [await worked('explain'), await work.explain(nodeRuntime({ threads: 1 }))];
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  const worst = Object.entries(expected).map(([what, values]) => [what, apart(found[what]!, values)] as const);
  expect(worst.filter(([, difference]) => !(difference <= 1e-4))).toEqual([]);
});

inChromium(
  'training in the page lowers the loss, as in Node, and its trace and influence are those of Node',
  async () => {
    const [found, expected] = [await worked('train'), await work.train(nodeRuntime({ threads: 1 }))];
    const losses = found.losses!;
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    expect(found.labels).toEqual(expected.labels);
    for (const what of ['losses', 'evaluation', 'gamma', 'effects', 'similarities']) {
      const difference = apart(found[what]!, expected[what]!);
      expect([what, difference < 1e-2, difference]).toEqual([what, true, difference]);
    }
  },
);
