/** A trace over time: sums of γ up to chosen steps, losses, and the batches that lists name. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { chosenSteps } from '../../../src/explain/trace/time/chosen-steps.js';
import { traceRun } from '../../../src/explain/trace/trace-run.js';
import { openLog } from '../../../src/log/read/reader.js';
import type { StepRecord } from '../../../src/log/format/records.js';
import type { TraceResult } from '../../../src/results/trace.js';
import { checkResult } from '../../../src/results/validate.js';
import { readManifest } from '../../../src/run/manifest-file.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { smallRun, type SmallRun } from '../../helpers/small-run.js';

test('steps are spread evenly, up to the last', () => {
  expect(chosenSteps(3, 48)).toEqual([1, 2, 3]);
  expect(chosenSteps(10, 4)).toEqual([3, 5, 8, 10]);
  expect(chosenSteps(0, 4)).toEqual([]);
  const many = chosenSteps(1_000_003, 400);
  expect([many.length, new Set(many).size, many.at(-1)]).toEqual([400, 400, 1_000_003]);
});

describe.each(['single-class', 'shuffled'] as const)('of a run with the sampler %s', (sampler) => {
  const folder = temporaryFolder();
  let run: SmallRun;
  let records: StepRecord[];
  let result: TraceResult;

  beforeAll(async () => {
    run = await smallRun(folder, { epochs: 8, sampler });
    const manifest = await readManifest(run.directory);
    records = [];
    for await (const record of (await openLog(run.directory, manifest)).steps()) records.push(record);
    const context = { runtime: nodeRuntime({ threads: 1 }), data: run.trainSet };
    result = await traceRun(run.directory, run.inputs, { steps: true, topK: 5 }, context);
  });

  test('sums of γ by the class of the batch', () => {
    expect(records.length).toBeGreaterThan(48);
    for (const { layers, topClasses } of result.queries) {
      for (const { course, steps, classes, mixed } of layers) {
        expect(course!.steps).toEqual(chosenSteps(records.length, 48));
        const upTo = (step: number, label: number | null) =>
          steps!.gamma.slice(0, step).reduce((sum, gamma, i) => (steps!.class[i] === label ? sum + gamma : sum), 0);
        const shown = topClasses.map((entry) => entry.class);
        expect(course!.classes.every((entry) => shown.includes(entry.class))).toBe(true);
        expect([course!.classes.length > 0, course!.mixed !== undefined]).toEqual(
          sampler === 'single-class' ? [true, false] : [false, true],
        );
        const parts = [
          ...course!.classes.map((part) => ({ label: part.class, gamma: part.gamma, all: classes[part.class]!.gamma })),
          ...(course!.mixed ? [{ label: null, gamma: course!.mixed, all: mixed!.gamma }] : []),
        ];
        for (const { label, gamma, all } of parts) {
          gamma.forEach((value, i) => expect(value).toBe(Number(upTo(course!.steps[i]!, label).toPrecision(4))));
          expect(gamma.at(-1)).toBe(Number(all.toPrecision(4)));
        }
      }
    }
  });

  test('losses, and the batch of every step that a list names', () => {
    const { stepsPerEpoch, steps, loss, batches } = result.training!;
    expect(stepsPerEpoch).toBe(records.length / 8);
    expect(steps).toEqual(records.map(({ step }) => step));
    expect(loss).toEqual(records.map((record) => Number(record.loss.toPrecision(4))));
    const named = result.queries.flatMap(({ layers }) =>
      layers.flatMap((layer) => layer.batches.map(({ step }) => step)),
    );
    expect(batches.map(({ step }) => step)).toEqual([...new Set(named)].sort((a, b) => a - b));
    for (const { step, examples } of batches) {
      expect(examples).toEqual(records[step - 1]!.examples);
    }
    expect(checkResult(result)).toHaveProperty('result');
  });
});
