/** One page of several results. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, jest, test } from '@jest/globals';
import { encodeNpy } from '../../src/data/npy/encode.js';
import { kinds } from '../../src/report/app/kinds.js';
import { traceReport } from '../../src/report/trace/report.js';
import { writeResult } from '../../src/results/result-file.js';
import { openResultFolder } from '../../src/results/result-folder.js';
import { resultText } from '../../src/results/result-file.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';
import { paperText, payloadOf } from '../helpers/pages/page-text.js';
import { syntheticTrace } from '../helpers/synthetic-trace.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
const report = (...args: string[]) => runIn(folder, ['report', ...args]);

const grey = (value: number) =>
  Promise.resolve({ width: 8, height: 8, channels: 1 as const, data: new Uint8Array(64).fill(value) });
const pictures = { picture: (_: string, index: number) => grey(index % 256), queryPicture: () => grey(7) };

beforeAll(async () => {
  for (const [name, seed] of Object.entries({ before: 1, after: 2 })) {
    const result = syntheticTrace({ seed, queries: 3, layers: ['fc'], steps: 40 });
    const out = await openResultFolder(at(name), { force: false });
    await out.write('result.json', resultText(result));
    await (await traceReport(result, pictures)).write(out);
    await out.finish();
  }
});

test('has every result with its pictures, under the name of its folder', async () => {
  const { code, stdout } = await report('before', 'after', '--out', 'both');
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/before: trace\nafter: trace\nreport: both.index\.html/),
  });
  const page = readFileSync(at('both', 'index.html'), 'utf8');
  const { parts, sheets } = payloadOf(page);
  expect(parts.map(({ name }) => name)).toEqual(['before', 'after']);
  for (const part of parts) {
    expect(kinds.decisionsOf(part.result)).toHaveLength(3);
    for (const [sheet] of Object.values(part.pictures)) expect(sheet).toBeLessThan(sheets.length);
  }
  expect(sheets).toHaveLength(2);
  expect(page.match(/\.sheet-\d\{/g)).toEqual(['.sheet-0{', '.sheet-1{']);
  expect(paperText(page).match(/3 decisions/g)).toHaveLength(2);
  // What was written before is ours, and is written again.
  expect(await report('after', '--out', 'both')).toMatchObject({ code: 0 });
});

test('says when pictures are gone, and refuses damaged ones', async () => {
  cpSync(at('before'), at('torn'), { recursive: true });
  writeFileSync(at('torn', 'pictures', 'sheet-0.webp'), 'no picture');
  const torn = await report('torn', '--out', 'x');
  expect(torn).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/sheet-0\.webp: is no WebP picture of .*; run the command again/),
  });
  writeFileSync(
    at('torn', 'pictures', 'places.json'),
    '{"kind":"pictures","sheets":[],"places":{"input/0":[0,0,8,8]},"leftOut":0}',
  );
  expect((await report('torn', '--out', 'x')).stderr).toMatch(/input\/0 lies outside of its sheet/);
  rmSync(at('torn', 'pictures'), { recursive: true });
  const gone = await report('torn', '--out', 'x');
  expect(gone).toMatchObject({ code: 0, stderr: expect.stringContaining('its pictures are not beside it') });
  expect(payloadOf(readFileSync(at('x', 'index.html'), 'utf8')).parts[0]).toMatchObject({ isWithoutPictures: true });
});

test.each<[string, string[], RegExp]>([
  ['no folder', ['nothing'], /nothing: no such folder; give a folder that a command wrote/],
  ['the same twice', ['before', 'before'], /before: is named twice/],
  ['no result in it', ['.'], /result\.json: no such file/],
  ['too many', Array.from({ length: 9 }, (_, i) => `r${i}`), /9 results are too many for a page; give at most 8/],
])('refuses %s', async (_, results, line) => {
  const { code, stderr } = await report(...results, '--out', 'refused');
  expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 2, lines: 1 });
  expect(stderr).toMatch(line);
});

test('refuses a result of a newer version, and one that names files elsewhere', async () => {
  cpSync(at('before'), at('newer'), { recursive: true });
  const text = readFileSync(at('newer', 'result.json'), 'utf8');
  writeFileSync(at('newer', 'result.json'), text.replace('"schemaVersion":1', '"schemaVersion":2'));
  expect((await report('newer', '--out', 'y')).stderr).toMatch(/schemaVersion: 2 is newer than 1/);

  writeFileSync(at('secret.npy'), encodeNpy({ shape: [1, 1], data: new Float32Array([42]) }));
  const { model, data, options, sign, tool, classNames } = syntheticTrace();
  const [query] = syntheticTrace().queries;
  const { input, predicted, topClasses } = query!;
  const entry = {
    input,
    predicted,
    topClasses,
    index: 0,
    method: 'gradient',
    target: { class: 0, label: 'x' },
    sum: 0,
    output: 0,
  };
  await writeResult(at('climbing.json'), {
    ...{ kind: 'attribute', schemaVersion: 1, tool, model, data, options, sign, classNames },
    queries: [{ ...entry, conservationError: null, shape: [1, 1], file: '../secret.npy' }],
  });
  cpSync(at('climbing.json'), at('climbing', 'result.json'));
  const { code, stderr } = await report('climbing', '--out', 'z');
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/names \.\.\/secret\.npy, outside of its folder/),
  });
});
