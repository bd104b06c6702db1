/** Whatever is computed in shards gives the same bytes for any number of them, and what one machine gives. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { writeModelFile } from '../../../src/onnx/file.js';
import { create } from '../../../src/zoo/create.js';
import { temporaryFolder, writeFiles } from '../../helpers/data-files.js';
import { runIn, type EndedHere } from '../../helpers/in-process.js';
import { writePatterns } from '../../helpers/small-run.js';

const folder = temporaryFolder();
/** Numbers of shards; all that were promised with ALL_SHARDS=1, which takes minutes. How units are dealt out has a test of its own. */
const NUMBERS = process.env.ALL_SHARDS === '1' ? [1, 2, 3, 7] : [3];

async function must(args: readonly string[]): Promise<EndedHere> {
  const ended = await runIn(folder, args);
  expect({ args, code: ended.code, stderr: ended.stderr }).toEqual({ args, code: 0, stderr: expect.any(String) });
  return ended;
}

/** A result as its file has it. */
const resultIn = (out: string) => readFileSync(join(folder, out, 'result.json'), 'utf8');

/** Without how long anything took, which nobody says of what was computed in parts. */
function timeless(text: string): unknown {
  return JSON.parse(text, (key, value: unknown) => (key === 'seconds' ? undefined : value));
}

beforeAll(async () => {
  const data = writePatterns(join(folder, 'data'), 72);
  await writeModelFile(join(folder, 'm.onnx'), create('lenet-bn', { inputShape: [1, 12, 12], classes: 4, seed: 3 }));
  const training = ['--epochs', '2', '--batch-size', '6', '--sampler', 'single-class', '--checkpoint-every', '20'];
  await must(['train', '--model', 'm.onnx', '--data', data, '--out', 'run', '--quiet', ...training]);
  // So many rows that there are several blocks of probes.
  const rows = Array.from({ length: 600 }, (_, i) => `${i % 7},${i % 5},${i % 3},${(i * i) % 11},${i % 2}`);
  writeFiles(folder, { 'rows.csv': ['a,b,c,d,label', ...rows, ''].join('\n') });
  await writeModelFile(join(folder, 'rows.onnx'), create('mlp', { inputShape: [4], hidden: [6], classes: 2, seed: 1 }));
  const baseline = [
    '--baseline',
    'baseline.json',
    '--data',
    'rows.csv',
    '--update-baseline',
    '--force',
    '--probes',
    '600',
  ];
  await must(['check', 'rows.onnx', ...baseline]);
}, 60_000);

const INPUTS = ['--input', 'data@0-2'];
const LAST_LAYER = ['--model', 'run/model.onnx', '--data', 'data'];

describe.each<[string, readonly string[]]>([
  ['trace, split exactly', ['trace', 'run', ...INPUTS]],
  ['trace, split by batch', ['trace', 'run', ...INPUTS, '--split', 'batch', '--steps', '--no-map']],
  [
    'attribute',
    [
      'attribute',
      '--model',
      'rows.onnx',
      '--input',
      'rows.csv@0-39',
      '--method',
      'gradient,lrp,mim',
      '--data',
      'rows.csv',
    ],
  ],
  ['representer', ['representer', ...LAST_LAYER, ...INPUTS, '--compare', 'influence']],
  ['audit', ['audit', 'run']],
  ['influence', ['influence', 'run', ...INPUTS, '--verify', '2']],
  ['influence on the test split', ['influence', 'run', '--measure', 'test-loss', '--no-map']],
  ['influence of the last layer', ['influence', ...LAST_LAYER, ...INPUTS]],
  [
    'evaluate',
    [
      'evaluate',
      'run',
      '--queries',
      '3',
      '--subsets',
      '4',
      '--removals',
      '1',
      '--keep',
      '0.5',
      '--methods',
      'metagradient,influence-function,loss',
    ],
  ],
  ['check', ['check', 'rows.onnx', '--baseline', 'baseline.json', '--optional', 'cost']],
])('%s', (name, args) => {
  test('gives the same bytes', async () => {
    const results = new Map<number, string>();
    for (const of of NUMBERS) {
      for (let shard = 1; shard <= of; shard++) {
        await must([...args, '--shard', `${shard}/${of}`, '--out', 'parts', '--quiet']);
      }
      await must(['merge', 'parts', '--out', 'merged', '--quiet']);
      results.set(of, resultIn('merged'));
      for (const out of ['parts', 'merged']) rmSync(join(folder, out), { recursive: true });
    }
    expect(new Set(results.values()).size).toBe(1);
    await must([...args, '--out', 'whole', '--quiet']);
    const [merged, whole] = [results.get(3)!, resultIn('whole')].map(timeless);
    rmSync(join(folder, 'whole'), { recursive: true });
    if (name === 'check') expect(merged).toEqual(withoutSpeed(whole));
    else expect(merged).toEqual(whole);
    expect(results.get(3)).not.toContain('"seconds"');
  }, 120_000);
});

/** Shards do not measure how fast a model is. */
function withoutSpeed(result: unknown): unknown {
  const { rules, ...rest } = result as { readonly rules: readonly { readonly rule: string }[] };
  const unmeasured = {
    status: 'could-not-run',
    value: null,
    limit: null,
    sentence: 'the speed: not measured, as the check was computed in shards',
  };
  return { ...rest, rules: rules.map((rule) => (rule.rule === 'cost.speed' ? { ...rule, ...unmeasured } : rule)) };
}
