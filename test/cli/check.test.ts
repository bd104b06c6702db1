/** `check` as a pipeline runs it: exit codes, reports, and one line for what cannot be used. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readModelFile, writeModelFile } from '../../src/onnx/file.js';
import type { CheckResult } from '../../src/results/check.js';
import { readResult } from '../../src/results/result-file.js';
import { create } from '../../src/zoo/create.js';
import { runCommand, type Environment } from '../helpers/command-line.js';
import { paperText, payloadOf } from '../helpers/pages/page-text.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';
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
/** As a process, as pipelines run it. */
const checkProcess = (model: string, ...args: string[]) => checkIn({}, model, ...args);
const check = (model: string, ...args: string[]) => {
  const baseline = args.includes('--baseline') ? [] : ['--baseline', 'baseline.json'];
  return runIn(folder, ['check', model, ...baseline, ...args]);
};

async function writeMutation(name: string, file: string): Promise<void> {
  const { change } = MUTATIONS.find((mutation) => mutation.name === name)!;
  await writeModelFile(at(file), change((await readModelFile(join(FIXTURES, 'tinted.onnx'))).model));
}

beforeAll(async () => {
  for (const name of Object.keys(OUTSIDE)) delete process.env[name];
  for (const file of ['tinted.onnx', 'tinted.npz', 'tinted-early.onnx']) copyFileSync(join(FIXTURES, file), at(file));
  await writeMutation('labels permuted', 'permuted.onnx');
  const { code, stdout } = await check('tinted.onnx', '--data', 'tinted.npz', '--update-baseline');
  expect([code, stdout]).toEqual([0, 'baseline of tinted.onnx on 32 probes: baseline.json\n']);
});

test('the same model passes on any number of threads, on onnxruntime-web too, and no file is touched', async () => {
  const before = contentsOf(folder);
  const { code, stdout } = await checkProcess('tinted.onnx', '--json', '--quiet', '--threads', '2');
  expect(code).toBe(0);
  const { rules, verdict } = JSON.parse(stdout) as CheckResult;
  expect(verdict).toBe('pass');
  const states = rules.filter(({ rule }) => rule !== 'cost.speed').map(({ rule, status }) => `${rule} ${status}`);
  expect(states).toEqual(states.map((state) => state.replace(/ .*/, ' pass')));
  expect(contentsOf(folder)).toEqual(before);
});

test('each changed decision, before and after: what was right first, then by how sure the accepted model was', async () => {
  await check('permuted.onnx', ...FAST, '--out', 'changed');
  const { changes, changed, rules, probes } = await readResult(join(at('changed'), 'result.json'), 'check');
  const { sentence } = rules.find(({ rule }) => rule === 'decisions.agreement')!;
  expect(sentence).toContain(`${changes!.length} of ${probes} decisions changed`);
  expect(changes!.length).toBeGreaterThan(5);
  const lost = changes!.map(({ truth, before, after }) => {
    expect(before.class).not.toBe(after.class);
    return truth?.class === before.class;
  });
  expect(changed).toEqual({ all: changes!.length, lost: lost.filter(Boolean).length });
  expect(lost).toEqual([...lost].sort((a, b) => Number(b) - Number(a)));
  for (const part of [true, false]) {
    const sure = changes!.filter((_, i) => lost[i] === part).map(({ before }) => before.probability);
    expect(sure).toEqual([...sure].sort((a, b) => b - a));
  }
  const [heading, ...lines] = readFileSync(join(at('changed'), 'changes.csv'), 'utf8')
    .trimEnd()
    .split('\r\n');
  expect(heading).toBe(
    'probe,input,before,before_name,before_probability,after,after_name,after_probability,truth,truth_name,file,row',
  );
  expect(lines.length).toBe(changes!.length);
  const [page] = payloadOf(readFileSync(at('changed/index.html'), 'utf8')).parts;
  expect(Object.keys(page!.pictures)).toEqual(changes!.map((_, place) => `input/${place}`));
  await check('tinted.onnx', ...FAST, '--out', 'same');
  expect((await readResult(join(at('same'), 'result.json'), 'check')).changes).toEqual([]);
  expect(existsSync(join(at('same'), 'changes.csv'))).toBe(false);
});

test('a regression: exit code 1, flips by name, JUnit, Markdown; --warn-only ends with 0', async () => {
  const reports = ['--junit', 'out/check.xml', '--markdown', 'out/check.md', '--out', 'found'];
  const { code, stdout } = await checkProcess('permuted.onnx', ...FAST, ...reports);
  expect(code).toBe(1);
  expect(await readResult(at('found/result.json'), 'check')).toMatchObject({ verdict: 'regression' });
  expect(stdout).toContain(`report: ${join('found', 'index.html')}`);
  expect(paperText(readFileSync(at('found/index.html'), 'utf8'))).toMatch(/\d+ of \d+ failed/);
  expect((await check('permuted.onnx', ...FAST, '--out', 'found')).stderr).toBe('');
  writeFileSync(at('found/notes.txt'), 'mine');
  expect((await check('permuted.onnx', ...FAST, '--out', 'found')).stderr).toMatch(
    /^onnx-explain: found: .* --force\n$/,
  );
  expect(stdout).toMatch(/^\d+ of 22 failed; first divergence \S+; (\d+ warnings?; )?2 not judged\n\nstatus +rule /);
  expect(stdout).toMatch(/^FAIL +decisions\.agreement/m);
  expect(stdout).not.toMatch(/^(pass|skipped) +\w+\./m);
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

test('--quiet leaves the headline and the verdict', async () => {
  expect((await check('tinted.onnx', ...FAST, '--quiet')).stdout).toMatch(
    /^all 22 passed; 2 not judged\npass: 22 rules [^\n]+\n$/,
  );
  expect((await check('permuted.onnx', ...FAST, '--quiet')).stdout).toMatch(
    /^\d+ of 22 failed; first divergence [^\n]+\nregression: [^\n]+\n$/,
  );
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
  const short = await check('mlp.onnx', '--baseline', 'mlp.json', ...FAST);
  expect([short.code, short.stdout]).toEqual([
    0,
    expect.stringMatching(/^all 16 passed; 8 not judged\n\nthe baseline: /),
  ]);
  const { code, stdout } = await check('mlp.onnx', '--baseline', 'mlp.json', ...FAST, '--all-rules');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^pass +outputs\.tolerance /m);
  expect(stdout).toMatch(/^skipped +explanations\.rank-correlation .*Grad-CAM needs a convolution/m);
  expect(stdout).toMatch(/\nthe baseline: explanations\.rank-correlation, .* not measurable\n/);
  expect(stdout).toMatch(/\npass: .*; the baseline leaves out 3 rules; --skip switches off 2 rules\n$/);
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

test('what cannot be used: one line, exit code 2', async () => {
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
