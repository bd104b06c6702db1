/** The six axioms that characterise MIM (Sliwinski, Strobel & Zick), each for every kernel. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { distances, influenceSum } from '../../../../src/explain/attribution/mim/influence.js';
import type { Kernel } from '../../../../src/explain/attribution/mim/kernels/kernel.js';
import { KERNELS } from '../../../../src/explain/attribution/mim/kernels/registry.js';

interface Cloud {
  /** The explained point first. */
  readonly points: readonly (readonly number[])[];
  readonly labels: readonly boolean[];
}

// Multiples of 1/8 up to 8: differences are exact in float32, and no two points are closer than 1/8 but equal ones.
const coordinate = fc.integer({ min: -64, max: 64 }).map((value) => value / 8);

const cloud: fc.Arbitrary<Cloud> = fc.integer({ min: 1, max: 4 }).chain((dims) =>
  fc
    .array(fc.tuple(fc.array(coordinate, { minLength: dims, maxLength: dims }), fc.boolean()), {
      minLength: 3,
      maxLength: 9,
    })
    .map((rows) => ({ points: rows.map(([point]) => point), labels: rows.map(([, label]) => label) })),
);

/** φ of the first point; the kernel's length is found as for a layer. */
function phi({ points, labels }: Cloud, kernel: Kernel, scale = scaleOf(points, kernel)): number[] {
  const x = Float32Array.from(points[0]!);
  const others = points.slice(1);
  const sum = influenceSum(x, kernel, scale);
  sum.add(
    Float32Array.from(others.flat()),
    labels.slice(1).map((label) => label === labels[0]),
  );
  return Array.from(sum.phi);
}

function scaleOf(points: readonly (readonly number[])[], kernel: Kernel): number {
  const x = Float32Array.from(points[0]!);
  const found = distances(x, Float32Array.from(points.slice(1).flat()));
  return kernel.scale?.(found.filter((distance) => distance > 0)) ?? 1;
}

const size = (values: readonly number[]) => Math.hypot(...values, 1);

// Points are float32: moving or turning them rounds each coordinate to 6e-8 of at most 16, which kernels pass on.
const ROUNDING = 1e-4;

function expectNear(actual: readonly number[], expected: readonly number[], tolerance = ROUNDING): void {
  expect(actual).toBeAllClose(expected, { absolute: tolerance * size(expected) });
}

describe.each<Kernel>(Object.values(KERNELS))('MIM with kernel $name', (kernel) => {
  test('shift: moving all points alike changes nothing', () => {
    fc.assert(
      fc.property(cloud, coordinate, (data, step) => {
        const moved = { ...data, points: data.points.map((point) => point.map((value) => value + step)) };
        expectNear(phi(moved, kernel), phi(data, kernel));
      }),
    );
  });

  test('rotation and reflection: φ(Ax; AX) = A φ(x; X) for orthogonal A', () => {
    const angles = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(cloud, angles, fc.boolean(), (data, turns, reflect) => {
        const dims = data.points[0]!.length;
        const turn = (vector: readonly number[]) => {
          const turned = [...vector];
          turns.forEach((angle, k) => {
            const [a, b] = [k % dims, (k + 1) % dims];
            if (a === b) return;
            const [u, v] = [turned[a]!, turned[b]!];
            turned[a] = Math.cos(angle) * u - Math.sin(angle) * v;
            turned[b] = Math.sin(angle) * u + Math.cos(angle) * v;
          });
          if (reflect) turned[0] = -turned[0]!;
          return turned;
        };
        // Equal points would be torn apart by rounding, and 1/r would make that large.
        fc.pre(scaleIsSafe(data.points));
        const scale = scaleOf(data.points, kernel);
        expectNear(phi({ ...data, points: data.points.map(turn) }, kernel, scale), turn(phi(data, kernel, scale)));
      }),
    );
  });

  test('continuity: a small move of a point makes a small difference', () => {
    fc.assert(
      fc.property(cloud, fc.nat(), (data, chosen) => {
        // 1/r jumps where points meet: the axiom asks for continuity elsewhere.
        fc.pre(scaleIsSafe(data.points));
        const scale = scaleOf(data.points, kernel);
        const moved = 1 + (chosen % (data.points.length - 1));
        const difference = (step: number) => {
          const points = data.points.map((point, i) => (i === moved ? point.map((value) => value + step) : point));
          const [before, after] = [phi(data, kernel, scale), phi({ ...data, points }, kernel, scale)];
          return Math.hypot(...after.map((value, i) => value - before[i]!));
        };
        // Lipschitz: (y − x) α(r) changes at most about |α| + r |α'| times as much, which is below 40 at r ≥ 1/8.
        expect(difference(2 ** -10)).toBeLessThan(40 * 2 * 2 ** -10 + ROUNDING);
        expect(difference(2 ** -14)).toBeLessThan(40 * 2 * 2 ** -14 + ROUNDING);
      }),
    );
  });

  test('flip invariance: negating every label changes nothing', () => {
    fc.assert(
      fc.property(cloud, (data) => {
        const flipped = { ...data, labels: data.labels.map((label) => !label) };
        expect(phi(flipped, kernel)).toEqual(phi(data, kernel));
      }),
    );
  });

  test('monotonicity: a point of the same label further up never lowers φ, one of another label never raises it', () => {
    fc.assert(
      fc.property(cloud, fc.array(fc.nat(32), { minLength: 4, maxLength: 4 }), fc.boolean(), (data, up, same) => {
        const [x] = data.points;
        const added = x!.map((value, i) => value + up[i]! / 8);
        const scale = scaleOf(data.points, kernel);
        const before = phi(data, kernel, scale);
        const after = phi(
          { points: [...data.points, added], labels: [...data.labels, same === data.labels[0]] },
          kernel,
          scale,
        );
        before.forEach((value, i) => {
          if (same) expect(after[i]!).toBeGreaterThanOrEqual(value);
          else expect(after[i]!).toBeLessThanOrEqual(value);
        });
      }),
    );
  });

  test('non-bias: over all labelings of the others, φ is 0 on average', () => {
    fc.assert(
      fc.property(cloud, (data) => {
        const others = data.points.length - 1;
        const mean = data.points[0]!.map(() => 0);
        for (let labeling = 0; labeling < 2 ** others; labeling++) {
          const labels = [true, ...Array.from({ length: others }, (_, i) => (labeling >> i) % 2 === 1)];
          phi({ ...data, labels }, kernel).forEach((value, i) => (mean[i]! += value));
        }
        // 256 sums of nine float64 numbers.
        expect(mean).toBeAllClose(
          mean.map(() => 0),
          { absolute: 1e-9 },
        );
      }),
      { numRuns: 30 },
    );
  });

  test('taking points in pieces gives the same sum', () => {
    fc.assert(
      fc.property(cloud, (data) => {
        const scale = scaleOf(data.points, kernel);
        const sum = influenceSum(Float32Array.from(data.points[0]!), kernel, scale);
        data.points.slice(1).forEach((point, i) => {
          sum.add(Float32Array.from(point), [data.labels[i + 1] === data.labels[0]]);
        });
        expect(Array.from(sum.phi)).toEqual(phi(data, kernel, scale));
      }),
    );
  });
});

test('a worked example', () => {
  // x at 0 with label A; A at 3 pulls up, B at −4 pushes up as well: 3·α(3) + 4·α(4).
  const data = { points: [[0], [3], [-4]], labels: [true, true, false] };
  expect(phi(data, KERNELS.constant)).toEqual([7]);
  expect(phi(data, KERNELS.inverse)).toEqual([2]);
  const [found] = phi(data, KERNELS.gaussian);
  // σ is the median of 3 and 4.
  expect(found).toBeCloseTo(3 * Math.exp(-0.5 * (3 / 3.5) ** 2) + 4 * Math.exp(-0.5 * (4 / 3.5) ** 2), 12);
});

/** Whether no two points lie so close to the first that rounding decides about their direction. */
function scaleIsSafe(points: readonly (readonly number[])[]): boolean {
  return points.slice(1).every((point) => Math.hypot(...point.map((value, i) => value - points[0]![i]!)) > 0);
}
