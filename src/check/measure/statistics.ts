/** Numbers that say how alike two arrays are. */
import { fallingOrder } from '../../numeric/order.js';
import { softmax } from '../../numeric/probabilities.js';
import { spearman } from '../../numeric/statistics.js';

/** Elements by row, row-major. */
export interface Rows {
  readonly rows: number;
  /** Elements of a row. */
  readonly size: number;
  readonly data: Float32Array;
}

/** One row, as a view. */
export function rowAt({ size, data }: Rows, row: number): Float32Array {
  return data.subarray(row * size, (row + 1) * size);
}

/** Largest magnitude; NaN counts for nothing. */
export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size > most) most = size;
  }
  return most;
}

/** ‖a − b‖ / ‖b‖ over all elements; 0 for two zeros, infinite where only b is zero or something is not finite. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  if (difference === 0) return 0;
  const error = Math.sqrt(difference / size);
  return Number.isFinite(error) ? error : Infinity;
}

/**
 * Linear CKA ([Kornblith et al. 2019], Eq. 1 with HSIC of linear kernels): ⟨K, L⟩ / (‖K‖ ‖L‖) of the centred Gram
 * matrices of the rows. 1 for representations that are equal up to rotation and scale.
 */
export function linearCka(a: Rows, b: Rows): number {
  const [k, l] = [centredGram(a), centredGram(b)];
  let [product, squaresK, squaresL] = [0, 0, 0];
  for (let i = 0; i < k.length; i++) {
    product += k[i]! * l[i]!;
    squaresK += k[i]! ** 2;
    squaresL += l[i]! ** 2;
  }
  const size = Math.sqrt(squaresK * squaresL);
  // Rows that are all the same have no shape to compare.
  if (size === 0) return squaresK === squaresL ? 1 : 0;
  return Number.isFinite(product) ? Math.min(1, product / size) : 0;
}

function centredGram({ rows, size, data }: Rows): Float64Array {
  const means = new Float64Array(size);
  for (let i = 0; i < data.length; i++) means[i % size]! += data[i]! / rows;
  const gram = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let c = 0; c < size; c++) sum += (data[i * size + c]! - means[c]!) * (data[j * size + c]! - means[c]!);
      gram[i * rows + j] = sum;
      gram[j * rows + i] = sum;
    }
  }
  return gram;
}

/** Spearman's correlation of two maps; maps without any variation agree only with each other. */
export function rankAgreement(a: Float32Array, b: Float32Array): number {
  const [flatA, flatB] = [a, b].map((map) => map.every((value) => value === map[0]));
  if (flatA || flatB) return flatA && flatB ? 1 : 0;
  return spearman(a, b);
}

/** Share of the k largest elements of one map that are among the k largest of the other. */
export function topOverlap(a: Float32Array, b: Float32Array, k: number): number {
  const top = (map: Float32Array) => fallingOrder(map).slice(0, Math.max(1, k));
  const ofA = new Set(top(a));
  const ofB = top(b);
  return ofB.filter((index) => ofA.has(index)).length / ofB.length;
}

/** Probabilities of a row of scores; rows that are probabilities already stay as they are. */
export function asProbabilities(row: Float32Array | Float64Array): Float64Array {
  const values = new Float64Array(row);
  let [sum, areShares] = [0, true];
  for (const value of values) {
    sum += value;
    areShares &&= value >= 0 && value <= 1;
  }
  if (areShares && Math.abs(sum - 1) < 1e-3) return values;
  return softmax(values);
}

const CALIBRATION_BINS = 10;

/** Expected calibration error: the mean gap between confidence and accuracy over ten bins of confidence. */
export function calibrationError(confidences: readonly number[], correct: readonly boolean[]): number {
  const gaps = new Float64Array(CALIBRATION_BINS);
  confidences.forEach((confidence, i) => {
    const bin = Math.min(CALIBRATION_BINS - 1, Math.floor(confidence * CALIBRATION_BINS));
    gaps[bin]! += confidence - (correct[i] ? 1 : 0);
  });
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / Math.max(1, confidences.length);
}
