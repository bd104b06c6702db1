import { defineLinearRule } from './rule.js';
import { STABILIZER, stabilized } from './stabilize.js';

/** LRP-flat ([Lapuschkin et al. 2019]): each output's relevance is spread evenly over the inputs that it sees. */
export const flat = defineLinearRule({
  name: 'flat',
  summary: 'for the input layer: evenly over what each output sees',
  defaults: { stabilizer: STABILIZER },
  propagate: (linear, { dy, dims, g }, { stabilizer }) => {
    const { weight, math } = linear;
    const size = g.ints(dims(weight) as number[]);
    const ones = g.op('Expand', [math.constant(1), size]);
    const z = linear.apply(linear.spread([1]), ones);
    const seed = math.div(dy, stabilized(math, z, stabilizer, true));
    return { input: linear.back(seed, ones) };
  },
});
