/** Traces whose batches are split exactly into rows. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { writeModelFile } from '../../../src/onnx/file.js';
import type { TraceLayer, TraceResult } from '../../../src/results/trace.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import type { Runtime, Session } from '../../../src/runtime/runtime.js';
import type { TrainOptions } from '../../../src/train/options.js';
import { TRAINING_INPUTS } from '../../../src/train/training-inputs.js';
import { traceToFolder, type TraceFolderRequest } from '../../../src/workflows/trace.js';
import { startTraining } from '../../../src/workflows/train.js';
import { encodeNpz, temporaryFolder, writeFiles } from '../../helpers/data-files.js';
import { RECURRENT, recurrentClassifier } from '../../helpers/networks.js';
import { gaussian } from '../../helpers/random-tensors.js';
import { smallRun, type SmallRun } from '../../helpers/small-run.js';

const folder = temporaryFolder();
const EXAMPLES = 40;
const runtime = nodeRuntime({ threads: 1 });
const runs: Record<string, Pick<SmallRun, 'directory' | 'dataSpec'>> = {};

/** A processor on which training rounds otherwise. */
const ELSEWHERE: Runtime = {
  ...runtime,
  createSession: async (model, options) => {
    const session = await runtime.createSession(model, options);
    if (!session.inputs.some(({ name }) => name === TRAINING_INPUTS.steps)) return session;
    const run: Session['run'] = async (...asked) => {
      const outputs = await session.run(...asked);
      for (const { data } of Object.values(outputs)) if (data instanceof Float32Array) data[0]! *= 1 + 1e-6;
      return outputs;
    };
    return { ...session, run };
  },
};

const OPTIONS = {
  // Without a state, an update is one batch's own: the equal parts of batches of one example are exact.
  plain: { sampler: 'single-instance', optimizer: 'sgd', ghostSize: 4, epochs: 1 },
  momentum: { sampler: 'shuffled', optimizer: 'momentum', ghostSize: 0, epochs: 2 },
  decayed: { sampler: 'shuffled', optimizer: 'momentum', ghostSize: 0, epochs: 1, weightDecay: 0.2 },
} as const satisfies Record<string, Partial<TrainOptions>>;

beforeAll(async () => {
  for (const [name, options] of Object.entries(OPTIONS)) {
    const own = join(folder, name);
    mkdirSync(own);
    runs[name] = await smallRun(own, options, EXAMPLES);
  }
});

/** Traces two inputs, with everything listed. */
async function traced(name: string, how: Partial<TraceFolderRequest>): Promise<TraceResult> {
  const { directory, dataSpec } = runs[name]!;
  const options = { topK: EXAMPLES, ...how.options };
  const out = join(folder, 'why');
  return traceToFolder({
    runDirectory: directory,
    inputs: [`${dataSpec}@0,3`],
    out,
    force: true,
    runtime,
    ...how,
    options,
  });
}

const gammasOf = ({ examples, opponents }: TraceLayer) =>
  new Map([...examples, ...opponents].map(({ index, gamma }) => [index, gamma]));

const ofSteps = ({ classes, mixed }: TraceLayer) => classes.reduce((sum, { gamma }) => sum + gamma, mixed?.gamma ?? 0);

/** Does something with each layer of two results. */
function layerwise(one: TraceResult, other: TraceResult, compare: (one: TraceLayer, other: TraceLayer) => void): void {
  one.queries.forEach(({ layers }, q) => layers.forEach((layer, l) => compare(layer, other.queries[q]!.layers[l]!)));
}

/** Sums of float32 products in another order; the log is float32. */
const ROUNDING = 1e-4;

test('of batches of one example without momentum they are what equal parts say', async () => {
  const [batch, exact] = [await traced('plain', { split: 'batch' }), await traced('plain', {})];
  expect([batch.split, exact.split]).toEqual(['batch', 'exact']);
  layerwise(batch, exact, (own, other) => {
    const [equal, split] = [gammasOf(own), gammasOf(other)];
    const scale = Math.max(...[...equal.values()].map(Math.abs));
    for (const [index, gamma] of split) expect(Math.abs(gamma - equal.get(index)!) / scale).toBeLessThan(ROUNDING);
    expect(split.size).toBe(equal.size);
  });
});

describe('whatever the sampler and the optimizer, they sum to what all updates did', () => {
  test.each(['full', 'delta'] as const)('to the %s output', async (reference) => {
    const options = { reference };
    const [batch, exact] = [
      await traced('momentum', { split: 'batch', options }),
      await traced('momentum', { options }),
    ];
    expect(exact.split).toBe('exact');
    layerwise(batch, exact, (own, split) => {
      const size = [...gammasOf(split).values()].reduce((sum, gamma) => sum + Math.abs(gamma), 0);
      expect(split.mixed!.gamma).toBe(0);
      expect(Math.abs(ofSteps(split) - ofSteps(own)) / size).toBeLessThan(ROUNDING);
      expect(Math.abs(split.remainder!) / size).toBeLessThan(ROUNDING);
      expect(own.remainder).toBeUndefined();
    });
  });

  test.each(['momentum', 'plain'])('of %s, for every score by class, where inputs are few', async (run) => {
    const { queries } = await traced(run, {});
    for (const { layers } of queries) {
      const { logits, norm } = layers.at(-1)!;
      for (const { bias, training, byClass } of logits!) {
        const { classesOf, classes, initialBias, mixed, rest } = byClass!;
        expect(classesOf).toBe('examples');
        expect(mixed).toBeUndefined();
        expect(Math.abs(rest)).toBeLessThan(ROUNDING * norm);
        const told = classes.reduce((sum, { value }) => sum + value, initialBias);
        expect(Math.abs(told - training - bias)).toBeLessThan(ROUNDING * norm);
        expect(classes.filter(({ value }) => value !== 0).length).toBeGreaterThan(1);
      }
    }
  });

  test('by class as by the classes of batches, where a batch is an example and nothing carries it on', async () => {
    const [batch, exact] = [await traced('plain', { split: 'batch' }), await traced('plain', {})];
    layerwise(batch, exact, (own, split) => {
      for (const [i, { class: name, byClass }] of (own.logits ?? []).entries()) {
        const other = split.logits![i]!.byClass!;
        expect([name, byClass!.classesOf, other.classesOf]).toEqual([name, 'batches', 'examples']);
        const values = [byClass!, other].map(({ classes }) => classes.map(({ value }) => value));
        expect(values[0]).toBeAllClose(values[1]!, { absolute: ROUNDING * own.norm });
      }
    });
  });

  test('less what weight decay did, which is no example’s', async () => {
    const [batch, exact] = [await traced('decayed', { split: 'batch' }), await traced('decayed', {})];
    layerwise(batch, exact, (own, split) => {
      expect(ofSteps(split) + split.remainder!).toBeCloseTo(ofSteps(own), 6);
      // Decay shrinks weights, and what they give.
      expect(split.remainder! / split.norm ** 2).toBeLessThan(-0.01);
    });
  });
});

test('each step of a loop that training rolls up is a layer, and has its own parts', async () => {
  const { steps, width, classes } = RECURRENT;
  const own = join(folder, 'recurrent');
  const x = ['<f4', [EXAMPLES, steps, width], gaussian(EXAMPLES * steps * width, 1, 1)] as const;
  const y = ['<i4', [EXAMPLES], Int32Array.from({ length: EXAMPLES }, (_, i) => (i * 7) % classes)] as const;
  const dataSpec = join(
    writeFiles(own, { 'data.npz': encodeNpz({ x: [...x], y: [...y], x_test: [...x], y_test: [...y] }) }),
    'data.npz',
  );
  const modelPath = join(own, 'rnn.onnx');
  await writeModelFile(modelPath, recurrentClassifier('RNN'));
  const directory = join(own, 'run');
  const options = { epochs: 1, batchSize: 8, codec: 'float32', optimizer: 'momentum', ghostSize: 0 } as const;
  await startTraining({ modelPath, dataSpec, runDirectory: directory, options, runtime });
  runs.recurrent = { directory, dataSpec };
  const only = { options: { references: 0 } };
  const [batch, exact] = [await traced('recurrent', { split: 'batch', ...only }), await traced('recurrent', only)];
  expect(exact.split).toBe('exact');
  expect(exact.queries[0]!.layers.length).toBeGreaterThan(2 * steps);
  layerwise(batch, exact, (all, split) => {
    const size = [...gammasOf(split).values()].reduce((sum, gamma) => sum + Math.abs(gamma), 0);
    // A state of zeros has no γ.
    if (size === 0) expect(ofSteps(all)).toBe(0);
    else expect(Math.abs(ofSteps(split) - ofSteps(all)) / size).toBeLessThan(ROUNDING);
  });
});

describe('where nobody says how, and it cannot be done', () => {
  test('batches are split in equal parts, and a notice says why', async () => {
    const said: string[] = [];
    const onNotice = (line: string) => said.push(line);
    const result = await traced('plain', { runtime: ELSEWHERE, onNotice });
    expect(result.split).toBe('batch');
    expect(said).toEqual([
      expect.stringMatching(/split in equal parts .*`split` batch.*: .* not those that were recorded/),
    ]);
    await expect(traced('plain', { runtime: ELSEWHERE, split: 'exact' })).rejects.toThrow(
      /not those that were recorded/,
    );
  });

  test('or is not what is ranked', async () => {
    const said: string[] = [];
    const options = { similarity: 'cosine' } as const;
    const result = await traced('plain', { options, onNotice: (line) => said.push(line) });
    expect(result.split).toBe('batch');
    expect(said).toEqual([expect.stringMatching(/^`similarity` cosine: each batch is split in equal parts/)]);
    await expect(traced('plain', { options, split: 'exact' })).rejects.toThrow(/`similarity` cosine: an exact/);
  });
});
