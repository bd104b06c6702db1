import { InputError } from '../../../errors.js';
import { defineLinearRule } from './rule.js';
import { STABILIZER } from './stabilize.js';
import { signedPart } from './zplus.js';

/**
 * LRP-αβ ([Bach et al. 2015], Eq. 60): α times the share of the positive contributions minus β times that of the
 * negative ones, α − β = 1.
 */
export const alphaBeta = defineLinearRule({
  name: 'alpha-beta',
  summary: 'positive contributions alpha times, negative ones beta times',
  isProportional: true,
  defaults: { alpha: 2, beta: 1, stabilizer: STABILIZER, bias: true },
  propagate: (linear, context, { alpha, beta, stabilizer, bias }) => {
    // Both are given with few digits; a mistyped one is off by far more.
    if (alpha < 0 || beta < 0 || Math.abs(alpha - beta - 1) > 1e-9) {
      throw new InputError(
        `rule alpha-beta: alpha ${alpha} and beta ${beta}; alpha - beta must be 1, neither negative`,
      );
    }
    const { math } = linear;
    const positive = signedPart(linear, context, 1, stabilizer, bias);
    if (beta === 0) return positive;
    const negative = signedPart(linear, context, -1, stabilizer, bias);
    const mixed = (a: string, b: string) => math.sub(math.mul(alpha, a), math.mul(beta, b));
    return {
      input: mixed(positive.input, negative.input),
      bias: positive.bias && negative.bias && mixed(positive.bias, negative.bias),
    };
  },
});
