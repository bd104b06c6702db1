/** What a check cannot use: one line with the mend, never a pass. */
import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { unzipSync, zipSync } from 'fflate';
import { InputError } from '../../src/errors.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { checkModel } from '../../src/check/check-model.js';
import type { CheckRequest } from '../../src/check/request.js';
import { updateBaseline } from '../../src/check/update-baseline.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { FIXTURES } from '../helpers/mutations/run.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

const original = () => JSON.parse(readFileSync(at('baseline.json'), 'utf8')) as Record<string, unknown>;
const firstLayer = () => (original().layers as { value: object[] }).value[0];
const write = (name: string, value: unknown) =>
  writeFileSync(at(name), typeof value === 'string' ? value : JSON.stringify(value));
const altered = (name: string, changes: Record<string, unknown>) => write(name, { ...original(), ...changes });
const request = (changes: Partial<CheckRequest>): CheckRequest => ({
  ...{ modelPath: at('tinted.onnx'), baselinePath: at('baseline.json'), data: at('tinted.npz'), flags: {} },
  ...changes,
  runtime: nodeRuntime({ threads: 1 }),
});

beforeAll(async () => {
  for (const file of ['tinted.onnx', 'tinted.npz']) copyFileSync(join(FIXTURES, file), at(file));
  await updateBaseline(request({}));
});

const refused = async (changes: Partial<CheckRequest>, message: RegExp) => {
  const error: unknown = await checkModel(request(changes)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).message).toMatch(message);
  expect((error as InputError).message).not.toContain('\n');
};

test.each<[string, RegExp, (name: string) => void]>([
  ['none', /none: no such baseline; take one/, () => undefined],
  ['newer', /version 99.*update onnx-explain/, (name) => altered(name, { baselineVersion: 99 })],
  ['cut short', /not JSON/, (name) => write(name, readFileSync(at('baseline.json'), 'utf8').slice(0, 900))],
  ['no text', /not UTF-8/, (name) => writeFileSync(at(name), Uint8Array.of(0xff, 0xfe, 0))],
  ['of another kind', /not a baseline/, (name) => write(name, { kind: 'trace' })],
  [
    'wrong type',
    /preprocessing\.mean: expected Array/,
    (name) => altered(name, { preprocessing: { mean: 'x', std: [] } }),
  ],
  ['missing field', /outputs: is missing/, (name) => altered(name, { outputs: undefined })],
  [
    'wrong type inside a part',
    /layers\.value\[0\]\.size/,
    (name) => altered(name, { layers: { value: [{ ...firstLayer(), size: '9' }] } }),
  ],
  [
    'too few labels',
    /probes\.labels: 1 entries for 32/,
    (name) => altered(name, { probes: { ...(original().probes as object), labels: [1] } }),
  ],
  ['edited', /was changed after it was written \(its checksum differs\)/, (name) => altered(name, { decisions: null })],
  [
    'no explanations',
    /explanations\.value: expected >=1, found 0/,
    (name) => altered(name, { explanations: { value: [] } }),
  ],
  ['a device', /is a device/, (name) => symlinkSync('/dev/zero', at(name))],
  ['outputs gone', /outputs: 0 entries for 1 output/, (name) => altered(name, { outputs: [] })],
  [
    'arrays of another file',
    /not the file that/,
    (name) => altered(name, { arrays: { file: 'tinted.npz', sha256: '0'.repeat(64) } }),
  ],
  [
    'arrays that are gone',
    /gone\.npz: no such file.*commit both/,
    (name) => altered(name, { arrays: { file: 'gone.npz', sha256: '0'.repeat(64) } }),
  ],
  [
    'arrays outside',
    /arrays\.file: .* is not beside it/,
    (name) => altered(name, { arrays: { file: '../tinted.npz', sha256: '0'.repeat(64) } }),
  ],
  ['no arrays', /array output_0: 0 numbers, expected 192/, (name) => altered(name, { arrays: { inline: {} } })],
])('baseline: %s', async (name, message, prepare) => {
  prepare(name);
  await refused({ baselinePath: at(name) }, message);
});

test.each<[string, RegExp, () => Uint8Array | string]>([
  ['text', /not an ONNX model/, () => 'this is no model'],
  ['nothing', /the file is empty/, () => ''],
  ['cut short', /: /, () => readFileSync(at('tinted.onnx')).subarray(0, 9000)],
  [
    'another family',
    /takes input float32 .* takes image float32 .* another family/,
    () => readFileSync('models/mlp.onnx'),
  ],
])('model: %s', async (_, message, content) => {
  writeFileSync(at('model.onnx'), content());
  await refused({ modelPath: at('model.onnx') }, message);
});

test('data that are gone, or others', async () => {
  await refused({ data: at('gone.npz') }, /gone\.npz/);
  await refused({ data: 'fashion-mnist-sample' }, /fashion-mnist-sample: the probes are not those of .*baseline\.json/);
});

test.each<[string, RegExp, unknown]>([
  [
    'typo',
    /check\.rules\[outputs\.tolerence\]: there is no such setting; the nearest are outputs\.tolerance/,
    { check: { rules: { 'outputs.tolerence': 'off' } } },
  ],
  [
    'limit',
    /check\.rules\[outputs\.tolerance\]\.rtoll: there is no such setting; the nearest are rtol/,
    { check: { rules: { 'outputs.tolerance': { rtoll: 1 } } } },
  ],
  ['type', /\.rtol: expected number, found small/, { check: { rules: { 'outputs.tolerance': { rtol: 'small' } } } }],
  ['preset', /check\.preset: expected/, { check: { preset: 'float8' } }],
  ['level', /cost\.speed\]: expected .*"off"/, { check: { rules: { 'cost.speed': 'of' } } }],
  ['empty', /check: is missing/, {}],
  ['list', /check\.rules: expected an object, found a list/, { check: { rules: [] } }],
  ['infinite', /\.rtol: expected a finite number/, '{"check":{"rules":{"outputs.tolerance":{"rtol":1e999}}}}'],
  ['prototype', /__proto__: there is no such setting/, '{"check":{"rules":{"__proto__":{"level":"off"}}}}'],
  ['json', /not JSON/, '{"check": '],
])('configuration: %s', async (name, message, value) => {
  write(`${name}.json`, value);
  await refused({ config: at(`${name}.json`) }, message);
});

test('training examples that changed', async () => {
  const data = `${folder}/shifted.npz`;
  const names = ['x', 'y', 'x_test', 'y_test', 'classes'];
  const arrays = unzipSync(readFileSync(at('tinted.npz')));
  const x = arrays['x.npy']!.slice();
  for (let i = 128; i < x.length; i++) x[i]! ^= 1;
  writeFileSync(
    data,
    zipSync({ ...Object.fromEntries(names.map((n) => [`${n}.npy`, arrays[`${n}.npy`]!])), 'x.npy': x }),
  );
  await refused({ data }, /shifted\.npz: the training examples are not those of the baseline/);
});

test('training examples that are gone: the rule cannot run, and fails unless it is optional', async () => {
  const all = Object.entries(unzipSync(readFileSync(at('tinted.npz'))));
  const tests = all.filter(([name]) => name !== 'x.npy' && name !== 'y.npy');
  writeFileSync(at('tests-only.npz'), zipSync(Object.fromEntries(tests)));
  const off = ['cost.speed', 'execution.web'];
  const rule = 'explanations.representer-overlap';
  for (const optional of [[], [rule]]) {
    const { rules, verdict } = await checkModel(request({ data: at('tests-only.npz'), flags: { off, optional } }));
    expect(verdict).toBe(optional.length > 0 ? 'pass' : 'regression');
    const [found] = rules.filter((each) => each.rule === rule);
    expect(found).toMatchObject({ status: 'could-not-run', blocks: optional.length === 0 });
  }
});
