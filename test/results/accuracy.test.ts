/** The explained model's accuracy beside guessing: in the head of whatever knows it. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { openDataset } from '../../src/data/open-dataset.js';
import { accuracyOfRun, accuracyOfScores, accuracyOn, type Accuracy } from '../../src/results/accuracy.js';
import { readResult } from '../../src/results/result-file.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runHere } from '../helpers/in-process.js';
import { makeRuns, trainingIn } from '../helpers/runs/whole-run.js';

describe('counted', () => {
  const labels = Int32Array.of(0, 1, 1, 2);
  const split = 'test' as const;

  test('chance is the share of the most frequent class', () => {
    expect(accuracyOn({ split, labels }, 0.75)).toEqual({ split, value: 0.75, chance: 0.5, examples: 4 });
    expect(accuracyOn({ split, labels: [] }, 0)).toBeUndefined();
  });

  test('of scores', () => {
    const scores = [3, 1, 2, /**/ 0, 5, 1, /**/ 9, 8, 7, /**/ -2, -3, -1];
    expect(accuracyOfScores({ split, labels }, scores, 3)!.value).toBe(0.75);
    expect(accuracyOfScores({ split, labels: [0, 1, 1] }, [-1, 2, -3], 1)!.value).toBeCloseTo(2 / 3);
  });

  test('of a run: what its last epoch reached, and only on the split that it was measured on', () => {
    const epochs = [{ testAccuracy: 0.25 }, { testAccuracy: 0.5 }];
    expect(accuracyOfRun({ epochs }, { split, labels })!.value).toBe(0.5);
    for (const nothing of [
      accuracyOfRun({ epochs }, undefined),
      accuracyOfRun({ epochs }, { split: 'train', labels }),
      accuracyOfRun({ epochs: [] }, { split, labels }),
      accuracyOfRun({ epochs: [{}] }, { split, labels }),
    ]) {
      expect(nothing).toBeUndefined();
    }
  });
});

describe('in results', () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  const { dataSpec } = trainingIn(folder);
  let measured: Accuracy;

  beforeAll(async () => {
    await makeRuns(folder);
    const { labels } = await openDataset(dataSpec, { split: 'test' });
    measured = accuracyOfRun(await readManifest(at('whole')), { split: 'test', labels })!;
  });

  test.each([
    ['trace', [], [`--layer=fc2`, '--split=batch']],
    ['influence', [], []],
    ['influence', [], ['--method=influence-function']],
    ['audit', [], []],
    ['trends', [], ['--method=gradient', '--images=1']],
    ['representer', ['--model', 'whole/model.onnx', '--data', 'data'], ['--lambda=0.01']],
  ])('of %s %j %j', async (command, of, more) => {
    const out = at(`${command}${more.length}`);
    const subject = of.length > 0 ? of.map((word) => (word.startsWith('--') ? word : at(word))) : [at('whole')];
    const input = ['audit', 'trends'].includes(command) ? [] : ['--input', `${dataSpec}@0`];
    const { code, stderr } = await runHere([
      command,
      ...subject,
      ...input,
      ...more,
      '--out',
      out,
      '--force',
      '--threads',
      '1',
    ]);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect((await readResult(join(out, 'result.json'))).accuracy).toEqual(measured);
  });
});
