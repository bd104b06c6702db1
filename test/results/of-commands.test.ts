/** What results of several commands have in common: the model's accuracy in their head, and a map of features. */
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { openDataset } from '../../src/data/open-dataset.js';
import { accuracyOfRun, type Accuracy } from '../../src/results/accuracy.js';
import type { FeatureMap } from '../../src/results/feature-map.js';
import { readResult } from '../../src/results/result-file.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runHere } from '../helpers/in-process.js';
import { makeRuns, trainingIn } from '../helpers/runs/whole-run.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const { dataSpec } = trainingIn(folder);
let measured: Accuracy;

beforeAll(async () => {
  await makeRuns(folder);
  const { labels } = await openDataset(dataSpec, { split: 'test' });
  measured = accuracyOfRun(await readManifest(at('whole')), { split: 'test', labels })!;
});

/** Commands with their options, and how many inputs they are asked about; those without a map have none. */
const COMMANDS: [words: string[], inputs: number, hasMap: boolean][] = [
  [['trace', at('whole'), '--layer', 'conv1'], 2, true],
  [['influence', at('whole')], 2, true],
  [['influence', at('whole'), '--method', 'influence-function'], 2, true],
  [['audit', at('whole')], 0, true],
  [['representer', '--model', at('whole/model.onnx'), '--data', at('data'), '--lambda', '0.01'], 2, true],
  [['trends', at('whole'), '--method', 'gradient', '--images', '1'], 0, false],
];

/** What a command says with more options, in the place of what the one before it said: whatever a folder of ours holds is known as ours. */
async function resultOf(words: readonly string[], inputs: number, ...more: string[]) {
  const asked = inputs > 0 ? ['--input', `${dataSpec}@0-${inputs - 1}`] : [];
  const { code } = await runHere([...words, ...asked, ...more, '--out', at('out'), '--quiet']);
  expect(code).toBe(0);
  return (await readResult(join(at('out'), 'result.json'))) as { map?: FeatureMap; accuracy?: Accuracy };
}

test.each(COMMANDS)('%j of %d inputs', async (words, inputs, hasMap) => {
  const { map, accuracy } = await resultOf(words, inputs, '--threads', '1');
  expect(accuracy).toEqual(measured);
  if (!hasMap) return expect(map).toBeUndefined();
  expect(map).toMatchObject({ method: 'umap', layer: 'fc2' });
  expect([map!.train.indices.length, map!.queries.x.length]).toEqual([300, inputs]);
});

test('a map is the same on any number of threads, and there where it is wanted', async () => {
  const [words, inputs] = COMMANDS[0]!;
  const { map } = await resultOf(words, inputs, '--threads', '1');
  expect((await resultOf(words, inputs, '--threads', '2')).map).toEqual(map);
  expect((await resultOf(words, inputs, '--threads', '1', '--no-map')).map).toBeUndefined();
});
