/** Representer values of a check beside those of the representer itself. */
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { explainable } from '../../../src/check/measure/explainable.js';
import { representerValues, strongestPoints } from '../../../src/check/measure/representer-values.js';
import { trainingPoints } from '../../../src/check/probes/training-points.js';
import { openDataset } from '../../../src/data/open-dataset.js';
import { openBody } from '../../../src/explain/representer/features/body.js';
import { FIT_DEFAULTS } from '../../../src/explain/representer/cached-fit.js';
import { fitLayer } from '../../../src/explain/representer/fit/fit.js';
import { rowOf } from '../../../src/explain/representer/features/features.js';
import { explainedLayer } from '../../../src/explain/representer/last-layer.js';
import { activated } from '../../../src/explain/representer/fit/objective.js';
import { openPoints } from '../../../src/explain/representer/points.js';
import { readModelFile } from '../../../src/onnx/file.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import { FIXTURES } from '../../helpers/mutations/run.js';

const runtime = nodeRuntime({ threads: 1 });
const spec = join(FIXTURES, 'tinted.npz');
const normalization = { mean: [0], std: [1] };

// 16 points of 24 features are fitted in 16 columns, 40 points as they are.
test.each([16, 40])('values of %i points are those of the whole fit', async (count) => {
  const { model } = await readModelFile(join(FIXTURES, 'tinted.onnx'));
  const set = await openDataset(spec, { split: 'test' });
  const pixels = Float32Array.from(await set.examples([0, 1, 2]), (value) => value / 255);
  const feed = { dims: [3, ...set.shape], data: pixels, isReal: true };
  const explained = await explainable(model, [feed], runtime);
  const points = await trainingPoints({ kind: 'data', spec, indices: [] }, { count, seed: 5 });
  expect(points.indices).toHaveLength(count);
  const targets = [5, 1, 0];
  const found = await representerValues(explained, feed, targets, points, normalization, runtime);

  const layer = explainedLayer(explained, undefined, 'model');
  const body = await openBody({ ...explained, normalization }, layer, runtime);
  const queries = await body.compute(pixels, set.shape, 'probes');
  const { features: raw, scores } = await body.compute(points.data, points.shape, 'points');
  const length = Math.sqrt(Float64Array.from(raw.data).reduce((sum, value) => sum + value * value, 0) / count);
  const features = { ...raw, data: Float64Array.from(raw.data, (value) => value / length) };
  const { outputs, activation, bias, columns } = layer;
  const problem = { features, outputs, activation, bias, lambda: FIT_DEFAULTS.lambda };
  const aims = { ...problem, targets: activated(scores, outputs, activation) };
  const { alpha, status } = await fitLayer(aims, layer.weights, FIT_DEFAULTS, runtime);
  expect(status).toBe('converged');
  const opened = openPoints({ features, alpha, outputs, bias, labels: new Int32Array(count) }, runtime);
  const largest = found.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest).toBeGreaterThan(0.1);
  for (const [t, target] of targets.entries()) {
    const query = Float64Array.from(rowOf(queries.features.data, columns, t), (value) => value / length);
    const whole = await opened.values(query, target);
    // Both end at ‖∇‖∞ ≤ 1e-8, which leaves α within 1e-8/2λ; the rest is float32.
    whole.forEach((value, i) => expect(Math.abs(found.data[t * count + i]! - value)).toBeLessThan(1e-5 * largest));
  }
  await opened.release();
  await body.release();
});

test('the strongest points for and against are told apart, and never overlap', () => {
  const values = { rows: 2, size: 4, data: Float32Array.of(3, -1, 2, -5, 0, 0, 1, 0) };
  expect(strongestPoints(values, 0, 1)).toEqual({ for: [0], against: [3] });
  expect(strongestPoints(values, 1, 5)).toEqual({ for: [2, 0], against: [1, 3] });
});
