/** From training to explanation: what a trace says of a real run adds up. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { traceRun } from '../../../src/explain/trace/trace-run.js';
import { openLog } from '../../../src/log/read/reader.js';
import type { StepRecord } from '../../../src/log/format/records.js';
import type { TraceLayer, TraceResult } from '../../../src/results/trace.js';
import { checkResult } from '../../../src/results/validate.js';
import { RUN_FILES } from '../../../src/run/manifest.js';
import { readManifest, writeManifest } from '../../../src/run/manifest-file.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { smallRun, type SmallRun } from '../../helpers/small-run.js';

const runtime = nodeRuntime({ threads: 1 });
const folders = {
  full: temporaryFolder(),
  lossy: temporaryFolder(),
  mixed: temporaryFolder(),
  stopped: temporaryFolder(),
};
let run: SmallRun;
let records: StepRecord[];
let full: TraceResult;
let delta: TraceResult;

const layersOf = (result: TraceResult) => result.queries.flatMap(({ layers }) => layers);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const everything = { topK: 1000, steps: true } as const;

beforeAll(async () => {
  run = await smallRun(folders.full);
  const log = await openLog(run.directory);
  records = [];
  for await (const record of log.steps()) records.push(record);
  full = await traceRun(run.directory, run.inputs, everything, { runtime, data: run.trainSet });
  delta = await traceRun(
    run.directory,
    run.inputs,
    { ...everything, reference: 'delta' },
    { runtime, data: run.trainSet },
  );
});

describe('a lossless run', () => {
  test('gives a valid result with every layer in order', () => {
    for (const result of [full, delta])
      expect(checkResult(JSON.parse(JSON.stringify(result)))).not.toHaveProperty('problem');
    expect(full.queries).toHaveLength(5);
    expect(full.queries[0]!.layers.map(({ layer }) => layer)).toEqual(['conv1', 'conv2', 'fc1', 'fc2']);
    expect(full.queries.map(({ truth }) => truth?.class)).toEqual([0, 1, 2, 3, 0]);
  });

  test('is complete: initial weights and all steps are the layer’s output', () => {
    for (const layer of [...layersOf(full), ...layersOf(delta)]) {
      // float32: sums of some hundred products, each off by 6e-8 of itself.
      expect(layer.completenessError).toBeLessThan(1e-5);
      expect(layer.codecError).toBe(0);
    }
  });

  test('γ of all steps and the initial weights add up to ‖W f‖²; by example, by class, by step', () => {
    for (const layer of layersOf(full)) {
      const square = layer.norm ** 2;
      const steps = sum(layer.steps!.gamma);
      // γ of single steps are float32 sums; their scale is ‖W f‖².
      expect(Math.abs(steps + layer.initial!.gamma - square)).toBeLessThan(1e-5 * square);
      expect(Math.abs(examplesOf(layer) - steps)).toBeLessThan(1e-9 * square);
      expect(Math.abs(sum(layer.classes.map(({ gamma }) => gamma)) - steps)).toBeLessThan(1e-9 * square);
      expect(Math.abs(sum(layer.classes.map(({ weight }) => weight)) - sum(layer.steps!.norm))).toBeLessThan(
        1e-9 * layer.norm,
      );
    }
  });

  test('with what training changed as reference, Σ cos ‖Δ f‖ is its norm', () => {
    for (const layer of layersOf(delta)) {
      const along = sum(layer.steps!.cosine.map((cosine, step) => cosine * layer.steps!.norm[step]!));
      expect(Math.abs(along - layer.norm)).toBeLessThan(1e-5 * layer.norm);
      expect(layer.initial).toBeUndefined();
    }
  });

  test('cosines are γ over norms, and no larger than 1', () => {
    for (const layer of layersOf(full)) {
      const { gamma, cosine, norm } = layer.steps!;
      cosine.forEach((value, step) => {
        expect(Math.abs(value)).toBeLessThanOrEqual(1 + 1e-12);
        expect(value * norm[step]! * layer.norm).toBeCloseTo(gamma[step]!, 10);
      });
    }
  });

  test('each example of a batch has an equal part of its γ, ghosts none', () => {
    for (const layer of layersOf(full)) {
      const parts = new Map<number, { gamma: number; steps: number }>();
      records.forEach(({ examples }, step) => {
        for (const index of examples) {
          const part = parts.get(index) ?? { gamma: 0, steps: 0 };
          part.gamma += layer.steps!.gamma[step]! / examples.length;
          part.steps++;
          parts.set(index, part);
        }
      });
      const listed = [...layer.examples, ...layer.opponents];
      expect(listed).toHaveLength(parts.size);
      for (const { index, label, gamma, steps } of listed) {
        expect(gamma).toBeCloseTo(parts.get(index)!.gamma, 9);
        expect(steps).toBe(parts.get(index)!.steps);
        expect(label).toBe(run.trainSet.labels[index]);
      }
      expect(isDescending(layer.examples.map(({ gamma }) => gamma))).toBe(true);
      expect(isDescending(layer.opponents.map(({ gamma }) => -gamma))).toBe(true);
      expect(layer.opponents.every(({ gamma }) => gamma < 0)).toBe(true);
    }
  });

  test('lists the steps of largest γ with their batch’s class', () => {
    for (const layer of layersOf(full)) {
      const expected = layer
        .steps!.gamma.map((gamma, i) => ({ gamma, step: records[i]!.step }))
        .filter(({ gamma }) => gamma > 0)
        .sort((a, b) => b.gamma - a.gamma);
      expect(layer.batches.map(({ step, gamma }) => ({ gamma, step }))).toEqual(expected);
      for (const { step, label } of layer.batches) expect(label).toBe(records[step - 1]!.class);
    }
  });

  test('class weights are the norms of the class’s steps, and its ridge integrates to 1', () => {
    for (const layer of layersOf(full)) {
      for (const { class: name, weight, ridge } of layer.classes) {
        const own = layer.steps!.norm.filter((_, step) => layer.steps!.class[step] === name);
        expect(weight).toBeCloseTo(sum(own), 8);
        const { x, density } = ridge!;
        // The grid ends at 1.25 times the furthest cosine: at most what a kernel leaves outside is missing.
        const integral = sum(density) * (x[1]! - x[0]!);
        expect(integral).toBeGreaterThan(0.97);
        expect(integral).toBeLessThan(1.01);
      }
    }
  });

  test('takes the logits apart where they are computed, and nowhere else', () => {
    for (const { layers, predicted } of full.queries) {
      expect(layers.slice(0, -1).every(({ logits }) => logits === undefined)).toBe(true);
      const { logits, norm } = layers.at(-1)!;
      expect(logits!.map((parts) => parts.class)).toEqual([0, 1, 2, 3]);
      for (const { logit, initial, bias, training, byClass } of logits!) {
        expect(Math.abs(initial + bias + training - logit)).toBeLessThan(1e-5 * norm);
        const { initialBias, classes, mixed, rest } = byClass!;
        const told = classes.map(({ value }) => value);
        expect(Math.abs(initial + initialBias + sum(told) + rest - logit)).toBeLessThan(1e-5 * norm);
        // All classes are told apart: what is left is rounding.
        expect(Math.abs(rest)).toBeLessThan(1e-5 * norm);
        expect(mixed).toBeUndefined();
      }
      const best = logits!.reduce((a, b) => (b.logit > a.logit ? b : a));
      expect(best.class).toBe(predicted.class);
    }
  });

  test('does not depend on how many steps are read at once', async () => {
    for (const chunkSteps of [1, 7]) {
      const other = await traceRun(run.directory, run.inputs, everything, { runtime, data: run.trainSet, chunkSteps });
      layersOf(other).forEach((layer, i) => {
        const expected = layersOf(full)[i]!;
        // ONNX Runtime may add in another order for another number of rows.
        expect(layer.steps!.gamma).toBeAllClose(expected.steps!.gamma, { relative: 1e-5 });
        expect(layer.steps!.norm).toBeAllClose(expected.steps!.norm, { relative: 1e-5 });
        expect(layer.completenessError).toBeLessThan(1e-5);
      });
    }
  });

  test('a query is the same alone and among others', async () => {
    const alone = await traceRun(run.directory, [run.inputs[3]!], everything, { runtime, data: run.trainSet });
    alone.queries[0]!.layers.forEach((layer, i) => {
      const among = full.queries[3]!.layers[i]!;
      expect(layer.steps!.gamma).toBeAllClose(among.steps!.gamma, { relative: 1e-5 });
      expect(layer.steps!.norm).toBeAllClose(among.steps!.norm, { relative: 1e-5 });
    });
  });

  test('finds layers by name, weight and number, and reports progress', async () => {
    let last = { done: 0, total: 0 };
    const options = { layers: ['fc2', 'conv2.weight', '0'] };
    const result = await traceRun(run.directory, run.inputs, options, {
      runtime,
      data: run.trainSet,
      onProgress: (_, done, total) => (last = { done, total }),
    });
    expect(result.queries[0]!.layers.map(({ layer }) => layer)).toEqual(['conv1', 'conv2', 'fc2']);
    expect(last.done).toBe(last.total);
    expect(last.total).toBe(3 * records.length);
    expect(result.queries[0]!.layers[0]!.steps).toBeUndefined();
    expect(result.queries[0]!.layers[0]!.examples).toHaveLength(10);
  });

  test('cosines can rank instead of γ', async () => {
    const context = { runtime, data: run.trainSet };
    const byCosine = await traceRun(run.directory, run.inputs, { ...everything, similarity: 'cosine' }, context);
    const positive = await traceRun(
      run.directory,
      run.inputs,
      { ...everything, similarity: 'positive-cosine' },
      context,
    );
    layersOf(byCosine).forEach((layer, i) => {
      expect(isDescending(layer.examples.map(({ cosine }) => cosine!))).toBe(true);
      expect(isDescending(layer.batches.map(({ cosine }) => cosine))).toBe(true);
      const all = sum([...layer.examples, ...layer.opponents].map(({ cosine }) => cosine!));
      expect(all).toBeCloseTo(sum(layer.steps!.cosine), 8);
      // The authors' early code: negative cosines count nothing, so nothing opposes.
      const early = layersOf(positive)[i]!;
      expect(early.opponents).toEqual([]);
      const rises = layer.steps!.cosine.map((cosine) => Math.max(cosine, 0));
      expect(sum(early.examples.map(({ cosine }) => cosine!))).toBeCloseTo(sum(rises), 8);
    });
  });

  test('refuses other data, and names a mistyped layer', async () => {
    const context = { runtime, data: run.trainSet };
    const other = { ...run.trainSet, fingerprint: 'f'.repeat(64) };
    await expect(traceRun(run.directory, run.inputs, {}, { runtime, data: other })).rejects.toThrow(/not the data/);
    await expect(traceRun(run.directory, run.inputs, { layers: ['conv3'] }, context)).rejects.toThrow(
      /nearest are conv/,
    );
    await expect(traceRun(run.dataSpec, run.inputs, {}, context)).rejects.toThrow(/not a run directory/);
  });
});

describe('other runs', () => {
  test('a lossy log is complete up to what its codec reports', async () => {
    const lossy = await smallRun(folders.lossy, { codec: 'int8', epochs: 2 });
    const result = await traceRun(lossy.directory, lossy.inputs, {}, { runtime, data: lossy.trainSet });
    const errors = layersOf(result).map(({ completenessError, codecError }) => ({ completenessError, codecError }));
    expect(errors.some(({ codecError }) => codecError > 1e-5)).toBe(true);
    // What is missing is what the codec says that it dropped, but for float32 rounding.
    for (const { completenessError, codecError } of errors) {
      expect(Math.abs(completenessError - codecError)).toBeLessThan(1e-5);
    }
  });

  test('one that was interrupted is explained up to its last checkpoint', async () => {
    const stopped = await smallRun(folders.stopped, { epochs: 2 });
    const manifest = await readManifest(stopped.directory);
    const [checkpoint] = manifest.checkpoints;
    expect(checkpoint!.step).toBeLessThan(manifest.steps);
    // As run.json was when that checkpoint was the last.
    const before = { ...manifest, status: 'running' as const, steps: checkpoint!.step, checkpoints: [checkpoint!] };
    await writeManifest(stopped.directory, before);
    await rm(join(stopped.directory, RUN_FILES.model));
    const result = await traceRun(stopped.directory, stopped.inputs, everything, { runtime, data: stopped.trainSet });
    for (const layer of layersOf(result)) {
      expect(layer.steps!.gamma).toHaveLength(checkpoint!.step);
      expect(layer.completenessError).toBeLessThan(1e-5);
    }
    expect(result.model.path).toContain(checkpoint!.model);
    await writeManifest(stopped.directory, { ...before, steps: 0, checkpoints: [] });
    const early = traceRun(stopped.directory, stopped.inputs, {}, { runtime, data: stopped.trainSet });
    await expect(early).rejects.toThrow(/no checkpoint was written yet/);
  });

  test('a batch of several classes counts for none of them', async () => {
    const mixed = await smallRun(folders.mixed, { sampler: 'shuffled', ghostSize: 0, epochs: 1 });
    const options = { ...everything, reference: 'delta' } as const;
    const result = await traceRun(mixed.directory, mixed.inputs, options, { runtime, data: mixed.trainSet });
    for (const layer of layersOf(result)) {
      expect(layer.steps!.class.every((name) => name === null)).toBe(true);
      expect(layer.classes.every(({ gamma, weight, ridge }) => gamma === 0 && weight === 0 && !ridge)).toBe(true);
      const { gamma, steps, weight, ridge } = layer.mixed!;
      expect(Math.abs(gamma - layer.norm ** 2)).toBeLessThan(1e-5 * layer.norm ** 2);
      expect(steps).toBe(layer.steps!.gamma.length);
      expect(weight).toBeCloseTo(sum(layer.steps!.norm), 8);
      expect(sum(ridge!.density) * (ridge!.x[1]! - ridge!.x[0]!)).toBeCloseTo(1, 1);
      for (const { bias, training, byClass } of layer.logits ?? []) {
        expect(byClass!.classes.every(({ value }) => value === 0)).toBe(true);
        expect(Math.abs(byClass!.mixed! + byClass!.initialBias - bias - training)).toBeLessThan(1e-5 * layer.norm);
      }
    }
  });
});

function examplesOf({ examples, opponents }: TraceLayer): number {
  return sum([...examples, ...opponents].map(({ gamma }) => gamma));
}

function isDescending(values: readonly number[]): boolean {
  return values.every((value, i) => i === 0 || value <= values[i - 1]!);
}
