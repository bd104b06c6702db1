/** Requests that nobody should answer: other hosts, foreign pages, guessed tokens, paths that lead out. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sha256 } from '../../src/files.js';
import { writeModelFile } from '../../src/onnx/file.js';
import { create } from '../../src/zoo/create.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';
import { sendRaw, serving, type Serving } from '../helpers/browser/serving.js';

const folder = temporaryFolder();
const SECRET = 'what nobody may see';
let server: Serving;

beforeAll(async () => {
  await writeModelFile(join(folder, 'm.onnx'), create('mlp', { inputShape: [1, 28, 28], hidden: [4] }));
  expect(
    await runIn(folder, ['attribute', '--model', 'm.onnx', '--input', 'fashion-mnist-sample@1', '--out', 'result']),
  ).toMatchObject({ code: 0 });
  writeFileSync(join(folder, 'secret.txt'), SECRET);
  writeFileSync(join(folder, 'result', 'unlisted.txt'), SECRET);
  server = await serving(['result'], folder);
});

afterAll(async () => {
  expect(await server.stop()).toMatchObject({ code: 0 });
});

const get = (path: string, ...more: readonly string[]) =>
  sendRaw(server.port, [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${server.port}`, ...more]);

test('the page is answered, by itself and by its name, with all that it may do', async () => {
  for (const name of ['', 'index.html']) {
    const { status, head, body } = await get(`/${server.token}/${name}`);
    expect([status, body]).toEqual([200, readFileSync(join(folder, 'result', 'index.html'), 'latin1')]);
    expect(head).toMatch(
      /Content-Security-Policy: default-src 'none'; img-src 'self' data: blob:; style-src 'unsafe-inline'/,
    );
    for (const line of [
      'X-Content-Type-Options: nosniff',
      'Cross-Origin-Opener-Policy: same-origin',
      'Cross-Origin-Embedder-Policy: require-corp',
      'Cross-Origin-Resource-Policy: same-origin',
      'Referrer-Policy: no-referrer',
      'Cache-Control: no-store',
    ]) {
      expect(head).toContain(line);
    }
  }
  const { status, head } = await get(`/${server.token}/result.json?x=1`);
  expect(status).toBe(200);
  expect(head).toMatch(/Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; sandbox/);
});

test('only the head is given to who asks for it, and it opens from localhost too', async () => {
  const { status, head, body } = await sendRaw(server.port, [
    `HEAD /${server.token}/ HTTP/1.1`,
    `Host: localhost:${server.port}`,
  ]);
  expect([status, body]).toEqual([200, '']);
  expect(head).toMatch(/Content-Length: \d{4,}/);
});

test.each([
  ['another name', ['Host: evil.example']],
  ['another name with the port', ['Host: evil.example:PORT']],
  ['a name that begins alike', ['Host: 127.0.0.1.evil.example:PORT']],
  ['another port', ['Host: 127.0.0.1:1']],
  ['no port', ['Host: 127.0.0.1']],
  ['an empty name', ['Host: ']],
  ['two names', ['Host: 127.0.0.1:PORT', 'Host: evil.example']],
  ['a foreign origin', ['Host: 127.0.0.1:PORT', 'Origin: http://evil.example']],
  ['no origin at all', ['Host: 127.0.0.1:PORT', 'Origin: null']],
  ['another port of this computer', ['Host: 127.0.0.1:PORT', 'Origin: http://127.0.0.1:1']],
  ['a page of another site', ['Host: 127.0.0.1:PORT', 'Sec-Fetch-Site: cross-site']],
  ['a page of another port', ['Host: 127.0.0.1:PORT', 'Sec-Fetch-Site: same-site']],
])('refuses %s', async (_, lines) => {
  const { status, body, head } = await sendRaw(server.port, [
    `GET /${server.token}/ HTTP/1.1`,
    ...lines.map((line) => line.replace('PORT', String(server.port))),
  ]);
  expect([400, 403]).toContain(status);
  expect(body).not.toContain('<');
  expect(head + body).not.toContain(server.token);
});

test('a link to the page may stand on another page, which sees nothing of it', async () => {
  const from = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate'];
  expect((await get(`/${server.token}/`, ...from, 'Sec-Fetch-Dest: document')).status).toBe(200);
  expect((await get(`/${server.token}/`, ...from, 'Sec-Fetch-Dest: iframe')).status).toBe(403);
});

test('a request without a host, or in another tongue, is refused', async () => {
  expect((await sendRaw(server.port, [`GET /${server.token}/ HTTP/1.1`])).status).toBe(400);
  expect((await sendRaw(server.port, [`GET /${server.token}/ HTTP/1.0`])).status).toBe(403);
  expect((await sendRaw(server.port, ['\u0000\u0001 nonsense'])).status).toBe(400);
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH'])('refuses %s', async (method) => {
  const { status, head } = await sendRaw(server.port, [
    `${method} /${server.token}/ HTTP/1.1`,
    `Host: 127.0.0.1:${server.port}`,
  ]);
  expect(status).toBe(405);
  expect(head).toContain('Allow: GET, HEAD');
});

describe('a path that is not known', () => {
  test('whether the token or the file is wrong is not told', async () => {
    const wrong = [
      `/`,
      `/index.html`,
      `/x/`,
      `/${server.token.slice(0, -1)}/`,
      `/${server.token}x/`,
      `//${server.token}/`,
      `/${server.token.toLowerCase()}_/`,
      `/${server.token}`,
      `/${server.token}/nothing`,
    ];
    const answers = await Promise.all(wrong.map((path) => get(path)));
    for (const { status, body } of answers) expect([status, body]).toEqual([404, 'not found\n']);
    const heads = new Set(answers.map(({ head }) => head.replace(/Date: .*/, '')));
    expect(heads.size).toBe(1);
  });

  test.each([
    '../secret.txt',
    '..%2fsecret.txt',
    '%2e%2e/secret.txt',
    '%2e%2e%2fsecret.txt',
    '..%5csecret.txt',
    '..\\secret.txt',
    './../secret.txt',
    'query-0/../../secret.txt',
    '/etc/passwd',
    '%00',
    'index.html%00.txt',
    'unlisted.txt',
    'manifest.json/../unlisted.txt',
    '__proto__',
    'constructor',
    '%ff',
  ])('%s', async (path) => {
    const { status, body } = await get(`/${server.token}/${path}`);
    expect(status).toBe(404);
    expect(body).toBe('not found\n');
  });

  test('a whole address in the place of a path', async () => {
    expect((await get(`http://127.0.0.1:${server.port}/${server.token}/`)).status).toBe(404);
  });
});

test('a file that changes, or becomes a link to another, is no longer handed out', async () => {
  const { files } = JSON.parse(readFileSync(join(folder, 'result', 'manifest.json'), 'utf8')) as {
    files: { path: string }[];
  };
  const { path } = files.find(({ path: name }) => name.endsWith('.npy'))!;
  const at = join(folder, 'result', path);
  expect((await get(`/${server.token}/${path}`)).status).toBe(200);
  const before = readFileSync(at);
  writeFileSync(at, SECRET);
  expect((await get(`/${server.token}/${path}`)).status).toBe(404);
  writeFileSync(at, before);
  expect((await get(`/${server.token}/${path}`)).status).toBe(200);
});

test('links that lead out of the folder are refused, whatever the manifest says', async () => {
  const linked = join(folder, 'linked');
  mkdirSync(linked);
  for (const name of ['result.json', 'index.html'])
    writeFileSync(join(linked, name), readFileSync(join(folder, 'result', name)));
  symlinkSync(join(folder, 'secret.txt'), join(linked, 'inputs.csv'));
  const files = ['result.json', 'index.html', 'inputs.csv'].map((path) => {
    const bytes = readFileSync(join(linked, path));
    return { path, bytes: bytes.length, sha256: sha256(bytes) };
  });
  const tool = { name: 'onnx-explain', version: '0.1.0' };
  writeFileSync(join(linked, 'manifest.json'), JSON.stringify({ kind: 'files', tool, files }));
  const { code, stderr } = await runIn(folder, ['serve', 'linked']);
  expect(code).toBe(2);
  expect(stderr).toBe(
    'onnx-explain: linked/inputs.csv: is missing, leads out of the folder, or was changed after it was written; write the result again\n',
  );
});
