import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { gradientDescent } from '../../src/numeric/solvers/gradient-descent.js';
import { lbfgs } from '../../src/numeric/solvers/lbfgs.js';
import { type Objective, type SolverOptions } from '../../src/numeric/solvers/solver.js';
import { dot, maxNorm } from '../../src/numeric/vectors.js';
import { strongWolfe } from '../../src/numeric/solvers/strong-wolfe.js';

const until = (tolerance: number, maxIterations = 5000): SolverOptions => ({
  isStationary: (gradient) => maxNorm(gradient) <= tolerance,
  maxIterations,
});

/** ½ Σ d_i (x_i − m_i)² */
const parabola =
  (curvatures: readonly number[], middle: readonly number[]): Objective =>
  (x) =>
    Promise.resolve({
      value: x.reduce((sum, value, i) => sum + 0.5 * curvatures[i]! * (value - middle[i]!) ** 2, 0),
      gradient: x.map((value, i) => curvatures[i]! * (value - middle[i]!)),
    });

const rosenbrock: Objective = ([x, y]) =>
  Promise.resolve({
    value: (1 - x!) ** 2 + 100 * (y! - x! ** 2) ** 2,
    gradient: Float64Array.of(-2 * (1 - x!) - 400 * x! * (y! - x! ** 2), 200 * (y! - x! ** 2)),
  });

const coordinates = fc.double({ min: -10, max: 10, noNaN: true });

test('both solvers find the middle of any parabola', async () => {
  const axis = fc.record({
    curvature: fc.double({ min: 0.5, max: 20, noNaN: true }),
    middle: coordinates,
    from: coordinates,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(axis, { minLength: 1, maxLength: 6 }), async (axes) => {
      const middle = axes.map((one) => one.middle);
      const objective = parabola(
        axes.map((one) => one.curvature),
        middle,
      );
      const start = Float64Array.from(axes, (one) => one.from);
      for (const solve of [lbfgs, gradientDescent]) {
        const found = await solve(objective, start, until(1e-9));
        expect(found.status).toBe('converged');
        // ‖∇‖∞ ≤ 1e-9 over the smallest curvature, 0.5.
        expect(found.point).toBeAllClose(middle, { absolute: 2.1e-9 });
      }
    }),
    { numRuns: 60 },
  );
});

describe('L-BFGS', () => {
  test('follows the curved valley of Rosenbrock’s function to its end', async () => {
    const found = await lbfgs(rosenbrock, Float64Array.of(-1.2, 1), until(1e-8));
    expect(found.status).toBe('converged');
    // The valley's curvature along its bottom is about 0.4.
    expect(found.point).toBeAllClose([1, 1], { absolute: 1e-7 });
    expect(found.iterations).toBeLessThan(60);
  });

  test('says so when time runs out, and keeps the best it has', async () => {
    const start = Float64Array.of(-1.2, 1);
    const found = await lbfgs(rosenbrock, start, until(1e-8, 3));
    expect([found.status, found.iterations]).toEqual(['iteration-limit', 3]);
    expect(found.value).toBeLessThan((await rosenbrock(start)).value);
    expect(found.value).toBe((await rosenbrock(found.point)).value);
  });

  test('says so when float64 tells it nothing more', async () => {
    // The gradient never vanishes, but the value ends in rounding.
    const noisy: Objective = (x) => Promise.resolve({ value: 1, gradient: x.map(() => 1) });
    expect((await lbfgs(noisy, Float64Array.of(0, 0), until(1e-8))).status).toBe('stalled');
    expect((await gradientDescent(noisy, Float64Array.of(0, 0), until(1e-8))).status).toBe('stalled');
  });

  test('converges where values no longer change but slopes do', async () => {
    // 1e6 swallows what the parabola adds: below 1e-10 the value is constant in float64.
    const high: Objective = async (x) => {
      const { value, gradient } = await parabola([1, 3, 7], [1, 2, 3])(x);
      return { value: value + 1e6, gradient };
    };
    const found = await lbfgs(high, Float64Array.of(0, 0, 0), until(1e-9));
    expect(found.status).toBe('converged');
    expect(found.point).toBeAllClose([1, 2, 3], { absolute: 1e-9 });
  });
});

test('a line search ends where both Wolfe conditions hold', async () => {
  await fc.assert(
    fc.asyncProperty(coordinates, coordinates, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), async (x, y, first) => {
      const point = Float64Array.of(x, y);
      const start = await rosenbrock(point);
      fc.pre(maxNorm(start.gradient) > 1e-3);
      const direction = start.gradient.map((value) => -value);
      const slope = dot(start.gradient, direction);
      const { found } = await strongWolfe(rosenbrock, point, start, direction, first);
      expect(found).toBeDefined();
      const { step, value, gradient } = found!;
      expect(value).toBeLessThanOrEqual(start.value + 1e-4 * step * slope);
      expect(Math.abs(dot(gradient, direction))).toBeLessThanOrEqual(-0.9 * slope);
    }),
    { numRuns: 100 },
  );
});

test('backtracking halves from 10 and takes the first step that the authors would take', async () => {
  const tried: number[] = [];
  const objective: Objective = async (x) => {
    tried.push(x[0]!);
    return parabola([1], [0])(x);
  };
  // On ½x² the test f(x − t x) < f(x) − ½ t x² holds for t < 1: 10, 5, 2.5, 1.25 fail, 0.625 passes.
  const { point } = await gradientDescent(objective, Float64Array.of(8), until(1e-9, 1));
  expect(tried).toEqual([8, -72, -32, -12, -2, 3]);
  expect(point[0]).toBe(3);
});
