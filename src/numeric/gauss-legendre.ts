/** Gauss–Legendre quadrature. */

/** Points of an integral over [0, 1], ascending, and how much each counts; the weights sum to 1. */
export interface Quadrature {
  readonly points: Float64Array;
  readonly weights: Float64Array;
}

/** The rule with `count` points, exact for polynomials up to degree 2·count − 1. Roots by Newton's method. */
export function gaussLegendre(count: number): Quadrature {
  const points = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    // Tricomi's estimate lies near enough for Newton to converge to the i-th root.
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let move = 1, tries = 0; Math.abs(move) > 1e-16 && tries < 20; tries++) {
      const [value, derivative] = legendre(count, x);
      slope = derivative;
      move = value / derivative;
      x -= move;
    }
    points[count - 1 - i] = (1 + x) / 2;
    weights[count - 1 - i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { points, weights };
}

/** Legendre polynomial of a degree and its derivative, by the three-term recurrence. */
function legendre(degree: number, x: number): [value: number, derivative: number] {
  let [before, value] = [1, x];
  for (let k = 2; k <= degree; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
  return [value, (degree * (x * value - before)) / (x * x - 1)];
}
