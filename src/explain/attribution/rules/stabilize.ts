/** Denominators that are never zero. */
import type { Algebra } from '../../../autodiff/algebra.js';

/**
 * z moved away from zero by ε: z + ε where z ≥ 0, z − ε where it is negative.
 * @param nonNegative whether z is known to have no element below zero
 */
export function stabilized(math: Algebra, z: string, epsilon: number, nonNegative = false): string {
  if (epsilon === 0) return z;
  return math.add(z, nonNegative ? epsilon : withSign(math, z, epsilon));
}

/** So much larger than any ε is any z times this, but for those below the normal numbers of float32. */
const HUGE = 1e38;

/** ε where z ≥ 0, −ε where it is negative: a choice (Where) takes ONNX Runtime longer than all three of these. */
function withSign({ add, mul, clip }: Algebra, z: string, epsilon: number): string {
  return clip(add(mul(z, HUGE), epsilon), -epsilon, epsilon);
}

/** Default ε of every rule, as zennit has it. */
export const STABILIZER = 1e-6;
