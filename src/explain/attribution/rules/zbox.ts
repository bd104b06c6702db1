import { defineLinearRule } from './rule.js';
import { STABILIZER, stabilized } from './stabilize.js';
import { signed } from './zplus.js';

/**
 * LRP-z^B (Montavon et al. 2017), for layers that see inputs within a box [l, h]: contributions are x w − l w⁺ − h w⁻,
 * which are never negative, so that a black pixel can carry relevance. The bias has no part in them.
 */
export const zbox = defineLinearRule({
  name: 'zbox',
  summary: 'for the input layer: contributions above what the lowest and highest input allow',
  defaults: { low: [0] as readonly number[], high: [1] as readonly number[], stabilizer: STABILIZER },
  propagate: (linear, { dy }, { low, high, stabilizer }) => {
    const { x, y, weight, bias, math } = linear;
    const [lowest, highest] = [linear.spread(low), linear.spread(high)];
    const [positive, negative] = [signed(linear, weight, 1), signed(linear, weight, -1)];
    // The same for every example: computed for one, and when the graph is loaded. It takes y's bias off as well.
    const [least, zero] = [linear.apply(lowest, positive, bias), linear.apply(highest, negative)];
    const seed = math.div(dy, stabilized(math, math.sub(y, math.add(least, zero)), stabilizer));
    const box = math.add(math.mul(lowest, linear.back(seed, positive)), math.mul(highest, linear.back(seed, negative)));
    return { input: math.sub(math.mul(x, linear.back(seed, weight)), box) };
  },
});
