/** `check` as a pipeline runs it: exit codes, reports, and one line for everything that cannot be used. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { unzipSync, zipSync } from 'fflate';
import { InputError } from '../../src/errors.js';
import { readModelFile, writeModelFile } from '../../src/onnx/file.js';
import type { CheckResult } from '../../src/results/check.js';
import { readResult } from '../../src/results/result-file.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { checkModel } from '../../src/check/check-model.js';
import type { CheckRequest } from '../../src/check/request.js';
import { create } from '../../src/zoo/create.js';
import { runCommand, type Environment } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { contentsOf } from '../helpers/folders.js';
import { MUTATIONS } from '../helpers/mutations/list.js';
import { FIXTURES } from '../helpers/mutations/run.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
/** Time is no matter of tests, and compiling onnxruntime-web is tried once. */
const FAST = ['--skip', 'cost.speed,execution.web'];
/** As on a developer's machine, wherever the tests run. */
const OUTSIDE = { CI: '', GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' };
const checkIn = (env: Environment, model: string, ...args: string[]) => {
  const baseline = args.includes('--baseline') ? [] : ['--baseline', 'baseline.json'];
  return runCommand(['check', model, ...baseline, ...args], folder, { ...OUTSIDE, ...env });
};
const check = (model: string, ...args: string[]) => checkIn({}, model, ...args);

async function writeMutation(name: string, file: string): Promise<void> {
  const { change } = MUTATIONS.find((mutation) => mutation.name === name)!;
  await writeModelFile(at(file), change((await readModelFile(join(FIXTURES, 'tinted.onnx'))).model));
}

beforeAll(async () => {
  for (const file of ['tinted.onnx', 'tinted.npz', 'tinted-early.onnx']) copyFileSync(join(FIXTURES, file), at(file));
  await writeMutation('labels permuted', 'permuted.onnx');
  const { code, stdout } = await check('tinted.onnx', '--data', 'tinted.npz', '--update-baseline');
  expect([code, stdout]).toEqual([0, 'baseline of tinted.onnx on 32 probes: baseline.json\n']);
});

test('the same model passes on any number of threads, on onnxruntime-web too, and no file is touched', async () => {
  const before = contentsOf(folder);
  const { code, stdout } = await check('tinted.onnx', '--json', '--quiet', '--threads', '2');
  expect(code).toBe(0);
  const { rules, verdict } = JSON.parse(stdout) as CheckResult;
  expect(verdict).toBe('pass');
  const states = rules.filter(({ rule }) => rule !== 'cost.speed').map(({ rule, status }) => `${rule} ${status}`);
  expect(states).toEqual(states.map((state) => state.replace(/ .*/, ' pass')));
  expect(contentsOf(folder)).toEqual(before);
});

test('a regression: exit code 1, flips by name, JUnit, Markdown; --warn-only ends with 0', async () => {
  const reports = ['--junit', 'out/check.xml', '--markdown', 'out/check.md', '--out', 'found'];
  const { code, stdout } = await check('permuted.onnx', ...FAST, ...reports);
  expect(code).toBe(1);
  expect(await readResult(at('found/result.json'), 'check')).toMatchObject({ verdict: 'regression' });
  expect((await check('permuted.onnx', ...FAST, '--out', 'found')).stderr).toMatch(
    /^onnx-explain: found: .* --force\n$/,
  );
  expect(stdout).toMatch(/^FAIL +decisions\.agreement/m);
  expect(stdout).toMatch(/tinted\.npz@\d+: red trouser \(\S+\) became blue bag/);
  expect(stdout).toMatch(/\nregression: .*decisions\.agreement/);
  const xml = readFileSync(at('out/check.xml'), 'utf8');
  expect(xml).toMatch(
    /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="onnx-explain check" tests="\d+" failures="\d+"/,
  );
  expect(xml).toMatch(/<testcase classname="onnx-explain\.decisions" name="agreement" time="0"><failure type="fail"/);
  expect(xml).toContain('<skipped message="switched off by `skip`"/>');
  const md = readFileSync(at('out/check.md'), 'utf8');
  expect(md).toContain('### ❌ onnx-explain check: permuted.onnx');
  expect(md).toMatch(/- ❌ \*\*decisions\.agreement\*\*/);
  // A name in a comment must not call anybody.
  expect(md).toMatch(/tinted\.npz&#64;\d+: red trouser/);
  expect((await check('permuted.onnx', ...FAST, '--warn-only')).code).toBe(0);
});

describe('in a pipeline', () => {
  test('GitHub gets annotations and a summary', async () => {
    const variables = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: at('summary.md') };
    const { stdout } = await checkIn(variables, 'permuted.onnx', ...FAST);
    expect(stdout).toMatch(/^::error file=permuted\.onnx,title=onnx-explain decisions\.agreement::\d+ of 32/m);
    expect(readFileSync(at('summary.md'), 'utf8')).toContain('onnx-explain check: permuted.onnx');
  });

  test('a baseline is not taken, unless forced', async () => {
    const take = ['--baseline', 'ci.json', '--update-baseline'];
    const { code, stderr } = await checkIn({ CI: 'true' }, 'tinted.onnx', ...take);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/--force\n$/)]);
    expect((await checkIn({ CI: 'true' }, 'tinted.onnx', ...take, '--force')).code).toBe(0);
  });
});

test('a configuration changes limits and levels; flags win', async () => {
  writeFileSync(
    at('loose.json'),
    JSON.stringify({
      check: { preset: 'int8', rules: { 'cost.speed': 'off', 'outputs.tolerance': { atol: 0, rtol: 0 } } },
    }),
  );
  const args = ['--config', 'loose.json', '--json', '--skip', 'execution'];
  const { rules, preset } = JSON.parse((await check('tinted-early.onnx', ...args)).stdout) as CheckResult;
  expect(preset).toBe('int8');
  const byName = new Map(rules.map((rule) => [rule.rule, rule]));
  expect(byName.get('outputs.tolerance')).toMatchObject({ status: 'fail', limit: 'atol 0, rtol 0' });
  expect(byName.get('cost.speed')).toMatchObject({ status: 'skip', sentence: 'switched off by loose.json' });
  expect(byName.get('execution.web')?.status).toBe('skip');
  const strict = JSON.parse((await check('tinted.onnx', ...args, '--preset', 're-export')).stdout) as CheckResult;
  expect(strict.preset).toBe('re-export');
});

test('without data, probes are made up; what the accepted model cannot be measured by is left out, and said', async () => {
  const model = create('mlp', { inputShape: [6], hidden: [4], classes: 3 });
  await writeModelFile(at('mlp.onnx'), model);
  const taken = await check('mlp.onnx', '--baseline', 'mlp.json', '--update-baseline', '--method', 'grad-cam');
  expect(taken.code).toBe(0);
  expect(taken.stderr).toContain('not recorded: explanations: Grad-CAM needs a convolution');
  const { code, stdout } = await check('mlp.onnx', '--baseline', 'mlp.json', ...FAST);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^skipped +explanations\.rank-correlation .*Grad-CAM needs a convolution/m);
  expect(stdout).toMatch(/\nthe baseline: explanations\.rank-correlation, .* not measurable\n/);
  expect(stdout).toMatch(/\npass: .*; the baseline leaves out 3 rules; --skip switches off 2 rules\n$/);
});

describe('what cannot be used: one line with the mend, exit code 2, never a pass', () => {
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
    [
      'edited',
      /was changed after it was written \(its checksum differs\)/,
      (name) => altered(name, { decisions: null }),
    ],
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
    await refused(
      { data: 'fashion-mnist-sample' },
      /fashion-mnist-sample: the probes are not those of .*baseline\.json/,
    );
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

  test('what was read is not overwritten', async () => {
    const model = readFileSync(at('tinted.onnx'));
    const data = readFileSync(at('tinted.npz'));
    mkdirSync(at('linked'));
    symlinkSync('../baseline.json', at('linked/result.json'));
    for (const args of [
      [...FAST, '--out', 'linked', '--force'],
      ['--update-baseline', '--baseline', 'tinted.onnx'],
      ['--update-baseline', '--baseline', 'tinted-early.onnx'],
      ['--update-baseline', '--data', 'tinted.npz', '--baseline', 'tinted.npz'],
      [...FAST, '--junit', './tinted.onnx'],
    ]) {
      const { code, stderr } = await check('tinted.onnx', ...args);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/(name another file|choose another --out)[^\n]*\n$/)]);
    }
    const named = ['--update-baseline', '--data', 'tinted.npz', '--baseline', 'tinted.json', '--points', '0'];
    expect((await check('tinted.onnx', ...named)).code).toBe(0);
    expect(existsSync(at('tinted.json.npz'))).toBe(true);
    expect(readFileSync(at('tinted.onnx')).equals(model)).toBe(true);
    expect(readFileSync(at('tinted.npz')).equals(data)).toBe(true);
  });

  test('as a command', async () => {
    for (const args of [
      ['--baseline', 'nowhere.json'],
      ['--skip', 'output'],
      ['--rtol', '-1'],
      ['--method', 'lrp'],
      ['--update-baseline', '--junit', 'check.xml'],
    ]) {
      const { code, stdout, stderr } = await check('tinted.onnx', ...args);
      expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(/^onnx-explain: [^\n]+\n$/)]);
    }
  });
});
