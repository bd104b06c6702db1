/** --quiet leaves of every command its verdict, in a line or two. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, jest, test } from '@jest/globals';
import { temporaryFolder } from '../../helpers/data-files.js';
import { runIn } from '../../helpers/in-process.js';
import { FIXTURES } from '../../helpers/mutations/run.js';
import { smallRun } from '../../helpers/small-run.js';

jest.setTimeout(180_000);

const folder = temporaryFolder();
let data = '';
let run = '';

beforeAll(async () => {
  for (const file of ['tinted.onnx', 'tinted.npz']) copyFileSync(join(FIXTURES, file), join(folder, file));
  ({ dataSpec: data, directory: run } = await smallRun(folder, { epochs: 2 }));
});

const some = (count: number) => ['--input', `${data}@${Array.from({ length: count }, (_, i) => i).join(',')}`];
const model = () => ['--model', join(run, 'model.onnx')];
const COUNTS = /^6 inputs: \d right, \d wrong$/;
const REPORT = /^report: out-\d+\/index\.html$/;
const decided = (i: number) => new RegExp(`@${i}: \\d \\(\\S+ %\\)`);

const COMMANDS: readonly (readonly [string, () => string[], readonly RegExp[]])[] = [
  ['create', () => ['create', 'mlp', '--out', 'mlp.onnx'], [/^mlp\.onnx: mlp with 4 weights$/]],
  ['inspect a model', () => ['inspect', 'tinted.onnx'], [/^tinted\.onnx: opset \d+, /]],
  ['inspect a run', () => ['inspect', run], [/run: finished, \d+ logged steps, /]],
  ['inspect --verify', () => ['inspect', run, '--verify'], [/^the log adds up to all \d+ trained tensors$/]],
  [
    'train',
    () => ['train', ...model(), '--data', data, '--epochs', '1'],
    [/^out-\d+: \d+ steps in \S+ s, test accuracy \S+ %$/],
  ],
  ['trace', () => ['trace', '--no-map', run, ...some(2), '--split', 'batch'], [decided(0), decided(1), REPORT]],
  ['trace of many', () => ['trace', '--no-map', run, ...some(6), '--split', 'batch'], [COUNTS, REPORT]],
  ['influence', () => ['influence', '--no-map', run, ...some(1)], [decided(0), REPORT]],
  ['influence of many', () => ['influence', '--no-map', run, ...some(6)], [COUNTS, REPORT]],
  ['attribute', () => ['attribute', ...model(), ...some(1), '--method', 'gradient,lrp'], [decided(0), REPORT]],
  ['attribute of many', () => ['attribute', ...model(), ...some(6)], [COUNTS, REPORT]],
  [
    'representer of many',
    () => ['representer', '--no-map', ...model(), '--data', data, ...some(6), '--lambda', '0.01', '--no-cache'],
    [COUNTS, REPORT],
  ],
  ['audit', () => ['audit', '--no-map', run], [/ labels/, REPORT]],
  [
    'trends',
    () => [
      'trends',
      run,
      '--every',
      '20',
      '--images',
      '2',
      '--loss-examples',
      '10',
      '--fail-on',
      'lrp test entropy is above 0',
    ],
    [/./, /^met, so this fails: /, REPORT],
  ],
];

test.each(COMMANDS)('%s', async (name, args, lines) => {
  const place = `out-${COMMANDS.findIndex(([each]) => each === name)}`;
  const out = /^(create|inspect)/.test(name) ? [] : ['--out', place];
  const { code, stdout, stderr } = await runIn(folder, [...args(), ...out, '--quiet']);
  expect([code, stderr]).toEqual([name === 'trends' ? 1 : 0, '']);
  expect(stdout.trimEnd().split('\n')).toEqual(lines.map((line) => expect.stringMatching(line)));
  const again = name.startsWith('inspect') ? [] : ['--force'];
  const json = await runIn(folder, [...args(), ...out, ...again, '--quiet', '--json']);
  expect(() => JSON.parse(json.stdout) as unknown).not.toThrow();
});
