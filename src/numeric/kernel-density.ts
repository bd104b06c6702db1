/**
 * Weighted Gaussian kernel density estimates, as the ridge plots of [Pfahler & Morik 2021], Alg. 3, need them.
 *
 * The estimate equals scipy's `gaussian_kde(x, weights=w, bw_method=factor)`: a scalar factor multiplies the *weighted
 * standard deviation*, whose square is Σ ŵ (x − m)² / (1 − Σ ŵ²) with ŵ = w / Σ w. An absolute width may be given
 * instead.
 *
 * A training run has hundreds of thousands of steps, so samples are taken one at a time: the first few thousand are
 * kept and give the exact estimate; beyond that they are dealt to fixed bins (linear binning), in memory that no longer
 * grows, and the bound of the error that this makes comes with the estimate. Accumulators of parts of a log can be
 * merged.
 */

/**
 * Width of the kernel: a multiple of the weighted standard deviation, or a standard deviation on the x axis.
 * `least` keeps the kernel from getting narrower than that, so that no peak falls between the points of a plot's grid;
 * without it the estimate is scipy's.
 */
export type Bandwidth = ({ readonly factor: number } | { readonly width: number }) & { readonly least?: number };

/** A density at the points of a grid. */
export interface Density {
  readonly density: Float64Array;
  /** Standard deviation of the kernel in effect. */
  readonly bandwidth: number;
  /** Largest possible absolute difference from the exact estimate; 0 where that was computed. */
  readonly error: number;
}

/** Samples so far: kept as they are, or dealt to bins. */
export interface DensityAccumulator {
  /** Samples with a weight above zero. */
  count: number;
  totalWeight: number;
  /** Weighted mean, and Σ w (x − mean)². */
  mean: number;
  squares: number;
  /** Σ w² */
  squaredWeights: number;
  /** Kept samples, x and weight in turn; emptied once there are bins. */
  kept: number[];
  bins: Bins | undefined;
}

/** Weight at equally spaced nodes from −reach to +reach; reach is a power of two, so that doubling it is exact. */
interface Bins {
  readonly reach: number;
  readonly weight: Float64Array;
}

/** Up to so many samples the estimate is exact. */
export const exactLimit = 4096;
/** Bins, a multiple of four; 128 KiB an accumulator. */
const binCount = 16384;
/** Beyond so many widths the kernel is below 2⁻⁵² of its peak: no double-precision sum would notice it. */
const kernelReach = 8.5;

/**
 * Points of a ridge plot's x axis: −1.25·max|cos| to +1.25·max|cos|, shared by all classes; an odd count has a zero.
 */
export function ridgeGrid(maxAbsolute: number, points = 257): number[] {
  const reach = 1.25 * (maxAbsolute > 0 ? maxAbsolute : 1);
  return Array.from({ length: points }, (_, i) => (reach * (2 * i - (points - 1))) / (points - 1));
}

/** An accumulator without samples. */
export function createDensityAccumulator(): DensityAccumulator {
  return { count: 0, totalWeight: 0, mean: 0, squares: 0, squaredWeights: 0, kept: [], bins: undefined };
}

/**
 * Adds a sample; one of weight 0 changes nothing.
 * @throws RangeError when x is not finite, or the weight is not finite or below 0
 */
export function addSample(into: DensityAccumulator, x: number, weight: number): void {
  if (!Number.isFinite(x) || !(weight >= 0 && weight < Infinity)) {
    throw new RangeError(`invalid sample for a density: ${x} with weight ${weight}`);
  }
  if (weight === 0) return;
  into.count++;
  into.totalWeight += weight;
  into.squaredWeights += weight * weight;
  const difference = x - into.mean;
  into.mean += (difference * weight) / into.totalWeight;
  into.squares += weight * difference * (x - into.mean);
  place(into, x, weight);
}

/** Adds all samples of `from`, which stays as it is: the parts of a log, each read on its own, become one. */
export function mergeDensity(into: DensityAccumulator, from: DensityAccumulator): void {
  if (from.count === 0) return;
  const total = into.totalWeight + from.totalWeight;
  const difference = from.mean - into.mean;
  into.squares += from.squares + (difference ** 2 * into.totalWeight * from.totalWeight) / total;
  into.mean += (difference * from.totalWeight) / total;
  into.totalWeight = total;
  into.squaredWeights += from.squaredWeights;
  into.count += from.count;
  for (let i = 0; i < from.kept.length; i += 2) place(into, from.kept[i]!, from.kept[i + 1]!);
  if (from.bins) {
    const reach = Math.max(from.bins.reach, into.bins?.reach ?? 0);
    const own = binsOf(into, reach).weight;
    const other = widen(from.bins, reach).weight;
    for (let i = 0; i < own.length; i++) own[i]! += other[i]!;
  }
}

/**
 * The density of the samples at the points of an ascending grid; all 0 when there are no samples.
 *
 * Samples that do not differ have no standard deviation to scale; the kernel is then as wide as one step of the grid,
 * so that their peak is seen.
 */
export function densityAt(from: DensityAccumulator, grid: ArrayLike<number>, bandwidth: Bandwidth): Density {
  const density = new Float64Array(grid.length);
  if (from.count === 0) return { density, bandwidth: 0, error: 0 };
  const width = kernelWidth(from, grid, bandwidth);
  const peak = 1 / (Math.sqrt(2 * Math.PI) * width);
  for (let i = 0; i < from.kept.length; i += 2) {
    addKernel(density, grid, from.kept[i]!, (from.kept[i + 1]! / from.totalWeight) * peak, width);
  }
  if (!from.bins) return { density, bandwidth: width, error: 0 };
  const { reach, weight } = from.bins;
  const spacing = (2 * reach) / binCount;
  for (let i = 0; i <= binCount; i++) {
    if (weight[i] !== 0) {
      addKernel(density, grid, i * spacing - reach, (weight[i]! / from.totalWeight) * peak, width);
    }
  }
  // Linear binning interpolates the kernel linearly between nodes: at most spacing²/8 · max|K''|, and |K''| ≤ K(0)/width².
  return { density, bandwidth: width, error: (peak * (spacing / width) ** 2) / 8 };
}

/** The density of samples in arrays; see {@link densityAt}. */
export function kernelDensity(
  x: ArrayLike<number>,
  weights: ArrayLike<number>,
  grid: ArrayLike<number>,
  bandwidth: Bandwidth,
): Density {
  const samples = createDensityAccumulator();
  for (let i = 0; i < x.length; i++) addSample(samples, x[i]!, weights[i]!);
  return densityAt(samples, grid, bandwidth);
}

/** scipy's weighted standard deviation; NaN for fewer than two samples. */
export function weightedDeviation({ squares, totalWeight, squaredWeights }: DensityAccumulator): number {
  return Math.sqrt(squares / totalWeight / (1 - squaredWeights / totalWeight ** 2));
}

function kernelWidth(from: DensityAccumulator, grid: ArrayLike<number>, bandwidth: Bandwidth): number {
  const width = 'width' in bandwidth ? bandwidth.width : bandwidth.factor * weightedDeviation(from);
  if (width > 0 && width < Infinity) return Math.max(width, bandwidth.least ?? 0);
  return grid.length > 1 ? (grid[grid.length - 1]! - grid[0]!) / (grid.length - 1) : 1;
}

/** Adds `height · exp(−(g − x)²/2 width²)` at the grid points near x. */
function addKernel(density: Float64Array, grid: ArrayLike<number>, x: number, height: number, width: number): void {
  const end = x + kernelReach * width;
  for (let i = firstNotBelow(grid, x - kernelReach * width); i < grid.length && grid[i]! <= end; i++) {
    const distance = (grid[i]! - x) / width;
    density[i]! += height * Math.exp(-0.5 * distance * distance);
  }
}

function firstNotBelow(grid: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = grid.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (grid[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Keeps a sample, or deals it to the two nodes beside it. */
function place(into: DensityAccumulator, x: number, weight: number): void {
  if (!into.bins && into.kept.length < 2 * exactLimit) {
    into.kept.push(x, weight);
    return;
  }
  const { reach, weight: nodes } = binsOf(into, Math.abs(x));
  const position = ((x + reach) / (2 * reach)) * binCount;
  const left = Math.min(Math.floor(position), binCount - 1);
  nodes[left]! += weight * (left + 1 - position);
  nodes[left + 1]! += weight * (position - left);
}

/** The bins, made from the kept samples when there are none yet, reaching to `reach` or beyond. */
function binsOf(into: DensityAccumulator, reach: number): Bins {
  if (into.bins && into.bins.reach >= reach) return into.bins;
  if (into.bins) return (into.bins = widen(into.bins, reach));
  const { kept } = into;
  let furthest = reach;
  for (let i = 0; i < kept.length; i += 2) furthest = Math.max(furthest, Math.abs(kept[i]!));
  into.kept = [];
  const bins = { reach: powerOfTwoFrom(furthest), weight: new Float64Array(binCount + 1) };
  into.bins = bins;
  for (let i = 0; i < kept.length; i += 2) place(into, kept[i]!, kept[i + 1]!);
  return bins;
}

/** The same weight on nodes that reach further: linear binning commutes with merging pairs of nodes. */
function widen(bins: Bins, reach: number): Bins {
  let current = bins;
  while (current.reach < reach) {
    const weight = new Float64Array(binCount + 1);
    for (let i = 0; i <= binCount; i++) {
      const node = binCount / 4 + (i >> 1);
      if (i % 2 === 0) weight[node]! += current.weight[i]!;
      else {
        weight[node]! += current.weight[i]! / 2;
        weight[node + 1]! += current.weight[i]! / 2;
      }
    }
    current = { reach: 2 * current.reach, weight };
  }
  return current;
}

/** The smallest power of two that is not below the value; 2⁻³⁰ at least, finer bins would resolve nothing. */
function powerOfTwoFrom(value: number): number {
  return 2 ** Math.max(Math.ceil(Math.log2(value)), -30);
}
