/** What cannot be divided, computed or merged is refused in one line, and leaves nothing behind. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { writeModelFile } from '../../../src/onnx/file.js';
import { writePartial } from '../../../src/shards/partial-file.js';
import { TOOL } from '../../../src/tool.js';
import { create } from '../../../src/zoo/create.js';
import { temporaryFolder, writeFiles } from '../../helpers/data-files.js';
import { runIn } from '../../helpers/in-process.js';

const folder = temporaryFolder();
const ATTRIBUTE = [
  'attribute',
  '--model',
  'm.onnx',
  '--input',
  'rows.csv@0',
  '--input-split',
  'train',
  '--method',
  'gradient',
];

beforeAll(async () => {
  writeFiles(folder, {
    'rows.csv': 'a,b,c,d,label\n1,2,3,4,0\n4,3,2,1,1\n',
    'text.txt': 'neither a shard nor a folder',
  });
  await writeModelFile(join(folder, 'm.onnx'), create('mlp', { inputShape: [4], hidden: [3], classes: 2, seed: 1 }));
  mkdirSync(join(folder, 'empty'));
  const writer = await writePartial(join(folder, 'foreign', 'shard-1-of-1.partial'), {
    tool: TOOL,
    words: ['train', '--model=m.onnx', '--data=rows.csv', '--threads=1'],
    shard: 1,
    of: 1,
  });
  await writer.finish({});
});

afterEach(() => {
  for (const name of ['JOB_COMPLETION_INDEX', 'SLURM_ARRAY_TASK_ID']) delete process.env[name];
  expect(readdirSync(folder).sort()).toEqual(['empty', 'foreign', 'm.onnx', 'rows.csv', 'text.txt']);
});

test.each<[string, readonly string[], RegExp]>([
  ['no shard 0', [...ATTRIBUTE, '--shard', '0/3', '--out', 'new'], /--shard 0\/3: expected a number and how many/],
  ['no fourth of three', [...ATTRIBUTE, '--shard', '4/3', '--out', 'new'], /--shard 4\/3: expected/],
  ['no number', [...ATTRIBUTE, '--shard', 'a', '--out', 'new'], /--shard a: expected/],
  ['no scheduler', [...ATTRIBUTE, '--shards', '4', '--out', 'new'], /--shards 4: no scheduler says which/],
  ['two plans', [...ATTRIBUTE, '--shard', '1/3', '--shards', '4', '--out', 'new'], /--shards says that there are 4/],
  [
    'a profile of a part',
    ['trace', 'empty', '--input', 'x', '--profile', '--shard', '1/2', '--out', 'new'],
    /--profile: a shard/,
  ],
  [
    'an input that is not there',
    [...ATTRIBUTE.slice(0, 4), 'rows.csv@9', ...ATTRIBUTE.slice(5), '--shard', '1/2', '--out', 'new'],
    /rows\.csv@9/,
  ],
  ['a file for a folder', [...ATTRIBUTE, '--shard', '1/2', '--out', 'text.txt'], /text\.txt/],
  [
    'another command’s place',
    [...ATTRIBUTE, '--shard', '1/1', '--out', 'foreign'],
    /holds the shard of another command \(train/,
  ],
  [
    'a check without a folder',
    ['check', 'm.onnx', '--baseline', 'b.json', '--shard', '1/2'],
    /--shard: name a folder for the parts with --out/,
  ],
  [
    'a baseline in parts',
    ['check', 'm.onnx', '--baseline', 'b.json', '--update-baseline', '--shard', '1/2', '--out', 'new'],
    /--out|--shard: a baseline/,
  ],
  [
    'an engine without a queue',
    [...ATTRIBUTE, '--engine', 'bullmq', '--out', 'new'],
    /--redis is missing: give the address/,
  ],
  [
    'a queue without an engine',
    [...ATTRIBUTE, '--redis', 'redis://127.0.0.1:1', '--out', 'new'],
    /--redis: goes with --engine/,
  ],
  [
    'a part by an engine',
    [...ATTRIBUTE, '--engine', 'bullmq', '--redis', 'redis://127.0.0.1:1', '--shard', '1/2', '--out', 'new'],
    /--shard: an engine computes all/,
  ],
  [
    'no Redis there',
    [...ATTRIBUTE, '--engine', 'bullmq', '--redis', 'redis://127.0.0.1:1', '--out', 'new'],
    /^onnx-explain: redis:\/\/127\.0\.0\.1:1: no Redis can be reached there/,
  ],
  [
    'an address of something else',
    [...ATTRIBUTE, '--engine', 'bullmq', '--redis', 'http://:secret@a', '--out', 'new'],
    /--redis: expected an address such as/,
  ],
  ['nothing to merge', ['merge', 'empty', '--out', 'new'], /empty: holds nothing that a shard has written/],
  ['a path that is not there', ['merge', 'missing', '--out', 'new'], /missing: no such file/],
  ['text for a shard', ['merge', 'text.txt', '--out', 'new'], /text\.txt: is no file that a shard has written/],
  [
    'a shard of what is never divided',
    ['merge', 'foreign', '--out', 'new'],
    /^onnx-explain: train: its work cannot be divided/,
  ],
])('%s', async (_, args, message) => {
  const { code, stdout, stderr } = await runIn(folder, args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  // Beside what was said of the data before.
  const [line, ...others] = stderr.split('\n').filter((each) => each.startsWith('onnx-explain: '));
  expect(others).toEqual([]);
  expect(line).toMatch(message);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stderr).not.toContain('secret');
});

test('a scheduler whose job is larger than the plan', async () => {
  process.env.JOB_COMPLETION_INDEX = '4';
  const { code, stderr } = await runIn(folder, [...ATTRIBUTE, '--shards', '4', '--out', 'new']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^onnx-explain: JOB_COMPLETION_INDEX=4: --shards 4 are numbered 0 to 3; plan as many/);
});
