/** Effects on the held-out loss, as `influence --measure test-loss` and `audit --by metagradient` give them. */
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readNpyFile } from '../../../src/data/npy/file.js';
import { readResult } from '../../../src/results/result-file.js';
import { runHere } from '../../helpers/in-process.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { smallRun } from '../../helpers/small-run.js';

const folder = temporaryFolder();

test('the same effects; the labels that hurt most come first', async () => {
  const { directory } = await smallRun(folder, { sampler: 'shuffled', ghostSize: 0, epochs: 2 }, 60);
  const [effects, suspects] = [join(folder, 'effects'), join(folder, 'suspects')];
  const influence = ['influence', directory, '--measure', 'test-loss', '--values', '--top-k', '60', '--out', effects];
  expect((await runHere([...influence, '--quiet'])).code).toBe(0);
  expect((await runHere(['audit', directory, '--by', 'metagradient', '--out', suspects, '--quiet'])).code).toBe(0);

  const { queries } = await readResult(join(effects, 'result.json'), 'influence');
  const [query] = queries;
  expect(query!.predicted).toBeUndefined();
  expect(query!.measure.name).toBe('test-loss');
  const values = (await readNpyFile(join(effects, 'values.npy'))).data as Float64Array;
  expect(values).toHaveLength(60);
  expect(query!.sum).toBeCloseTo(
    values.reduce((sum, value) => sum + value, 0),
    12,
  );
  for (const { index, effect } of [...query!.examples, ...query!.opponents]) expect(effect).toBe(values[index]);

  const ranked = (await readResult(join(suspects, 'result.json'), 'audit')).suspects;
  expect(ranked.map(({ score }) => score)).toEqual(ranked.map(({ index }) => values[index]));
  expect(ranked[0]!.score).toBe(Math.max(...values));
});
