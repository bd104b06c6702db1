/**
 * Influence functions of the last layer ([Koh & Liang 2017]), the rival of representer points: how much the loss of one
 * example would change if a training point were left out, by the exact Hessian and conjugate gradients.
 */
import { conjugateGradients } from '../../numeric/conjugate-gradients.js';
import type { Runtime } from '../../runtime/runtime.js';
import { rowOf, type FeatureMatrix } from './features/features.js';
import type { Hessian } from './fit/hessian.js';
import { toFlat } from './layout.js';
import { scoresAt } from './fit/objective.js';

/** Training points whose gradients are taken. */
export interface GradientSource {
  readonly features: FeatureMatrix;
  /** ∂L_i/∂Φ_i, [rows, outputs]. */
  readonly residuals: Float64Array;
  readonly outputs: number;
  readonly bias: boolean;
}

/** Values of all training points for one example. */
export interface InfluenceValues {
  /** ∇L_tᵀ H⁻¹ ∇L_i / n: by how much L_t grows when point i is left out, to first order. Positive supports. */
  readonly values: Float64Array;
  readonly iterations: number;
  readonly residual: number;
}

/** As exact as ranks need: values change by a millionth. */
const SOLVE = { tolerance: 1e-6, maxIterations: 2000 };

/** ∇L = residual ⊗ (f, 1), in the Hessian's layout. */
export function exampleGradient(
  row: Float32Array | Float64Array,
  residual: ArrayLike<number>,
  outputs: number,
  bias: boolean,
  target = new Float64Array(outputs * (row.length + (bias ? 1 : 0))),
): Float64Array {
  const width = row.length + (bias ? 1 : 0);
  for (let j = 0; j < outputs; j++) {
    for (let k = 0; k < row.length; k++) target[j * width + k] = residual[j]! * row[k]!;
    if (bias) target[j * width + row.length] = residual[j]!;
  }
  return target;
}

/**
 * Influence of every training point on the loss of one example.
 * @param gradient of the example's loss, in the Hessian's layout
 */
export async function influenceOn(
  gradient: Float64Array,
  { features, residuals, outputs, bias }: GradientSource,
  hessian: Hessian,
  runtime: Runtime,
): Promise<InfluenceValues> {
  const { solutions, iterations, residual } = await conjugateGradients(hessian.multiply, gradient, 1, {
    ...SOLVE,
    precondition: hessian.preconditioner?.multiply,
  });
  // ⟨s, residual ⊗ f⟩ = ⟨residual, S f⟩: the solution acts like weights.
  const scores = await scoresAt(features, toFlat(solutions, outputs, bias), outputs, runtime);
  const values = Float64Array.from({ length: features.rows }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < outputs; j++) sum += residuals[i * outputs + j]! * scores[i * outputs + j]!;
    return sum / features.rows;
  });
  return { values, iterations, residual };
}

/** Training points in one solve: their vectors and what comes of them stay in a few hundred megabytes. */
const SOLVE_BYTES = 2 ** 26;

/**
 * Influence of training points on their own loss, ∇L_iᵀ H⁻¹ ∇L_i: high for points that nothing else supports.
 * @param indices the points that are asked about
 */
export async function selfInfluence(
  indices: ArrayLike<number>,
  { features, residuals, outputs, bias }: GradientSource,
  hessian: Hessian,
  onProgress?: (done: number) => void,
): Promise<Float64Array> {
  const { size } = hessian;
  const result = new Float64Array(indices.length);
  const atOnce = Math.max(1, Math.floor(SOLVE_BYTES / (8 * size)));
  for (let start = 0; start < indices.length; start += atOnce) {
    const count = Math.min(atOnce, indices.length - start);
    const gradients = new Float64Array(count * size);
    for (let v = 0; v < count; v++) {
      const i = indices[start + v]!;
      const residual = residuals.subarray(i * outputs, (i + 1) * outputs);
      exampleGradient(rowOf(features.data, features.columns, i), residual, outputs, bias, rowOf(gradients, size, v));
    }
    const { solutions } = await conjugateGradients(hessian.multiply, gradients, count, {
      ...SOLVE,
      tolerance: 1e-4,
      precondition: hessian.preconditioner?.multiply,
    });
    for (let k = 0; k < gradients.length; k++) result[start + Math.floor(k / size)]! += gradients[k]! * solutions[k]!;
    onProgress?.(start + count);
  }
  return result;
}
