/** Denominators that are never zero. */
import type { Algebra, Operand } from '../../../autodiff/algebra.js';

/**
 * z moved away from zero by ε: z + ε where z ≥ 0, z − ε where it is negative.
 * @param nonNegative whether z is known to have no element below zero
 */
export function stabilized({ add, where, compare }: Algebra, z: string, epsilon: number, nonNegative = false): string {
  if (epsilon === 0) return z;
  const away: Operand = nonNegative ? epsilon : where(compare('Less', z, 0), -epsilon, epsilon);
  return add(z, away);
}

/** Default ε of every rule, as zennit has it. */
export const STABILIZER = 1e-6;
