import type { LinearMap } from './linear-map.js';
import { defineLinearRule, type LinearPropagated, type LrpRuleContext } from './rule.js';
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
  isProportional: true,
  defaults: { gamma: 0.25, stabilizer: STABILIZER, bias: true },
  propagate: (linear, context, { gamma: factor, stabilizer, bias: withBias }) => {
    const { math } = linear;
    const half = (sign: 1 | -1) => halfOf(linear, context, sign, { factor, stabilizer, withBias });
    const above = half(1);
    // Where the output is not positive nothing has arrived.
    if (context.onlyWherePositive(linear.y)) return above;
    const below = half(-1);
    return {
      input: math.add(above.input, below.input),
      bias: above.bias && below.bias && math.add(above.bias, below.bias),
    };
  },
});

interface Settings {
  readonly factor: number;
  readonly stabilizer: number;
  readonly withBias: boolean;
}

interface Term {
  readonly x: string;
  readonly weight: string;
  readonly bias: string | undefined;
}

/** What outputs of one sign hand on. */
function halfOf(
  linear: LinearMap,
  { dy, network, onlyWherePositive }: LrpRuleContext,
  sign: 1 | -1,
  { factor, stabilizer, withBias }: Settings,
): LinearPropagated {
  const { x, y, weight, math } = linear;
  const onlyPositive = network.nonNegative(x);
  const favoured = (value: string, of: 1 | -1) => math.add(value, math.mul(factor, signed(linear, value, of)));
  const bias = withBias && linear.bias !== undefined ? favoured(linear.bias, sign) : undefined;
  const terms: Term[] = [{ x: onlyPositive ? x : signed(linear, x, 1), weight: favoured(weight, sign), bias }];
  if (!onlyPositive) {
    terms.push({ x: signed(linear, x, -1), weight: favoured(weight, sign === 1 ? -1 : 1), bias: undefined });
  }
  const z = total(linear, terms);
  const seedOf = (): string => {
    // With the positive contributions favoured, z is no less than y. Where y is not positive 0 is divided, by what must not be 0.
    if (stabilizer > 0 && onlyWherePositive(y)) {
      return math.div(dy, stabilized(math, math.apply('Relu', z), stabilizer, true));
    }
    const share = math.div(dy, stabilized(math, z, stabilizer));
    return math.where(math.compare(sign === 1 ? 'Greater' : 'Less', y, 0), share, 0);
  };
  const seed = seedOf();
  const parts = terms.map((term) => math.mul(term.x, linear.back(seed, term.weight)));
  return { input: math.add(...parts), bias: linear.biasShare(seed, bias) };
}

function total(linear: LinearMap, terms: readonly Term[]): string {
  return linear.math.add(...terms.map((term) => linear.apply(term.x, term.weight, term.bias)));
}
