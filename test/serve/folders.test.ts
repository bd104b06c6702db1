/** What `serve` is pointed at: results and runs, whole, damaged, or nothing of the kind; and onnxruntime-web that is not there. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { writeModelFile } from '../../src/onnx/file.js';
import type { LiveConfig } from '../../src/report/app/live/config.js';
import { onnxRuntimeFiles } from '../../src/serve/onnx-runtime.js';
import { openSite } from '../../src/serve/open-site.js';
import { create } from '../../src/zoo/create.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';
import { smallRun } from '../helpers/small-run.js';

const folder = temporaryFolder();
const at = (...names: readonly string[]) => join(folder, ...names);

beforeAll(async () => {
  await smallRun(folder, { epochs: 1 });
  await writeModelFile(at('flat.onnx'), create('mlp', { inputShape: [784], hidden: [4] }));
  const attribute = async (model: string, input: string, out: string) =>
    expect(await runIn(folder, ['attribute', '--model', model, '--input', input, '--out', out])).toMatchObject({
      code: 0,
    });
  await attribute(at('run', 'model.onnx'), 'data@0', 'result');
  await attribute('flat.onnx', 'fashion-mnist-sample@0', 'flat');
});

/** Opens a folder, with what is said of it. */
async function opened(name: string) {
  const notices: string[] = [];
  const { site, pages } = await openSite(at(name), (line) => notices.push(line));
  const read = async (path: string) => Buffer.from((await site.get(path)!.read())!);
  return { site, pages, notices, read };
}

test('a run has a live page, with its model, its training examples and the sample', async () => {
  const { site, pages, notices, read } = await opened('run');
  expect([pages, notices]).toEqual([{ 'live page': '' }, []]);
  const config = JSON.parse((await read('live.json')).toString()) as LiveConfig;
  expect(config).toMatchObject({ title: 'run', model: { shape: [1, 12, 12] }, examples: { of: 160 }, remarks: [] });
  expect(config.examples!.labels).toHaveLength(160);
  expect(await read('examples.bin')).toHaveLength(160 * 144);
  expect(await read('sample/train.bin')).toHaveLength(5000 * 784);
  expect((await read('')).toString()).toContain('<script type="module" src="page.js"></script>');
  const policy = site.get('')!.policy!;
  expect(policy).toMatch(/default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
  expect(policy).not.toMatch(/unsafe-inline|unsafe-eval'? |\*|http/);
  expect([...site.keys()].filter((path) => path.includes('..'))).toEqual([]);
});

test('a result has its page, and a live one where its model is found', async () => {
  const { site, pages, notices } = await opened('result');
  expect([pages, notices]).toEqual([{ result: '', 'live page': 'live/' }, []]);
  expect(site.get('index.html')).toBe(site.get(''));
  expect(site.has('live/model.onnx')).toBe(true);
});

test('a result whose model takes no picture, or is gone, has its page alone', async () => {
  const { pages, notices } = await opened('flat');
  expect(pages).toEqual({ result: '' });
  expect(notices).toEqual(['without a live page: the model flat.onnx is no longer where it was']);
  const before = process.cwd();
  process.chdir(folder);
  try {
    expect((await opened('flat')).notices).toEqual([
      'without a live page: the model flat.onnx does not say what pictures it takes',
    ]);
  } finally {
    process.chdir(before);
  }
});

test('a run on vectors takes no pictures, and shows a network learn', async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${i % 2},${(i * 7) % 5},${i % 2 === 0 ? 'even' : 'odd'}`);
  writeFileSync(at('table.csv'), ['a,b,label', ...rows].join('\n'));
  await writeModelFile(at('mlp.onnx'), create('mlp', { inputShape: [2], hidden: [4], classes: 2 }));
  const how = ['--model', 'mlp.onnx', '--data', 'table.csv', '--epochs', '1', '--batch-size', '8', '--out', 'vectors'];
  expect(await runIn(folder, ['train', ...how])).toMatchObject({ code: 0 });
  const { site, notices, read } = await opened('vectors');
  expect(notices).toEqual([expect.stringMatching(/vectors: was trained on vectors, so its page takes no pictures$/)]);
  const config = JSON.parse((await read('live.json')).toString()) as LiveConfig;
  expect([config.model, config.remarks]).toEqual([undefined, notices]);
  expect([site.has('model.onnx'), site.has('examples.bin')]).toEqual([false, false]);
});

test('training data that moved away are a remark', async () => {
  cpSync(at('run'), at('elsewhere', 'run'), { recursive: true });
  rmSync(at('elsewhere', 'data'), { recursive: true, force: true });
  cpSync(at('data'), at('kept'), { recursive: true });
  rmSync(at('data'), { recursive: true });
  const { notices, read } = await opened('run');
  cpSync(at('kept'), at('data'), { recursive: true });
  expect(notices).toEqual([expect.stringMatching(/^no training examples are shown: .*data/)]);
  const config = JSON.parse((await read('live.json')).toString()) as LiveConfig;
  expect([config.remarks, config.examples]).toEqual([notices, undefined]);
});

/** Copies a folder and spoils it. */
function spoilt(from: string, spoil: (place: string) => void): string {
  const place = `spoilt-${from}`;
  rmSync(at(place), { recursive: true, force: true });
  cpSync(at(from), at(place), { recursive: true });
  spoil(at(place));
  return place;
}
const edit = (file: string, change: (text: string) => string) => (place: string) =>
  writeFileSync(join(place, file), change(readFileSync(join(place, file), 'utf8')));

test.each([
  [
    'a folder that is not there',
    () => 'nowhere',
    /nowhere: there is no such folder; name a run directory, or a folder of results/,
  ],
  ['a file', () => 'flat.onnx', /flat\.onnx: is a file; name a run directory/],
  [
    'an empty folder',
    () => (mkdirSync(at('empty'), { recursive: true }), 'empty'),
    /empty: holds neither a run \(run\.json\) nor a result/,
  ],
  [
    'a result that is cut short',
    () =>
      spoilt(
        'result',
        edit('result.json', (text) => text.slice(0, 99)),
      ),
    /result\.json: not JSON/,
  ],
  [
    'a result of a newer version',
    () =>
      spoilt(
        'result',
        edit('result.json', (text) => text.replace('"schemaVersion":1', '"schemaVersion":9')),
      ),
    /result\.json: .*schemaVersion/,
  ],
  [
    'a page that was edited',
    () =>
      spoilt(
        'result',
        edit('index.html', (text) => text + '<script>1</script>'),
      ),
    /index\.html: is missing, leads out of the folder, or was changed after it was written/,
  ],
  [
    'a result without its page',
    () => spoilt('result', (place) => rmSync(join(place, 'index.html'))),
    /index\.html: is missing/,
  ],
  [
    'a result without its manifest',
    () => spoilt('result', (place) => rmSync(join(place, 'manifest.json'))),
    /manifest\.json: is missing or damaged; write the result again/,
  ],
  [
    'a manifest that lists what is outside',
    () =>
      spoilt(
        'result',
        edit('manifest.json', (text) => text.replace('"path":"index.html"', '"path":"../m.html"')),
      ),
    /its manifest\.json lists no index\.html/,
  ],
  [
    'a run that was edited',
    () =>
      spoilt(
        'run',
        edit('run.json', (text) => text.replace('"epochs": 1', '"epochs": 2')),
      ),
    /run\.json: was changed after it was written/,
  ],
  [
    'a run of a newer version',
    () =>
      spoilt(
        'run',
        edit('run.json', (text) => text.replace('"formatVersion": 4', '"formatVersion": 99')),
      ),
    /run\.json: made by a newer version/,
  ],
  ['a run without its model', () => spoilt('run', (place) => rmSync(join(place, 'model.onnx'))), /model\.onnx/],
  [
    'a run whose model is damaged',
    () => spoilt('run', (place) => writeFileSync(join(place, 'model.onnx'), 'x')),
    /model\.onnx/,
  ],
])('%s is refused in one line', async (_, make, message) => {
  const { code, stdout, stderr } = await runIn(folder, ['serve', make()]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^onnx-explain: [^\n]+\n$/);
  expect(stderr).toMatch(message);
});

test('a port that is taken, or none, is refused', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const taken = await runIn(folder, ['serve', 'result', '--port', String(port), '--quiet']);
  other.close();
  expect(taken).toMatchObject({
    code: 2,
    stderr: `onnx-explain: --port ${port}: is taken by another program; name another, or leave it out\n`,
  });
  expect((await runIn(folder, ['serve', 'result', '--port', '70000'])).stderr).toBe(
    'onnx-explain: --port 70000: expected a whole number from 0, for any free one, to 65535\n',
  );
});

test('where onnxruntime-web is not installed, one line says how to install it', () => {
  const find = () => {
    throw new Error('Cannot find module');
  };
  expect(() => onnxRuntimeFiles('', find)).toThrow('onnxruntime-web is not installed, npm install onnxruntime-web');
});
