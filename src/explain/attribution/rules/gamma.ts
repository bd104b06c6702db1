import type { LinearMap } from './linear-map.js';
import { defineLinearRule } from './rule.js';
import { STABILIZER, stabilized } from './stabilize.js';
import { signed } from './zplus.js';

/**
 * LRP-γ ([Montavon et al. 2019]) in its generalised form ([Andéol et al. 2021]): positive contributions count 1 + γ
 * times where the output is positive, negative ones where it is negative. With inputs that are never negative it is the
 * original rule.
 */
export const gamma = defineLinearRule({
  name: 'gamma',
  summary: 'contributions of the sign of the output favoured by gamma',
  defaults: { gamma: 0.25, stabilizer: STABILIZER, bias: true },
  propagate: (linear, { dy, network }, { gamma: factor, stabilizer, bias: withBias }) => {
    const { x, y, weight, math } = linear;
    const onlyPositive = network.nonNegative(x);
    const favoured = (value: string, sign: 1 | -1) => math.add(value, math.mul(factor, signed(linear, value, sign)));
    const half = (sign: 1 | -1) => {
      const bias = withBias && linear.bias !== undefined ? favoured(linear.bias, sign) : undefined;
      const terms: Term[] = [{ x: onlyPositive ? x : signed(linear, x, 1), weight: favoured(weight, sign), bias }];
      if (!onlyPositive) {
        terms.push({ x: signed(linear, x, -1), weight: favoured(weight, sign === 1 ? -1 : 1), bias: undefined });
      }
      const z = total(linear, terms);
      const share = math.div(dy, stabilized(math, z, stabilizer));
      const seed = math.where(math.compare(sign === 1 ? 'Greater' : 'Less', y, 0), share, 0);
      return {
        inputs: terms.map((term) => math.mul(term.x, linear.back(seed, term.weight))),
        bias: linear.biasShare(seed, bias),
      };
    };
    const [above, below] = [half(1), half(-1)];
    return {
      input: math.add(...above.inputs, ...below.inputs),
      bias: above.bias && below.bias && math.add(above.bias, below.bias),
    };
  },
});

interface Term {
  readonly x: string;
  readonly weight: string;
  readonly bias: string | undefined;
}

function total(linear: LinearMap, terms: readonly Term[]): string {
  return linear.math.add(...terms.map((term) => linear.apply(term.x, term.weight, term.bias)));
}
