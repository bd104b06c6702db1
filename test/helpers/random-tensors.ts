/** Reproducible tensors for checks of operators. */
import { elementCount, type Tensor } from '../../src/tensor.js';

/** A deterministic stream of numbers in [0, 1) (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Numbers in ±[0.2, 1.2]: away from 0, where ReLU, division and absolute values have their kinks. */
export function awayFromZero(dims: readonly number[], seed = 1): Tensor<'float64'> {
  const next = randomNumbers(seed);
  const data = Float64Array.from({ length: elementCount(dims) }, () => (0.2 + next()) * (next() < 0.5 ? -1 : 1));
  return { type: 'float64', dims, data };
}

/** Numbers in [0.2, 1.2]. */
export function positive(dims: readonly number[], seed = 1): Tensor<'float64'> {
  const { type, data } = awayFromZero(dims, seed);
  return { type, dims, data: data.map(Math.abs) };
}

/** All different, at least 0.01 apart: no ties for maxima. */
export function distinct(dims: readonly number[], seed = 1): Tensor<'float64'> {
  const order = shuffled(elementCount(dims), seed);
  return { type: 'float64', dims, data: Float64Array.from(order, (i) => (i - order.length / 2) * 0.01 + 0.003) };
}

/** Whole numbers from −3 to 3, as float32. */
export function wholeNumbers(dims: readonly number[], seed = 1): Tensor<'float32'> {
  const next = randomNumbers(seed);
  return {
    type: 'float32',
    dims,
    data: Float32Array.from({ length: elementCount(dims) }, () => Math.floor(next() * 7) - 3),
  };
}

/** Different multiples of 16 as float32: steps of ±3 do not change which of them is the largest. */
export function distinctWhole(dims: readonly number[], seed = 1): Tensor<'float32'> {
  const order = shuffled(elementCount(dims), seed);
  return { type: 'float32', dims, data: Float32Array.from(order, (i) => 16 * (i - (order.length >> 1))) };
}

function shuffled(count: number, seed: number): number[] {
  const next = randomNumbers(seed);
  return Array.from({ length: count }, (_, i) => ({ i, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ i }) => i);
}

/** Random numbers of a standard deviation, as float32. */
export function gaussian(count: number, seed: number, deviation = 1): Float32Array {
  const next = randomNumbers(seed);
  return Float32Array.from(
    { length: count },
    () => deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  );
}
