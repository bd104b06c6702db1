/** The same training, derivative and attribution in a browser, on WebAssembly and on WebGPU, as in Node. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { nodeRuntime } from '../../src/runtime/node.js';
import { WORK, type WorkDone } from '../helpers/browser/work.js';
import { temporaryFolder } from '../helpers/data-files.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const browser = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);
const ONNX_RUNTIME = 'node_modules/onnxruntime-web/dist';
/** SwiftShader stands in for a graphics processor. */
const FLAGS = ['--headless=new', '--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** Opens a page in a browser. @returns what it says */
async function inBrowser(provider: string, work: string): Promise<WorkDone> {
  // ONNX Runtime comes as it is, beside its WebAssembly.
  const bundling = ['--bundle', '--format=esm', '--target=es2022', '--external:onnxruntime-web*'];
  const { stdout: script, stderr } = spawnSync(
    process.execPath,
    ['node_modules/esbuild/bin/esbuild', 'test/helpers/browser/page.ts', ...bundling],
    { maxBuffer: 2 ** 26 },
  );
  expect(stderr.toString()).toBe('');
  const imports = {
    'onnxruntime-web': '/ort/ort.wasm.bundle.min.mjs',
    'onnxruntime-web/webgpu': '/ort/ort.webgpu.bundle.min.mjs',
  };
  const page =
    `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>` +
    `<script type="module" src="/page.js?provider=${provider}&work=${work}"></script>`;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    const send = (type: string, body: string | Uint8Array) =>
      response.writeHead(200, { 'content-type': type }).end(body);
    if (pathname === '/') send('text/html', page);
    else if (pathname === '/page.js') send('text/javascript', script);
    else if (pathname === '/outcome') void told(request).finally(() => response.end());
    else if (pathname.startsWith('/ort/')) {
      const type = pathname.endsWith('.wasm') ? 'application/wasm' : 'text/javascript';
      send(type, readFileSync(join(ONNX_RUNTIME, pathname.slice('/ort/'.length))));
    } else response.writeHead(404).end();
  });
  let settle: (outcome: WorkDone) => void;
  const outcome = new Promise<WorkDone>((resolve) => (settle = resolve));
  const told = async (request: IncomingMessage) => {
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part as Uint8Array);
    settle(JSON.parse(Buffer.concat(parts).toString('utf8')) as WorkDone);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  const running = spawn(browser!, [...FLAGS, `--user-data-dir=${join(folder, provider)}`, url], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()));
  try {
    return await Promise.race([
      outcome,
      ended.then(() => {
        throw new Error('the browser ended before the page said anything');
      }),
    ]);
  } finally {
    running.kill();
    await ended;
    server.closeAllConnections();
    server.close();
  }
}

const there = browser === undefined ? test.skip : test;

there.each([
  ['train', 'wasm'],
  ['lrp', 'wasm'],
  ['gradient', 'webgpu'],
])(
  browser === undefined ? 'skipped: no browser (%s on %s)' : '%s in a browser on %s is that of Node',
  async (work, provider) => {
    const [found, expected] = [await inBrowser(provider, work), await WORK[work]!(nodeRuntime({ threads: 1 }))];
    expect(found).not.toHaveProperty('error');
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [what, values] of Object.entries(expected)) {
      // Kernels sum in an order of their own: float32 rounds at 6e-8, four steps of a few hundred sums come to less than 1e-4 of
      // what is of the size of weights: the bias in front of a batch norm is nothing but rounding.
      const largest = Math.max(...values.map(Math.abs), work === 'train' ? 1 : 0);
      const apart = Math.max(...values.map((value, i) => Math.abs(value - found[what]![i]!)));
      expect([what, apart / largest < 1e-4]).toEqual([what, true]);
    }
  },
);

there(browser === undefined ? 'skipped: no browser (refusal)' : 'what WebGPU lacks in a browser is named', async () => {
  const { error } = await inBrowser('webgpu', 'train');
  expect(error).toMatch(
    /WebGPU build, which has no float64, cannot compute the Cast node .*; set `executionProviders` to wasm$/,
  );
});
