/**
 * The linear datamodelling score where it is known: one step of a linear model is linear in the weights of its examples, so
 * that sums of metagradients foretell every training on a part of the data; and nothing that knows the class alone does.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { drawSubsets, predictedSums, rankAgreement } from '../../src/evaluate/linear-datamodelling.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { writeModelFile } from '../../src/onnx/file.js';
import { spearman } from '../../src/numeric/statistics.js';
import { float32 } from '../../src/tensor.js';
import type { EvaluateResult } from '../../src/results/evaluate.js';
import { evaluateToFolder } from '../../src/workflows/evaluate.js';
import { influenceToFolder } from '../../src/workflows/influence.js';
import { startTraining } from '../../src/workflows/train.js';
import { encodeNpy, encodeZip, temporaryFolder } from '../helpers/data-files.js';
import { gaussian } from '../helpers/random-tensors.js';
import { runtime } from '../helpers/training.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const EXAMPLES = 40;
const FEATURES = 6;

/** Two classes that overlap. */
function points(count: number, seed: number) {
  const noise = gaussian(count * FEATURES, seed, 1);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
  return { data: noise.map((value, k) => value + 0.7 * labels[Math.floor(k / FEATURES)]!), labels };
}

function linear() {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['batch', FEATURES]);
  const weight = g.initializer('w', float32(gaussian(2 * FEATURES, 3, 0.3), [2, FEATURES]));
  const bias = g.initializer('b', float32(new Float32Array(2), [2]));
  g.output(g.rename(g.op('Gemm', [x, weight, bias], { transB: 1 }), 'scores'), 'float32', ['batch', 2]);
  return g.model();
}

const training = {
  modelPath: at('linear.onnx'),
  dataSpec: at('points.npz'),
  runtime,
  options: { epochs: 1, batchSize: EXAMPLES, optimizer: 'sgd', learningRate: 0.5, log: false },
} as const;

beforeAll(async () => {
  const [train, held] = [points(EXAMPLES, 1), points(12, 2)];
  const array = (descr: string, shape: number[], data: Float32Array | Uint8Array) => ({
    content: encodeNpy(descr, shape, data),
  });
  writeFileSync(
    at('points.npz'),
    encodeZip({
      'x.npy': array('<f4', [EXAMPLES, FEATURES], train.data),
      'y.npy': array('|u1', [EXAMPLES], train.labels),
      'x_test.npy': array('<f4', [12, FEATURES], held.data),
      'y_test.npy': array('|u1', [12], held.labels),
    }),
  );
  await writeModelFile(training.modelPath, linear());
  await startTraining({ ...training, runDirectory: at('run') });
});

describe('one step of a linear model', () => {
  let result: EvaluateResult;
  const value = (protocol: string, method: string, figure = '50 % kept') =>
    result.figures.find((found) => found.protocol === protocol && found.method === method && found.figure === figure)!;

  beforeAll(async () => {
    result = await evaluateToFolder({
      runDirectory: at('run'),
      out: at('evaluation'),
      runtime,
      options: {
        protocols: ['lds', 'lds-within'],
        methods: ['metagradient', 'tracin', 'same-class', 'random'],
        keep: [0.5, 0.9],
        subsets: 20,
        queries: 12,
        freshOrder: true,
      },
    });
  });

  test.each(['lds', 'lds-within'])('%s: metagradients foretell all of it', (protocol) => {
    // Ranks may swap where two outcomes are the same up to float32.
    for (const figure of ['50 % kept', '90 % kept', '50 % kept, fresh order']) {
      expect(value(protocol, 'metagradient', figure).value).toBeGreaterThan(0.995);
      expect(value(protocol, 'metagradient', figure).distinguishable).toBe(true);
      expect(value(protocol, 'tracin', figure).value).toBeGreaterThan(0.995);
    }
  });

  test('within a class, the class foretells nothing, and neither do random numbers', () => {
    expect(value('lds-within', 'same-class')).toMatchObject({ value: 0, distinguishable: false });
    expect(Math.abs(value('lds', 'random').value)).toBeLessThan(0.3);
  });

  test('the score is what training anew on each subset from the command’s own flags gives', async () => {
    const subsets = drawSubsets(6, 0.5, EXAMPLES, 0);
    const inputs = result.queries.slice(0, 3).map((index) => `${training.dataSpec}@${index}`);
    const { queries } = await influenceToFolder({
      runDirectory: at('run'),
      inputs,
      out: at('influence'),
      runtime,
      options: { topK: EXAMPLES },
    });
    for (const [j, kept] of subsets.entries()) {
      await startTraining({ ...training, runDirectory: at(`part-${j}`), sampleWeights: Float32Array.from(kept) });
    }
    const agreements: number[] = [];
    for (const [q, query] of queries.entries()) {
      const effects = new Float64Array(EXAMPLES);
      for (const { index, effect } of [...query.examples, ...query.opponents]) effects[index] = effect;
      const sums = predictedSums(effects, subsets);
      const actual: number[] = [];
      for (let j = 0; j < subsets.length; j++) {
        const after = await influenceToFolder({
          runDirectory: at(`part-${j}`),
          inputs: [inputs[q]!],
          out: at('after'),
          force: true,
          runtime,
          options: { target: String(query.target!.class), method: 'tracin' },
        });
        actual.push(after.queries[0]!.measure.value);
      }
      agreements.push(spearman(sums, actual));
    }
    for (const agreement of agreements) expect(agreement).toBeGreaterThan(0.94);
  });
});

describe('subsets', () => {
  const labels = Int32Array.from({ length: 90 }, (_, i) => i % 3);
  const kept = (subset: Uint8Array, label?: number) =>
    subset.reduce((sum, is, i) => sum + (label === undefined || labels[i] === label ? is : 0), 0);

  test('keep the share that is asked for, of each class where classes are told', () => {
    const some = drawSubsets(5, 0.5, 90, 1);
    expect(some.map((subset) => kept(subset))).toEqual([45, 45, 45, 45, 45]);
    expect(new Set(some.map((subset) => kept(subset, 0))).size).toBeGreaterThan(1);
    for (const subset of drawSubsets(5, 0.9, 90, 1, labels)) {
      expect([0, 1, 2].map((label) => kept(subset, label))).toEqual([27, 27, 27]);
    }
  });

  test('are the seed’s, and differ from one another', () => {
    expect(drawSubsets(3, 0.5, 90, 7)).toEqual(drawSubsets(3, 0.5, 90, 7));
    expect(drawSubsets(3, 0.5, 90, 7)).not.toEqual(drawSubsets(3, 0.5, 90, 8));
    expect(new Set(drawSubsets(9, 0.5, 90, 7).map((subset) => subset.join())).size).toBe(9);
  });
});

describe('agreement of ranks', () => {
  test('is Spearman’s by query, and its interval holds the mean', () => {
    const actual = [0, 1, 2].map((q) => Float64Array.from(gaussian(30, 10 + q, 1)));
    const predicted = actual.map((values, q) => values.map((value, j) => value + gaussian(30, 20 + q, 0.5)[j]!));
    const { correlations, interval } = rankAgreement(predicted, actual, 0);
    correlations.forEach((found, q) => expect(found).toBeCloseTo(spearman(predicted[q]!, actual[q]!), 12));
    const middle = correlations.reduce((sum, found) => sum + found, 0) / 3;
    expect(interval[0]).toBeLessThan(middle);
    expect(interval[1]).toBeGreaterThan(middle);
  });

  test('is 0 where predictions differ by rounding only', () => {
    const predicted = [Float64Array.of(1, 1 + 1e-15, 1 - 1e-15, 1)];
    expect(rankAgreement(predicted, [Float64Array.of(1, 2, 3, 4)], 0).correlations).toEqual([0]);
  });
});
