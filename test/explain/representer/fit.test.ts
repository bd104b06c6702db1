/** Fits against scipy's optimum and against the authors' descent (scripts/fixtures/representer.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { fitLayer, type SolveOptions } from '../../../src/explain/representer/fit/fit.js';
import type { ActivationName } from '../../../src/explain/representer/losses/registry.js';
import { activated, openObjective, scoresAt, type FitProblem } from '../../../src/explain/representer/fit/objective.js';
import { openPoints } from '../../../src/explain/representer/points.js';
import { randomNumbers } from '../../helpers/random-tensors.js';
import { runtime } from '../../helpers/run-model.js';

interface OptimumCase {
  readonly name: string;
  readonly activation: ActivationName;
  readonly rows: number;
  readonly columns: number;
  readonly outputs: number;
  readonly bias: boolean;
  readonly lambda: number;
  readonly features: readonly number[];
  readonly targets: readonly number[];
  readonly start: readonly number[];
  readonly scipy: readonly number[];
  readonly optimum: readonly number[];
  readonly descent: readonly number[];
  readonly alpha: readonly number[];
  readonly selfInfluence?: readonly number[];
  readonly influenceOnFirst?: readonly number[];
}

const fixture = new URL('../../fixtures/representer/optima.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: OptimumCase[] };

function problemOf({ rows, columns, features, targets, outputs, bias, lambda, activation }: OptimumCase): FitProblem {
  return {
    features: { rows, columns, data: Float64Array.from(features) },
    targets: Float64Array.from(targets),
    outputs,
    bias,
    lambda,
    activation,
  };
}

const options: SolveOptions = { solver: 'lbfgs', tolerance: 1e-8, maxIterations: 5000 };

describe.each(cases)('$name', (given) => {
  const problem = problemOf(given);
  const start = Float64Array.from(given.start);

  test('L-BFGS ends at scipy’s optimum', async () => {
    const fit = await fitLayer(problem, start, options, runtime);
    expect(fit.status).toBe('converged');
    expect(fit.gradientMaxNorm).toBeLessThanOrEqual(1e-8);
    expect(fit.weights).toBeAllClose(given.optimum, { absolute: 1e-6 });
    expect(fit.weights).toBeAllClose(given.scipy, { absolute: 1e-6 });
    // α follows Θ through the scores of unit-size features.
    expect(fit.alpha).toBeAllClose(given.alpha, { relative: 1e-5 });
  });

  test('backtracking ends where the authors’ does', async () => {
    const fit = await fitLayer(problem, start, { ...options, solver: 'line-search', maxIterations: 100_000 }, runtime);
    expect(fit.status).toBe('converged');
    // Theirs stops at ‖∇‖∞ ≤ 1e-8, which leaves up to 1e-8/2λ in Θ.
    expect(fit.weights).toBeAllClose(given.descent, { absolute: 1e-8 / (2 * given.lambda) });
    expect(fit.weights).toBeAllClose(given.optimum, { absolute: 1e-6 });
  });

  test('the gradient is that of the objective', async () => {
    const objective = await openObjective(problem, runtime);
    try {
      const next = randomNumbers(3);
      const point = start.map(() => next() - 0.5);
      const { gradient } = await objective.evaluate(point);
      for (let i = 0; i < 8; i++) {
        const direction = point.map(() => next() - 0.5);
        const at = async (step: number) =>
          (await objective.evaluate(point.map((value, k) => value + step * direction[k]!))).value;
        const slope = gradient.reduce((sum, value, k) => sum + value * direction[k]!, 0);
        // Central differences: error of order ε² plus rounding over ε, with ε = 1e-5.
        expect(((await at(1e-5)) - (await at(-1e-5))) / 2e-5).toBeCloseTo(slope, 7);
      }
    } finally {
      await objective.release();
    }
  });

  test('the values of all training points sum to the score', async () => {
    const fit = await fitLayer(problem, start, options, runtime);
    const { outputs, bias, features } = problem;
    const labels = new Int32Array(features.rows);
    const points = openPoints({ features, alpha: fit.alpha, outputs, bias, labels }, runtime);
    try {
      const scores = await scoresAt(features, fit.weights, outputs, runtime);
      for (const target of Array.from({ length: outputs }, (_, j) => (outputs === 1 ? 1 : j))) {
        const values = await points.values(features.data.subarray(0, features.columns), target);
        const sum = values.reduce((a, b) => a + b, 0);
        // What the issue of exactness is about: 1e-6 on scores of size 1.
        expect(Math.abs(sum - scores[outputs === 1 ? 0 : target]!)).toBeLessThanOrEqual(1e-6);
      }
    } finally {
      await points.release();
    }
  });

  test('float32 features in blocks give the same objective', async () => {
    // A problem of many blocks needs many rows: the same ones, repeated.
    const repeated = 400;
    const { rows, columns, data } = problem.features;
    const many: FitProblem = {
      ...problem,
      features: { rows: rows * repeated, columns, data: tile(Float32Array.from(data), repeated) },
      targets: tile(problem.targets, repeated),
    };
    const [one, all] = [await openObjective(problem, runtime), await openObjective(many, runtime)];
    try {
      const [a, b] = [await one.evaluate(start), await all.evaluate(start)];
      // Features were rounded to float32.
      expect(b.value).toBeCloseTo(a.value, 5);
      expect(b.gradient).toBeAllClose(a.gradient, { absolute: 1e-6 });
    } finally {
      await one.release();
      await all.release();
    }
  });
});

function tile<T extends Float32Array | Float64Array>(values: T, times: number): T {
  const result =
    values instanceof Float32Array ? new Float32Array(values.length * times) : new Float64Array(values.length * times);
  for (let i = 0; i < times; i++) result.set(values, i * values.length);
  return result as T;
}

describe('hard cases end, and say how', () => {
  /** Two classes on either side of a gap. */
  const separable = (lambda: number): FitProblem => {
    const next = randomNumbers(5);
    const rows = 40;
    const data = Float64Array.from(
      { length: 2 * rows },
      (_, i) => next() - 0.5 + (Math.floor(i / 2) % 2 === 0 ? 2 : -2),
    );
    const targets = Float64Array.from({ length: 2 * rows }, (_, i) => (i % 2 === Math.floor(i / 2) % 2 ? 1 : 0));
    return { features: { rows, columns: 2, data }, targets, outputs: 2, bias: true, lambda, activation: 'softmax' };
  };

  test.each([
    [1e-3, 'converged'],
    [1e-14, 'inexact'],
    [1e-100, 'inexact'],
  ])('separable classes with λ = %p', async (lambda, status) => {
    const problem = separable(lambda);
    const fit = await fitLayer(problem, new Float64Array(6), { ...options, maxIterations: 2000 }, runtime);
    expect(fit.weights.every(Number.isFinite)).toBe(true);
    expect([fit.status, fit.gradientMaxNorm <= 1e-8, fit.iterations <= 2000]).toEqual([status, true, true]);
    expect(fit.sumError <= 1e-6).toBe(status === 'converged');
  });

  test('by how much values miss the scores is told as it is', async () => {
    // Far from the optimum, so that the miss is no rounding.
    const problem = separable(1e-3);
    const fit = await fitLayer(problem, new Float64Array(6), { ...options, maxIterations: 2 }, runtime);
    const scores = await scoresAt(problem.features, fit.weights, 2, runtime);
    const { rows, data } = problem.features;
    let worst = 0;
    for (let t = 0; t < rows; t++) {
      for (let j = 0; j < 2; j++) {
        let sum = 0;
        for (let i = 0; i < rows; i++) {
          const similarity = 1 + data[2 * i]! * data[2 * t]! + data[2 * i + 1]! * data[2 * t + 1]!;
          sum += fit.alpha[2 * i + j]! * similarity;
        }
        worst = Math.max(worst, Math.abs(sum - scores[2 * t + j]!));
      }
    }
    expect(worst).toBeGreaterThan(1e-3);
    // Both are float64 sums of some forty terms.
    expect([fit.sumError]).toBeAllClose([worst], { relative: 1e-9 });
  });

  test('too few iterations are no convergence', async () => {
    const fit = await fitLayer(separable(1e-3), new Float64Array(6), { ...options, maxIterations: 2 }, runtime);
    expect([fit.status, fit.iterations]).toEqual(['iteration-limit', 2]);
  });

  test.each([0, -1, NaN, Infinity, 5e-324, 1e300])('λ = %p is refused', async (lambda) => {
    await expect(fitLayer(separable(lambda), new Float64Array(6), options, runtime)).rejects.toThrow(
      /^`lambda` .*: expected a number (above 0|from 1e-100)/,
    );
  });
});

test('activations: softmax does not overflow, sigmoid and ReLU act on each score', () => {
  expect(activated([1000, 1000, -1000, 1000], 2, 'softmax')).toBeAllClose([0.5, 0.5, 0, 1], { absolute: 0 });
  expect(activated([0, -800], 1, 'sigmoid')).toBeAllClose([0.5, 0], { absolute: 1e-300 });
  expect(Array.from(activated([-1, 2], 1, 'relu'))).toEqual([0, 2]);
});
