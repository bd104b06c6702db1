/** Gauss–Legendre quadrature along a path, refined where it misses most. */
import type { PointGradient } from './methods/input-gradient.js';

/** What is known of a path from 0 to 1. */
export interface Path {
  /** Gradients and scores at places on the path. */
  at(places: readonly number[]): Promise<PointGradient[]>;
  /** How fast the score rises along the path at a place with this gradient. */
  slope(gradient: Float32Array): number;
  /** Scores at 0 and 1. */
  readonly ends: readonly [number, number];
}

/** A part of the path with the gradient at one place in it, which stands for the whole part. */
interface PathPart {
  readonly from: number;
  readonly place: number;
  readonly to: number;
  readonly scores: { readonly from: number; readonly place: number; readonly to: number };
  readonly gradient: Float32Array;
  /** How much more the score rises over the part than the gradient at its place says. */
  readonly missed: number;
}

/** Parts that are split at once, in one call of the model. */
const AT_ONCE = 32;

/** At most so many parts, unless the rule has more points; some paths have more kinks than that. */
const MOST = 2000;

/** The integral of the gradient along a path, and what it took. */
export interface MeanGradient {
  readonly mean: Float64Array;
  /** How many gradients were computed for it, those that only gave a score and those that were split further included. */
  readonly steps: number;
}

/**
 * The mean gradient along a path. A network of ReLUs has a gradient that jumps, and at its kinks a quadrature converges
 * slowly. But the score is known wherever the gradient is: so is what each part of the path misses, and the parts that miss
 * most are split until the whole is within the tolerance.
 *
 * The parts of a Gauss–Legendre rule are as long as its weights, and each holds its point (the separation theorem of
 * Chebyshev, Markov and Stieltjes): refinement goes on from the rule, which stays as it is where it is good enough.
 * @param tolerance of the difference between the score's rise and what the mean gradient says of it
 */
export async function meanGradient(
  path: Path,
  rule: { readonly points: Float64Array; readonly weights: Float64Array },
  tolerance: number,
): Promise<MeanGradient> {
  const { points, weights } = rule;
  const found = await path.at(Array.from(points));
  const rise = path.ends[1] - path.ends[0];
  const estimate = found.reduce((sum, { gradient }, k) => sum + weights[k]! * path.slope(gradient), 0);
  if (Math.abs(rise - estimate) <= tolerance) {
    return {
      mean: weighted(found.map(({ gradient }, k) => ({ gradient, length: weights[k]! }))),
      steps: points.length,
    };
  }
  const parts = await refined(path, await partsOf(path, rule, found), tolerance, Math.max(MOST, points.length));
  const splits = parts.length - points.length;
  return {
    mean: weighted(parts.map((part) => ({ ...part, length: part.to - part.from }))),
    // The rule's points, the cuts between its parts, and two for each split.
    steps: 2 * points.length - 1 + 2 * splits,
  };
}

async function partsOf(
  path: Path,
  { points, weights }: { readonly points: Float64Array; readonly weights: Float64Array },
  found: readonly PointGradient[],
): Promise<PathPart[]> {
  const cuts = [0];
  for (const weight of weights) cuts.push(cuts.at(-1)! + weight);
  cuts[weights.length] = 1;
  const inner = await path.at(cuts.slice(1, -1));
  const scores = [path.ends[0], ...inner.map(({ output }) => output), path.ends[1]];
  return found.map((point, k) =>
    part(
      path,
      { from: cuts[k]!, place: points[k]!, to: cuts[k + 1]! },
      { from: scores[k]!, to: scores[k + 1]! },
      point,
    ),
  );
}

function part(
  path: Path,
  range: Pick<PathPart, 'from' | 'place' | 'to'>,
  { from, to }: { readonly from: number; readonly to: number },
  { gradient, output }: PointGradient,
): PathPart {
  const missed = to - from - (range.to - range.from) * path.slope(gradient);
  return { ...range, scores: { from, place: output, to }, gradient, missed };
}

/** Splits the worst parts at their places until the sum of what is missed is within the tolerance. */
async function refined(path: Path, begun: readonly PathPart[], tolerance: number, most: number): Promise<PathPart[]> {
  const parts = [...begun];
  while (Math.abs(parts.reduce((sum, { missed }) => sum + missed, 0)) > tolerance && parts.length < most) {
    parts.sort((a, b) => Math.abs(b.missed) - Math.abs(a.missed));
    const worst = parts.splice(0, Math.min(AT_ONCE, Math.ceil(parts.length / 4)));
    const halves = worst.flatMap(({ from, place, to, scores }) => [
      { from, to: place, scores: { from: scores.from, to: scores.place } },
      { from: place, to, scores: { from: scores.place, to: scores.to } },
    ]);
    const places = halves.map(({ from, to }) => (from + to) / 2);
    const found = await path.at(places);
    halves.forEach(({ from, to, scores }, i) => {
      parts.push(part(path, { from, place: places[i]!, to }, scores, found[i]!));
    });
  }
  return parts;
}

function weighted(terms: readonly { readonly gradient: Float32Array; readonly length: number }[]): Float64Array {
  const mean = new Float64Array(terms[0]!.gradient.length);
  for (const { gradient, length } of terms) {
    for (let i = 0; i < mean.length; i++) mean[i]! += length * gradient[i]!;
  }
  return mean;
}
