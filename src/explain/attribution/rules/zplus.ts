import { defineLinearRule, type LinearPropagated, type LrpRuleContext } from './rule.js';
import type { LinearMap } from './linear-map.js';
import { STABILIZER, stabilized } from './stabilize.js';

/**
 * LRP-z⁺, that is LRP-α1β0 ([Bach et al. 2015]; [Montavon et al. 2017]): R_i = Σ_j (x_i w_ij)⁺ / Σ_i (x_i w_ij)⁺ R_j.
 * Inputs may be negative: a negative input times a negative weight contributes too.
 */
export const zplus = defineLinearRule({
  name: 'zplus',
  summary: 'in proportion to the positive contributions alone',
  isProportional: true,
  defaults: { stabilizer: STABILIZER, bias: true },
  propagate: (linear, context, { stabilizer, bias }) => signedPart(linear, context, 1, stabilizer, bias),
});

/**
 * Relevance in proportion to the contributions of one sign.
 * @param sign 1 for what is positive, −1 for what is negative
 * @param withBias whether the part of the bias of that sign contributes too
 */
export function signedPart(
  linear: LinearMap,
  { network, dy }: LrpRuleContext,
  sign: 1 | -1,
  stabilizer: number,
  withBias: boolean,
): LinearPropagated {
  const { x, weight, math } = linear;
  const part = (value: string, of: 1 | -1) => signed(linear, value, of);
  const bias = withBias && linear.bias !== undefined ? part(linear.bias, sign) : undefined;
  const onlyPositive = network.nonNegative(x);
  const inputs = [
    { x: onlyPositive ? x : part(x, 1), weight: part(weight, sign), bias },
    ...(onlyPositive ? [] : [{ x: part(x, -1), weight: part(weight, sign === 1 ? -1 : 1), bias: undefined }]),
  ];
  const z = inputs.map((term) => linear.apply(term.x, term.weight, term.bias));
  const total = z.length === 1 ? z[0]! : math.add(...z);
  const seed = math.div(dy, stabilized(math, total, stabilizer, sign === 1));
  const parts = inputs.map((term) => math.mul(term.x, linear.back(seed, term.weight)));
  return {
    input: parts.length === 1 ? parts[0]! : math.add(...parts),
    bias: bias === undefined ? undefined : linear.biasShare(seed, bias),
  };
}

/** max(v, 0) or min(v, 0). */
export function signed({ math }: Pick<LinearMap, 'math'>, value: string, sign: 1 | -1): string {
  return sign === 1 ? math.apply('Relu', value) : math.neg(math.apply('Relu', math.neg(value)));
}
