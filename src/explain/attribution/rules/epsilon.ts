import { algebra } from '../../../autodiff/algebra.js';
import { defineLrpRule } from './rule.js';
import { STABILIZER, stabilized } from './stabilize.js';

/**
 * LRP-ε ([Bach et al. 2015], Eq. 58): R_i = Σ_j x_i w_ij / (z_j + ε·sign z_j) R_j. With ε → 0 it is LRP-0. It also
 * serves sums and averages, whose weights are all alike: each operand gets relevance in proportion to what it
 * contributed.
 */
export const epsilon = defineLrpRule({
  name: 'epsilon',
  summary: 'in proportion to what each input contributed',
  serves: ['linear', 'sum', 'average'],
  isProportional: true,
  defaults: { epsilon: STABILIZER, bias: true },
  propagate: (context, { epsilon: size, bias: withBias }) => {
    const { linear, dy, node, input, output, g, type } = context;
    if (!linear) {
      const math = algebra(g, type(output(0)));
      const seed = math.div(dy, stabilized(math, output(0), size));
      const gradients = context.gradient(seed);
      return { inputs: node.input.map((_, i) => gradients[i] && g.op('Mul', [input(i), gradients[i]])) };
    }
    const { x, y, weight, bias, math } = linear;
    const z = withBias || bias === undefined ? y : linear.apply(x, weight);
    const seed = math.div(dy, stabilized(math, z, size));
    return {
      inputs: linear.atInput(math.mul(x, linear.back(seed, weight))),
      bias: withBias ? linear.biasShare(seed, bias) : undefined,
    };
  },
});
