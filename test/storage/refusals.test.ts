/** What goes wrong with a store is one line that names the address, the problem and the mend, within a bounded time. */
import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { beforeAll, expect, test } from '@jest/globals';
import { runCommand } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { freePort, hasMoto, onS3, settingsFor, startMoto, type StoreSettings } from '../helpers/storage/moto.js';
import { startProxy } from '../helpers/storage/proxy.js';

/** Reads or writes a file in a process of its own. */
function touch(what: 'read' | 'write', path: string, settings: StoreSettings): Promise<string> {
  const env = { ...process.env, ...settings };
  const child = spawn(process.execPath, ['test/storage/touch.mjs', what, path], { env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
  return new Promise((done) => child.on('close', () => done(said.trim())));
}

const folder = temporaryFolder();
let endpoint = '';
beforeAll(async () => {
  if (hasMoto) endpoint = await startMoto(['here']);
});

onS3('a bucket or an object that is not there', async () => {
  const settings = settingsFor(endpoint);
  expect(await touch('read', 's3://nowhere/model.onnx', settings)).toBe(
    'InputError s3://nowhere/model.onnx: there is no such bucket; check its name, and AWS_ENDPOINT_URL_S3',
  );
  expect(await touch('write', 's3://nowhere/run/run.json', settings)).toMatch(
    /^InputError s3:\/\/nowhere\/run\S*: there is no such bucket; /,
  );
  expect(await touch('read', 's3://here/model.onnx', settings)).toBe(
    'NotThere s3://here/model.onnx: no such file or folder; check the address',
  );
  expect(await touch('write', 's3://here/folder/file', settings)).toBe('written');
  expect(await touch('read', 's3://here/folder', settings)).toBe(
    'InputError s3://here/folder: is a folder, expected a file; name a file in it',
  );
  expect(await touch('read', 's3://here/folder/file', settings)).toBe('7 bytes');
});

test('an address without a bucket', async () => {
  const settings = settingsFor('http://127.0.0.1:9');
  expect(await touch('read', 's3://', settings)).toBe(
    'InputError s3://: names no bucket; write s3://bucket/folder/file',
  );
  expect(await touch('read', 's3:///x', settings)).toMatch(/names no bucket/);
  expect(await touch('read', 's3://a_!/x', settings)).toMatch(
    /^InputError s3:\/\/a_!\/x: "a_!" is no name of a bucket; /,
  );
  expect(await touch('read', 's3://bucket', settings)).toBe(
    'InputError s3://bucket: is a bucket, expected a file in it; write s3://bucket/file',
  );
});

test('nobody at the endpoint, somebody who is silent, and somebody who is no store', async () => {
  const refused = `http://127.0.0.1:${await freePort()}`;
  const settings = settingsFor(refused);
  expect(await touch('read', 's3://bucket/x', settings)).toBe(
    `InputError s3://bucket/x: cannot reach ${refused} (ECONNREFUSED); check AWS_ENDPOINT_URL_S3, AWS_REGION and the network`,
  );
  expect(await touch('write', 's3://bucket/x', settings)).toMatch(/cannot reach .*ECONNREFUSED/);

  const silent = createServer(() => undefined);
  const other = createServer((socket) => {
    socket.on('data', () =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html><body>Welcome</body></html>'),
    );
  });
  for (const server of [silent, other]) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const at = (server: typeof silent) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const begun = Date.now();
    expect(await touch('read', 's3://bucket/x', settingsFor(at(silent)))).toMatch(
      /cannot reach .*\((ETIMEDOUT|TimeoutError)\)/,
    );
    expect(Date.now() - begun).toBeLessThan(20_000);
    expect(await touch('read', 's3://bucket/x', settingsFor(at(other)))).toBe(
      'InputError s3://bucket/x: what answers is no store; check AWS_ENDPOINT_URL_S3',
    );
    expect(await touch('write', 's3://bucket/x', settingsFor(at(other)))).toMatch(/^InputError s3:\/\/bucket: /);
  } finally {
    silent.close();
    other.close();
  }
}, 60_000);

onS3('no credentials, and wrong ones', async () => {
  const none = { ...settingsFor(endpoint), AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
  expect(await touch('read', 's3://here/x', none)).toBe(
    'InputError s3://here/x: no credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
  );
  const strict = await startMoto([], { INITIAL_NO_AUTH_ACTION_COUNT: '0' });
  expect(await touch('read', 's3://here/x', settingsFor(strict))).toMatch(
    /^InputError s3:\/\/here\/x: (the store does not take the credentials|access denied); check /,
  );
});

onS3(
  'a command says so in one line, ends with 2, and leaves nothing',
  async () => {
    const none = { ...settingsFor(endpoint), AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
    const nobody = settingsFor(`http://127.0.0.1:${await freePort()}`);
    for (const [settings, args] of [
      [none, ['inspect', 's3://here/model.onnx']],
      [nobody, ['inspect', 's3://here/model.onnx']],
      [settingsFor(endpoint), ['inspect', 's3://here/model.onnx']],
      [settingsFor(endpoint), ['create', 'mlp', '--out', 's3://nowhere/model.onnx']],
      [none, ['create', 'mlp', '--out', 's3://here/model.onnx']],
      [nobody, ['train', '--model', 's3://here/m.onnx', '--data', 'fashion-mnist-sample', '--out', 's3://here/run']],
      [none, ['train', '--resume', '--out', 's3://here/run']],
      [none, ['attribute', '--model', 's3://here/m.onnx', '--input', 's3://here/x@1', '--out', 's3://here/out']],
    ] as const) {
      const { code, stdout, stderr } = await runCommand(args, folder, settings);
      expect({ args, code, stdout, stderr }).toEqual({
        args,
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^onnx-explain: s3:\/\/[^\n]*; [^\n]*\n$/),
      });
    }
    expect(await touch('read', 's3://here/run', settingsFor(endpoint))).toMatch(/^NotThere/);
  },
  60_000,
);

onS3('a store that takes conditions and does not keep them is found out before anything is written', async () => {
  for (const ignored of ['if-none-match', 'if-match']) {
    const liar = await startProxy(endpoint, { ask: (_, headers) => Reflect.deleteProperty(headers, ignored) });
    expect(await touch('write', `s3://here/lies/${ignored}`, settingsFor(liar.endpoint))).toBe(
      'InputError s3://here/lies: the store does not keep conditions (If-None-Match, If-Match), so two writers could destroy ' +
        'what the other wrote; write to a disk, or to a store that does',
    );
    expect(liar.passed.filter(({ path }) => path.includes('lies/if-'))).toEqual([]);
    expect(liar.passed.at(-1)).toMatchObject({ method: 'DELETE' });
  }
  expect(await touch('read', 's3://here/lies', settingsFor(endpoint))).toMatch(/^NotThere/);
});

onS3('a connection that breaks off goes on where it broke, and one that breaks again and again is told', async () => {
  expect(await touch('write', 's3://here/broken/file', settingsFor(endpoint))).toBe('written');
  let left = 1;
  const once = await startProxy(endpoint, {
    breaksAt: ({ method }) => (method === 'GET' && left-- > 0 ? 3 : undefined),
  });
  expect(await touch('read', 's3://here/broken/file', settingsFor(once.endpoint))).toBe('7 bytes');
  expect(once.passed.map(({ range }) => range)).toEqual([undefined, 'bytes=3-6']);
  const always = await startProxy(endpoint, { breaksAt: ({ method }) => (method === 'GET' ? 0 : undefined) });
  expect(await touch('read', 's3://here/broken/file', settingsFor(always.endpoint))).toMatch(
    /^InputError s3:\/\/here\/broken\/file: byte 0: the connection broke off again and again, before byte 7 \(.*\); check the network, and try again$/,
  );
});
