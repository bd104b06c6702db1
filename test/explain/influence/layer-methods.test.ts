/**
 * Methods of the last layer against what they stand for: refits of the layer without an example, the sums of `representer`, and
 * cosines computed here.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readInputs } from '../../../src/data/input.js';
import { layerInfluence, type LayerInfluenceOptions } from '../../../src/explain/influence/layer-influence.js';
import { chooseDamping } from '../../../src/explain/influence/layer-methods/damping.js';
import { MEASURES, type MeasureName } from '../../../src/explain/influence/measures.js';
import { measureRow } from '../../../src/explain/influence/row-measures.js';
import { labelTargets } from '../../../src/explain/representer/cached-fit.js';
import { rowOf, selectRows, widened } from '../../../src/explain/representer/features/features.js';
import { fitLayer } from '../../../src/explain/representer/fit/fit.js';
import { scoresAt, type FitProblem } from '../../../src/explain/representer/fit/objective.js';
import { openPreconditioner } from '../../../src/explain/representer/fit/preconditioner.js';
import { openLayerData, type LayerData } from '../../../src/explain/representer/layer-data.js';
import { representer, REPRESENTER_DEFAULTS } from '../../../src/explain/representer/representer.js';
import { GraphBuilder } from '../../../src/graph/builder.js';
import { encodeModel } from '../../../src/onnx/codec.js';
import { pearson } from '../../../src/numeric/statistics.js';
import { float32, int64, toNumbers } from '../../../src/tensor.js';
import { LOSSES, type LossName } from '../../../src/train/losses/registry.js';
import { writeNpz } from '../../helpers/blobs.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { gaussian } from '../../helpers/random-tensors.js';
import { runtime } from '../../helpers/run-model.js';

const folder = temporaryFolder();
const COLUMNS = 4;
const ROWS = 160;

/** Points of classes that overlap, so that a layer without a penalty has finite weights; and a layer that tells them apart. */
async function openProblem(name: string, outputs: number, rows = ROWS): Promise<LayerData> {
  const classes = Math.max(2, outputs);
  const part = (rows: number, seed: number) => {
    const labels = Uint8Array.from({ length: rows }, (_, i) => i % classes);
    const noise = gaussian(rows * COLUMNS, seed, 1);
    const x = noise.map((value, k) => value + (k % COLUMNS === labels[Math.floor(k / COLUMNS)]! ? 1.5 : 0));
    return { x: { shape: [rows, COLUMNS], data: x }, y: { shape: [rows], data: labels } };
  };
  const weight = gaussian(outputs * COLUMNS, 5, 0.5);
  const { x, y } = part(rows, 1);
  const { x: x_test, y: y_test } = part(30, 2);
  writeNpz(folder, name, {
    ...{ x, y, x_test, y_test },
    weight: { shape: [outputs, COLUMNS], data: weight },
    bias: { shape: [outputs], data: gaussian(outputs, 6, 0.5) },
  });
  return openLayerData({ featureFile: join(folder, name), cache: null, runtime });
}

const inputsOf = (layerData: LayerData, name: string) =>
  readInputs([`${join(folder, name)}@3,8`], { ...layerData.preprocessing, split: 'test' });

async function ask(layerData: LayerData, name: string, options: Partial<LayerInfluenceOptions>) {
  return layerInfluence({
    layerData,
    inputs: options.measure === 'test-loss' ? [] : await inputsOf(layerData, name),
    options: { method: 'influence-function', target: 'predicted', topK: 5, ...options },
    further: {},
    runtime,
  });
}

/**
 * Fits the layer to the labels with one example weighing 0: the others still weigh 1/n.
 * @returns a function of the example's index; of −1 it fits all
 */
async function refits({ train, layer }: LayerData, lambda: number) {
  const { outputs, bias, activation } = layer;
  const features = widened(train.features);
  const targets = { rows: features.rows, columns: outputs, data: labelTargets(train.labels, outputs) };
  const problem = { features, targets: targets.data, outputs, bias, activation, lambda };
  // Of the whole problem: it changes how fast refits end, not where.
  const preconditioner = await openPreconditioner(problem, layer.weights!, runtime);
  const solve = { solver: 'lbfgs', tolerance: 1e-10, maxIterations: 1000 } as const;
  const { weights: all } = await fitLayer(problem, layer.weights!, solve, runtime, { preconditioner });
  return {
    all,
    without: async (example: number): Promise<Float64Array> => {
      const rows = Int32Array.from({ length: features.rows }, (_, i) => i).filter((i) => i !== example);
      const others: FitProblem = {
        ...problem,
        features: selectRows(features, rows),
        targets: selectRows(targets, rows).data as Float64Array,
        // The mean over n − 1 rows is n/(n − 1) times what they add to the mean over n.
        lambda: (lambda * features.rows) / rows.length,
      };
      return (await fitLayer(others, all, solve, runtime, { preconditioner })).weights;
    },
    release: () => preconditioner?.release(),
  };
}

describe('closed forms', () => {
  const cases = (Object.keys(MEASURES) as MeasureName[]).flatMap((measure) =>
    (measure === 'loss' ? (Object.keys(LOSSES) as LossName[]) : (['cross-entropy'] as const)).flatMap((loss) =>
      [1, 4].map((outputs) => [measure, loss, outputs] as const),
    ),
  );
  test.each(cases)('%s (%s) of %d scores: the graph’s, in float64', async (measure, loss, outputs) => {
    const g = new GraphBuilder();
    const emitted = MEASURES[measure].emit(g, {
      scores: g.input('scores', 'float32', ['rows', outputs]),
      outputs,
      target: g.input('target', 'int64', ['rows']),
      loss,
    });
    g.output(g.rename(emitted.value, 'value'), 'float32');
    g.output(g.rename(emitted.gradient, 'gradient'), 'float32');
    const session = await runtime.createSession(encodeModel(g.model()));
    const scores = Float64Array.from([0.5, -1.25, 3, 0.125].slice(0, outputs));
    for (let target = 0; target < Math.max(2, outputs); target++) {
      const found = await session.run({ scores: float32(scores, [1, outputs]), target: int64([target]) });
      const { value, gradient } = measureRow(measure, scores, { target, loss });
      // float32 beside float64
      expect([value]).toBeAllClose(toNumbers(found.value!), { absolute: 1e-6 });
      expect(gradient).toBeAllClose(toNumbers(found.gradient!), { absolute: 1e-6 });
      const h = 1e-5;
      const moved = (j: number, by: number) =>
        measureRow(
          measure,
          scores.map((s, k) => (k === j ? s + by : s)),
          { target, loss },
        ).value;
      // Central differences: h² and rounding over h.
      const differences = gradient.map((_, j) => (moved(j, h) - moved(j, -h)) / (2 * h));
      expect(gradient).toBeAllClose(differences, { absolute: 1e-8 });
    }
    await session.release();
  });

  test('scores of any size do not overflow', () => {
    const { value, gradient } = measureRow('margin', Float64Array.of(900, -900, 0), {
      target: 1,
      loss: 'cross-entropy',
    });
    expect([value, ...gradient]).toEqual([-1800, -1, 1, -0]);
  });
});

describe.each([
  ['three scores', 3],
  ['a single score', 1],
])('%s', (title, outputs) => {
  const name = `${title.replaceAll(' ', '-')}.npz`;
  let layerData: LayerData;

  beforeAll(async () => {
    layerData = await openProblem(name, outputs);
  });
  afterAll(() => layerData.release());

  test('influence functions are what refitting the layer without an example does to each measure, to first order', async () => {
    const { lambda } = await chooseDamping(layerData, runtime);
    const refit = await refits(layerData, lambda);
    const { all } = refit;
    const chosen = Array.from({ length: 16 }, (_, k) => 10 * k + 1);
    const without = new Map<number, Float64Array>();
    for (const i of chosen) without.set(i, await refit.without(i));
    await refit.release();
    for (const measure of ['margin', 'logit', 'probability', 'loss', 'test-loss'] as const) {
      const { result, effects } = await ask(layerData, name, { measure });
      expect(result.layer?.fit).toMatchObject({ targets: 'labels', lambda, status: 'converged' });
      const { features } =
        measure === 'test-loss' ? layerData.test! : await layerData.featuresOf(await inputsOf(layerData, name));
      const loss = outputs === 1 ? 'binary-cross-entropy' : 'cross-entropy';
      for (const [q, query] of result.queries.entries()) {
        const at = async (weights: Float64Array) => {
          const scores = await scoresAt(features, weights, outputs, runtime);
          const of = (row: number, target: number) =>
            measureRow(measure === 'test-loss' ? 'loss' : measure, rowOf(scores, outputs, row), { target, loss }).value;
          if (measure !== 'test-loss') return of(q, query.target!.class);
          return layerData.test!.labels.reduce((sum, label, i) => sum + of(i, label), 0) / features.rows;
        };
        const before = await at(all);
        expect(query.measure.fitted).toBeCloseTo(before, 6);
        const actual: number[] = [];
        for (const i of chosen) actual.push(before - (await at(without.get(i)!)));
        const predicted = chosen.map((i) => effects.values[q * ROWS + i]!);
        const largest = Math.max(...actual.map(Math.abs));
        // First order: what is left is the example's leverage, about 15 weights over 160 examples, of the effect.
        expect(predicted).toBeAllClose(actual, { absolute: 0.15 * largest });
        expect(pearson(predicted, actual)).toBeGreaterThan(0.99);
      }
    }
  });

  test('the loss that λ is chosen by is that of refits without each example', async () => {
    const few = await openProblem(`few-${name}`, outputs, 60);
    try {
      const { lambda, examples, tried } = await chooseDamping(few, runtime);
      expect(examples).toBe(60);
      expect(tried.length).toBeGreaterThan(2);
      const refit = await refits(few, lambda);
      let sum = 0;
      for (let i = 0; i < examples; i++) {
        const row = { rows: 1, columns: COLUMNS, data: rowOf(few.train.features.data, COLUMNS, i) };
        const scores = await scoresAt(row, await refit.without(i), outputs, runtime);
        const loss = outputs === 1 ? 'binary-cross-entropy' : 'cross-entropy';
        sum += measureRow('loss', scores, { target: few.train.labels[i]!, loss }).value;
      }
      await refit.release();
      const chosen = tried.find((each) => each.lambda === lambda)!;
      // One Newton step instead of a refit: what the step leaves is of second order.
      expect(Math.abs(chosen.loss / (sum / examples) - 1)).toBeLessThan(0.02);
      expect(Math.min(...tried.map(({ loss }) => loss))).toBe(chosen.loss);
    } finally {
      await few.release();
    }
  });

  test('representer values are those of `representer`', async () => {
    const inputs = await inputsOf(layerData, name);
    for (const target of ['predicted', '0']) {
      const expected = await representer(layerData, inputs, { ...REPRESENTER_DEFAULTS, topK: 5, target }, { runtime });
      const { result, effects } = await ask(layerData, name, { method: 'representer', target });
      result.queries.forEach((query, q) => {
        const theirs = expected.result.queries[q]!;
        const listed = (points: readonly { index: number; value?: number; effect?: number }[]) =>
          points.map(({ index, value, effect }) => ({ index, value: value ?? effect }));
        const near = (points: ReturnType<typeof listed>) =>
          points.map(({ index, value }) => ({ index, value: expect.closeTo(value!, 10) }));
        expect(listed(query.examples)).toEqual(near(listed(theirs.excitatory)));
        expect(listed(query.opponents)).toEqual(near(listed(theirs.inhibitory)));
        expect(query.sum).toBeCloseTo(theirs.logit, 6);
        expect(query.measure.name).toBe('logit');
        expect(effects.examples).toBe(ROWS);
      });
      expect(result.method.predicts).toBe(false);
    }
  });

  test('similarities are cosines, signed by label', async () => {
    const { features } = await layerData.featuresOf(await inputsOf(layerData, name));
    const { result, effects } = await ask(layerData, name, { method: 'similarity' });
    result.queries.forEach((query, q) => {
      const f = Array.from(rowOf(features.data, COLUMNS, q));
      for (let i = 0; i < ROWS; i += 13) {
        const row = Array.from(rowOf(layerData.train.features.data, COLUMNS, i));
        const cosine = row.reduce((sum, value, k) => sum + value * f[k]!, 0) / (Math.hypot(...row) * Math.hypot(...f));
        const sign = layerData.train.labels[i] === query.target!.class ? 1 : -1;
        expect(effects.values[q * ROWS + i]).toBeCloseTo(sign * cosine, 12);
      }
    });
    expect(result.unit).toMatch(/^no unit/);
  });
});
