/** The quick start as users run it, and what it promises about the bundled sample. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readInputs } from '../../src/data/input.js';
import { openDataset } from '../../src/data/open-dataset.js';
import { traceRun } from '../../src/explain/trace/trace-run.js';
import { inspectRun } from '../../src/inspect/inspect-run.js';
import { readResult } from '../../src/results/result-file.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { runCommand } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';

const folder = temporaryFolder();

test('learns the sample, explains it, and says where the report is', async () => {
  const { code, stdout } = await runCommand(['demo', '--out', 'demo', '--quiet'], folder);
  expect(code).toBe(0);
  expect(stdout).toContain('report: demo/explanation/index.html');
  expect(existsSync(join(folder, 'demo', 'explanation', 'index.html'))).toBe(true);

  // One decision, learnt again without the twenty examples that supported it most: measured 1.10 where 1.08 was predicted;
  // over a hundred others a fifth more than was predicted.
  expect(existsSync(join(folder, 'demo', 'influence', 'index.html'))).toBe(true);
  const influence = await readResult(join(folder, 'demo', 'influence', 'result.json'), 'influence');
  expect(influence.replay!.drift).toBe(0);
  const checked = influence.queries[0]!.verification!;
  expect(checked.examples).toBe(20);
  expect(checked.actual / checked.predicted!).toBeGreaterThan(0.75);
  expect(checked.actual / checked.predicted!).toBeLessThan(1.6);

  // Each layer's steps are told apart by examples; those of the last layer are of the class in question, and no one else's.
  const { split, queries } = await readResult(join(folder, 'demo', 'explanation', 'result.json'), 'trace');
  expect(split).toBe('exact');
  for (const { predicted, layers } of queries) {
    expect(layers.filter(({ evidence }) => evidence).length).toBeGreaterThanOrEqual(3);
    expect(layers.at(-1)!.examples.filter(({ label }) => label === predicted.class).length).toBeGreaterThanOrEqual(7);
    // γ of the examples and of the steps, in float32.
    for (const { remainder, norm } of layers) expect(Math.abs(remainder!) / norm ** 2).toBeLessThan(1e-4);
  }

  const { manifest, checks } = await inspectRun(join(folder, 'demo', 'run'), { verify: true });
  expect(manifest.options).toMatchObject({ sampler: 'single-class' });
  expect(manifest.options.ghostSize).toBeGreaterThan(0);
  // Measured 0.832, and 0.818 and 0.835 for other seeds; another machine rounds differently.
  expect(manifest.epochs.at(-1)!.testAccuracy).toBeGreaterThanOrEqual(0.8);
  expect(checks!.every(({ passed }) => passed)).toBe(true);

  const inputs = `fashion-mnist-sample@${Array.from({ length: 100 }, (_, i) => i * 10).join(',')}`;
  const all = await traceRun(
    join(folder, 'demo', 'run'),
    await readInputs([inputs]),
    {},
    {
      runtime: nodeRuntime({ threads: 1 }),
      data: await openDataset('fashion-mnist-sample'),
      references: await openDataset('fashion-mnist-sample', { split: 'test' }),
    },
  );
  const right = all.queries.filter(({ predicted, truth }) => predicted.class === truth!.class);
  expect(right.length).toBeGreaterThan(70);
  const examples = right.flatMap(({ predicted, layers }) => {
    const { examples: first } = layers.find(({ layer }) => layer === 'fc3')!;
    return first.slice(0, 7).map(({ label }) => label === predicted.class);
  });
  expect(examples).toHaveLength(7 * right.length);
  expect(examples.filter(Boolean).length / examples.length).toBeGreaterThanOrEqual(0.7);

  // In every layer whose list is shown as evidence, two of the hundred inputs share at most two of their first ten.
  const evidence = all.queries[0]!.layers.flatMap((layer, l) => (layer.evidence ? [l] : []));
  expect(evidence.length).toBeGreaterThanOrEqual(3);
  for (const l of evidence) {
    const lists = all.queries.map(({ layers }) => new Set(layers[l]!.examples.map(({ index }) => index)));
    const shared = lists.flatMap((list, i) =>
      lists.slice(0, i).map((other) => [...list].filter((index) => other.has(index)).length),
    );
    // Measured 0.5 to 0.7; by γ alone, 9.4 in the first layer.
    expect(shared.reduce((sum, count) => sum + count, 0) / shared.length).toBeLessThanOrEqual(2);
  }
}, 300_000);
