/** Cholesky's factorisation of small symmetric matrices. */

/**
 * Factors A = L Lᵀ.
 * @param matrix A, [size, size]; its lower half is read
 * @param leastPivot smaller pivots, which rounding makes of what is hardly positive definite, are taken for this one
 * @returns L, its upper half being 0; undefined where A is not positive definite in float64
 */
export function cholesky(matrix: Float64Array, size: number, leastPivot = 0): Float64Array | undefined {
  const lower = new Float64Array(matrix.length);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!;
      if (i > j) {
        lower[i * size + j] = sum / lower[j * size + j]!;
        continue;
      }
      if (sum < leastPivot) sum = leastPivot;
      if (sum > 0 && sum < Infinity) lower[i * size + i] = Math.sqrt(sum);
      else return undefined;
    }
  }
  return lower;
}

/** The inverse of a lower triangular matrix [size, size]. */
export function invertLower(lower: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(lower.length);
  for (let i = 0; i < size; i++) {
    const row = inverse.subarray(i * size, (i + 1) * size);
    row[i] = 1;
    for (let k = 0; k < i; k++) {
      const share = lower[i * size + k]!;
      for (let j = 0; j <= k; j++) row[j]! -= share * inverse[k * size + j]!;
    }
    const pivot = lower[i * size + i]!;
    for (let j = 0; j <= i; j++) row[j]! /= pivot;
  }
  return inverse;
}

/** The solution of L Lᵀ x = b for a lower triangular L [size, size]. */
export function solveLower(lower: Float64Array, right: ArrayLike<number>): Float64Array {
  const size = right.length;
  const x = Float64Array.from(right);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i * size + k]! * x[k]!;
    x[i]! /= lower[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i]! -= lower[k * size + i]! * x[k]!;
    x[i]! /= lower[i * size + i]!;
  }
  return x;
}
