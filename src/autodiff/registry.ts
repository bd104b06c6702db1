/**
 * The operators that gradients are known for. To add one: a file in `gradients/`, and a line here.
 */
import type { Gradient } from './gradient.js';
import { gemm } from './gradients/gemm.js';
import { mul } from './gradients/mul.js';
import { relu } from './gradients/relu.js';

/** Every gradient, in the order of OPS.md. */
export const GRADIENTS: readonly Gradient[] = [gemm, mul, relu];

const byOperator = new Map(GRADIENTS.map((gradient) => [gradient.op, gradient]));

/** The gradient of a standard operator, if it is known. */
export function gradientOf(op: string): Gradient | undefined {
  return byOperator.get(op);
}
