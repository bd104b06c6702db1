import { defineLinearRule } from './rule.js';
import { STABILIZER, stabilized } from './stabilize.js';

/**
 * LRP-w² ([Montavon et al. 2017]), for inputs without bounds: R_i = Σ_j w_ij² / Σ_i w_ij² R_j, whatever the input is.
 */
export const wsquare = defineLinearRule({
  name: 'wsquare',
  summary: 'for the input layer: in proportion to the squared weights',
  defaults: { stabilizer: STABILIZER, bias: true },
  propagate: (linear, { dy }, { stabilizer, bias: withBias }) => {
    const { weight, math } = linear;
    const squares = math.mul(weight, weight);
    const bias = withBias && linear.bias !== undefined ? math.mul(linear.bias, linear.bias) : undefined;
    // The same for every example: computed for one, and when the graph is loaded.
    const z = linear.apply(linear.spread([1]), squares, bias);
    const seed = math.div(dy, stabilized(math, z, stabilizer, true));
    return { input: linear.back(seed, squares), bias: linear.biasShare(seed, bias) };
  },
});
