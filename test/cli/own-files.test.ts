/** A file that is named as an output is replaced where it is ours, and never where it is somebody else's. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readModelFile, writeModelFile } from '../../src/onnx/file.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runHere } from '../helpers/in-process.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const create = (...args: string[]) => runHere(['create', 'mlp', '--input-shape', '6', '--classes', '2', ...args]);
const check = (...args: string[]) =>
  runHere(['check', at('m.onnx'), '--baseline', at('b.json'), '--threads', '1', ...args]);

/** What a command says of a file, which it leaves as it was. */
async function refusalFor(path: string, content: string | Uint8Array, command: () => ReturnType<typeof runHere>) {
  writeFileSync(path, content);
  const { code, stdout, stderr } = await command();
  expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2]);
  expect(readFileSync(path).equals(Buffer.from(content))).toBe(true);
  return stderr;
}

beforeAll(async () => {
  expect((await create('--out', at('m.onnx'))).code).toBe(0);
  expect((await check('--update-baseline', '--force')).code).toBe(0);
});

describe('create --force', () => {
  test('a text, a picture, a model of another tool', async () => {
    const { model } = await readModelFile(at('m.onnx'));
    model.producerName = 'pytorch';
    await writeModelFile(at('other.onnx'), model);
    const others = ['a thesis', Uint8Array.of(0x89, 0x50, 0x4e, 0x47), readFileSync(at('other.onnx'))];
    for (const content of others) {
      const message = await refusalFor(at('t.onnx'), content, () => create('--force', '--out', at('t.onnx')));
      expect(message).toMatch(/t\.onnx: is there already, and is no model that onnx-explain made; move it away/);
    }
  });

  test('a model of ours, an empty file, no file', async () => {
    for (const prepare of [
      () => writeFileSync(at('own.onnx'), readFileSync(at('m.onnx'))),
      () => writeFileSync(at('own.onnx'), ''),
    ]) {
      prepare();
      expect((await create('--force', '--seed', '3', '--out', at('own.onnx'))).code).toBe(0);
      expect(readFileSync(at('own.onnx')).equals(readFileSync(at('m.onnx')))).toBe(false);
    }
    expect((await create('--force', '--out', at('new.onnx'))).code).toBe(0);
    expect(existsSync(at('new.onnx'))).toBe(true);
  });
});

describe('reports of check', () => {
  test.each([
    ['--junit', 'JUnit report'],
    ['--markdown', 'Markdown report'],
  ])('%s replaces its own, and nothing else', async (option, what) => {
    const report = at(`report${option}`);
    const asked = ['--skip', 'cost,execution', option, report];
    const message = await refusalFor(report, '<testsuites name="pytest"/>\n### notes\n', () => check(...asked));
    expect(message).toContain(`is there already, and is no ${what} of ours; name another file, or move it away`);
    writeFileSync(report, '');
    expect((await check(...asked)).code).toBe(0);
    const first = readFileSync(report, 'utf8');
    expect((await check(...asked)).code).toBe(0);
    expect(readFileSync(report, 'utf8').slice(0, 40)).toBe(first.slice(0, 40));
  });
});

describe('check --update-baseline', () => {
  const update = (name: string) =>
    runHere(['check', at('m.onnx'), '--baseline', at(name), '--update-baseline', '--force', '--threads', '1']);

  test.each(['{"name": "a package", "version": "1.0.0"}', '{}', '[1]', 'text', '<<<<<<< ours'])(
    '%s is no baseline',
    async (content) => {
      expect(await refusalFor(at('p.json'), content, () => update('p.json'))).toMatch(
        /p\.json: is there already, and is no baseline of ours; name another file, or move it away/,
      );
    },
  );

  test('a damaged baseline is one all the same', async () => {
    const text = readFileSync(at('b.json'), 'utf8');
    writeFileSync(at('half.json'), text.slice(0, text.length / 2));
    expect((await update('half.json')).code).toBe(0);
    expect(readFileSync(at('half.json'), 'utf8').length).toBeGreaterThan(text.length / 2);
  });
});

describe('baselines and settings made to do harm', () => {
  const deep = (inside: string) => `${'['.repeat(100_000)}${inside}${']'.repeat(100_000)}`;
  const text = () => readFileSync(at('b.json'), 'utf8');
  const whole = () => JSON.parse(text()) as Record<string, unknown>;
  const variants: readonly [string, () => string, RegExp][] = [
    ['nested', () => deep(''), /nested more than 500 levels deep/],
    ['nested beside what is right', () => text().replace('{', `{"more": ${deep('1')},`), /nested more than 500 levels/],
    [
      'brackets in a text',
      () => text().replace('{', `{"more": "${'['.repeat(1000)}",`),
      /changed after it was written/,
    ],
    ['huge', () => ' '.repeat(2 ** 26 + 1), /67108865 bytes are too many for a baseline/],
    ['NaN', () => text().replace(/"inline": \{\s*"output_0": \[[^,]*/, '"inline": {"output_0": [NaN'), /not JSON/],
    ['a number that is none', () => text().replace(/"output_0": \[[^,]*/, '"output_0": [1e999'), /arrays/],
    ['a list', () => '[]', /not a baseline of onnx-explain check/],
    ['null', () => 'null', /not a baseline of onnx-explain check/],
    ['wrong types', () => JSON.stringify({ ...whole(), outputs: 7, probes: [] }), /b2\.json: probes|b2\.json: outputs/],
    [
      'an array elsewhere',
      () => JSON.stringify({ ...whole(), arrays: { file: '../b.npz', sha256: '0'.repeat(64) } }),
      /is not beside it/,
    ],
    [
      'an array that is no archive',
      () => JSON.stringify({ ...whole(), arrays: { file: 'b.json', sha256: '0'.repeat(64) } }),
      /not the file that .* was written with/,
    ],
  ];

  test.each(variants)('baseline: %s', async (_, content, message) => {
    const refused = await refusalFor(at('b2.json'), content(), () =>
      runHere(['check', at('m.onnx'), '--baseline', at('b2.json')]),
    );
    expect(refused).toMatch(message);
  });

  test.each<[string, () => string, RegExp]>([
    ['nested', () => deep(''), /not JSON \(nested more than 500 levels deep\)/],
    ['nested in a setting', () => `{"check": {"rules": ${deep('')}}}`, /nested more than 500 levels deep/],
    ['huge', () => ' '.repeat(2 ** 20 + 1), /1048577 bytes are too many for settings/],
    ['NaN', () => '{"check": {"probes": NaN}}', /not JSON/],
    ['too large a number', () => '{"check": {"probes": 1e999}}', /check\.probes/],
    ['wrong types', () => '{"check": {"probes": "many"}}', /check\.probes: expected number, found/],
    ['a list', () => '{"check": []}', /check: expected an object, found a list/],
    ['a prototype', () => '{"check": {"__proto__": {"probes": 3}}}', /there is no such setting/],
  ])('settings: %s', async (_, content, message) => {
    const refused = await refusalFor(at('c.json'), content(), () => check('--config', at('c.json')));
    expect(refused).toMatch(message);
  });
});
