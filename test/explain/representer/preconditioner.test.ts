/** The approximate inverse Hessian: exact where the outputs do not mix, and of use where they do. */
import { expect, test } from '@jest/globals';
import { fitLayer } from '../../../src/explain/representer/fit/fit.js';
import { openHessian } from '../../../src/explain/representer/fit/hessian.js';
import { activated, type FitProblem } from '../../../src/explain/representer/fit/objective.js';
import { openPreconditioner } from '../../../src/explain/representer/fit/preconditioner.js';
import { lbfgs } from '../../../src/numeric/solvers/lbfgs.js';
import { randomNumbers } from '../../helpers/random-tensors.js';
import { runtime } from '../../helpers/run-model.js';

/** Features of very different sizes, that depend on one another. */
function problemOf(activation: 'softmax' | 'sigmoid' | 'relu', lambda: number): FitProblem {
  const next = randomNumbers(11);
  const [rows, columns, outputs] = [300, 12, 3];
  const data = Float64Array.from({ length: rows * columns }, () => next() - 0.5);
  for (let i = 0; i < data.length; i++)
    data[i] = data[i]! * 1.5 ** (i % columns) * 0.05 + (i % columns > 0 ? data[i - 1]! : 0);
  const scores = Float64Array.from({ length: rows * outputs }, () => 3 * (next() - 0.5));
  const targets = activated(scores, outputs, activation);
  return { features: { rows, columns, data }, targets, outputs, bias: true, lambda, activation };
}

test.each(['sigmoid', 'relu'] as const)('independent outputs (%s): the inverse of the Hessian', async (activation) => {
  const problem = problemOf(activation, 0.01);
  const next = randomNumbers(12);
  const weights = Float64Array.from({ length: 39 }, () => next() - 0.5);
  const hessian = await openHessian(problem, weights, runtime);
  try {
    const vectors = Float64Array.from({ length: 2 * 39 }, () => next() - 0.5);
    const there = await hessian.multiply(vectors, 2);
    // The smallest eigenvalue is 0.02, the largest below a thousand: 1e5 times float64's rounding, squared.
    expect(await hessian.preconditioner!.multiply(there)).toBeAllClose(vectors, { absolute: 1e-5 });
  } finally {
    await hessian.release();
  }
});

test('a fit ends at the same weights with and without, in fewer evaluations', async () => {
  const problem = problemOf('softmax', 1e-4);
  const start = new Float64Array(39);
  const options = { solver: 'lbfgs', tolerance: 1e-9, maxIterations: 5000 } as const;
  const idle = { multiply: (vectors: Float64Array) => Promise.resolve(vectors), release: () => Promise.resolve() };
  const plain = await fitLayer(problem, start, options, runtime, { preconditioner: idle });
  const aided = await fitLayer(problem, start, options, runtime);
  expect([plain.status, aided.status]).toEqual(['converged', 'converged']);
  // ‖∇‖∞ ≤ 1e-9 over the smallest curvature, 2e-4.
  expect(aided.weights).toBeAllClose(plain.weights, { absolute: 1e-5 });
  expect(aided.evaluations).toBeLessThan(0.7 * plain.evaluations);
});

test('what all scores have in common meets the penalty only', async () => {
  const problem = problemOf('softmax', 0.05);
  const preconditioner = await openPreconditioner(problem, new Float64Array(39), runtime);
  try {
    const same = Float64Array.from({ length: 39 }, (_, k) => (k % 13) - 6);
    const found = await preconditioner!.multiply(same);
    expect(found).toBeAllClose(
      same.map((value) => value / 0.1),
      { relative: 1e-9 },
    );
  } finally {
    await preconditioner!.release();
  }
});

test('a preconditioner that points uphill is dropped', async () => {
  const parabola = (x: Float64Array) => Promise.resolve({ value: x[0]! ** 2, gradient: Float64Array.of(2 * x[0]!) });
  const found = await lbfgs(parabola, Float64Array.of(3), {
    isStationary: ([slope]) => Math.abs(slope!) < 1e-9,
    maxIterations: 50,
    precondition: () => Promise.resolve((vector) => Promise.resolve(vector.map((value) => -value))),
  });
  expect(found.status).toBe('converged');
});
