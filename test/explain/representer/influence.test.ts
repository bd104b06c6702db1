/** Influence against a dense solve (scripts/fixtures/representer.py), and conjugate gradients on their own. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { affordableInfluence, suspicion } from '../../../src/explain/audit/fitted.js';
import { openHessian } from '../../../src/explain/representer/fit/hessian.js';
import { exampleGradient, influenceOn, selfInfluence } from '../../../src/explain/representer/influence.js';
import type { ActivationName } from '../../../src/explain/representer/losses/registry.js';
import { openObjective, type FitProblem } from '../../../src/explain/representer/fit/objective.js';
import { conjugateGradients } from '../../../src/numeric/conjugate-gradients.js';
import { randomNumbers } from '../../helpers/random-tensors.js';
import { runtime } from '../../helpers/run-model.js';

interface InfluenceCase {
  readonly name: string;
  readonly activation: ActivationName;
  readonly rows: number;
  readonly columns: number;
  readonly outputs: number;
  readonly bias: boolean;
  readonly lambda: number;
  readonly features: readonly number[];
  readonly targets: readonly number[];
  readonly optimum: readonly number[];
  readonly alpha: readonly number[];
  readonly selfInfluence?: readonly number[];
  readonly influenceOnFirst?: readonly number[];
}

const fixture = new URL('../../fixtures/representer/optima.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: InfluenceCase[] };

describe.each(cases)('$name', (given) => {
  const { rows, columns, outputs, bias, lambda, activation } = given;
  const problem: FitProblem = {
    features: { rows, columns, data: Float64Array.from(given.features) },
    targets: Float64Array.from(given.targets),
    outputs,
    bias,
    lambda,
    activation,
  };
  const weights = Float64Array.from(given.optimum);

  test('the Hessian times a vector is the change of the gradient along it', async () => {
    const [hessian, objective] = [await openHessian(problem, weights, runtime), await openObjective(problem, runtime)];
    try {
      const next = randomNumbers(4);
      const width = columns + (bias ? 1 : 0);
      const vector = Float64Array.from({ length: hessian.size }, () => next() - 0.5);
      // Two at once: each is multiplied by itself.
      const product = await hessian.multiply(Float64Array.from([...vector, ...vector.map((x) => 2 * x)]), 2);
      expect(product.subarray(hessian.size)).toBeAllClose(
        product.subarray(0, hessian.size).map((x) => 2 * x),
        { relative: 1e-12 },
      );
      const flat = new Float64Array(weights.length);
      vector.forEach((value, i) => {
        const [j, k] = [Math.floor(i / width), i % width];
        flat[k === columns ? outputs * columns + j : j * columns + k] = value;
      });
      const at = async (step: number) =>
        (await objective.evaluate(weights.map((w, i) => w + step * flat[i]!))).gradient;
      const [after, before] = [await at(1e-5), await at(-1e-5)];
      const expected = vector.map((_, i) => {
        const [j, k] = [Math.floor(i / width), i % width];
        const place = k === columns ? outputs * columns + j : j * columns + k;
        return (after[place]! - before[place]!) / 2e-5;
      });
      // Central differences; ReLU may have a kink within the step, but none of these examples lies on one.
      expect(product.subarray(0, hessian.size)).toBeAllClose(expected, { relative: 1e-6 });
    } finally {
      await hessian.release();
      await objective.release();
    }
  });

  const { selfInfluence: expectedSelf, influenceOnFirst } = given;
  if (!expectedSelf || !influenceOnFirst) return;

  test('influence equals that of a dense inverse', async () => {
    const hessian = await openHessian(problem, weights, runtime);
    try {
      const residuals = Float64Array.from(given.alpha, (value) => -2 * lambda * rows * value);
      const source = { features: problem.features, residuals, outputs, bias };
      const own = await selfInfluence(
        Int32Array.from({ length: rows }, (_, i) => i),
        source,
        hessian,
      );
      // Solved to 1e-4, and a quadratic form errs by its square; the fixture's Hessian is a difference quotient.
      expect(own).toBeAllClose(expectedSelf, { relative: 1e-5 });
      const first = exampleGradient(
        problem.features.data.subarray(0, columns),
        residuals.subarray(0, outputs),
        outputs,
        bias,
      );
      const { values, residual } = await influenceOn(first, source, hessian, runtime);
      expect(residual).toBeLessThanOrEqual(1e-6);
      // Ours is by how much the loss grows without the point: minus the derivative by its weight, over n.
      expect(values).toBeAllClose(
        influenceOnFirst.map((value) => -value / rows),
        { relative: 1e-5 },
      );
    } finally {
      await hessian.release();
    }
  });

  test('those beyond the budget rank below, by gradient norm', async () => {
    const fit = { weights, alpha: Float64Array.from(given.alpha) };
    const labels = Int32Array.from({ length: rows }, (_, i) => i % Math.max(2, outputs));
    const all = await suspicion(problem, fit, labels, rows, runtime);
    const some = await suspicion(problem, fit, labels, 10, runtime);
    const norms = all.scores['gradient-norm'];
    const chosen = [...norms.keys()].sort((a, b) => norms[b]! - norms[a]!).slice(0, 10);
    for (const i of norms.keys()) {
      if (chosen.includes(i)) expect(some.scores.influence[i]).toBeCloseTo(all.scores.influence[i]!, 6);
      else expect(some.scores.influence[i]).toBeLessThan(0);
    }
    expect(affordableInfluence(problem)).toBe(rows);
  });
});

test('conjugate gradients solve several systems at once', async () => {
  const matrix = [
    [4, 1, 0],
    [1, 3, 1],
    [0, 1, 2],
  ];
  const multiply = (vectors: Float64Array, count: number) => {
    const result = new Float64Array(vectors.length);
    for (let v = 0; v < count; v++)
      for (let i = 0; i < 3; i++)
        for (let k = 0; k < 3; k++) result[3 * v + i]! += matrix[i]![k]! * vectors[3 * v + k]!;
    return Promise.resolve(result);
  };
  const wanted = Float64Array.of(1, -2, 3, 0, 0, 0, 5, 5, 5);
  const rightSides = await multiply(wanted, 3);
  const found = await conjugateGradients(multiply, rightSides, 3, { tolerance: 1e-12, maxIterations: 10 });
  // A system of three unknowns takes three iterations, up to rounding.
  expect(found.solutions).toBeAllClose(wanted, { absolute: 1e-10 });
  expect(found.iterations).toBeLessThanOrEqual(4);
  const cut = await conjugateGradients(multiply, rightSides, 3, { tolerance: 1e-12, maxIterations: 1 });
  expect(cut.residual).toBeGreaterThan(1e-12);
});
