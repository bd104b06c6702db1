import { InputError } from '../../../errors.js';
import { gaussLegendre } from '../gauss-legendre.js';
import type { Attribution, Method } from '../method.js';
import { openInputGradient } from './input-gradient.js';

/**
 * (x − b) ⊙ ∫₀¹ ∂ score / ∂x at b + α (x − b) dα (Sundararajan et al. 2017, Eq. 1), by Gauss–Legendre quadrature. It
 * sums to the difference of the scores at x and at the baseline b; what the quadrature misses is the convergence delta.
 */
export const integratedGradients: Method = {
  name: 'integrated-gradients',
  summary: 'the gradient averaged on the way from a baseline, times the way',
  open: async (context) => {
    const { steps, baseline } = context.settings;
    if (!Number.isSafeInteger(steps) || steps < 1) {
      throw new InputError(`--steps ${steps}: expected a whole number from 1`);
    }
    const { points, weights } = gaussLegendre(steps);
    const gradients = await openInputGradient(context);
    const { dims: shape } = context.explained.input;
    const from = (size: number) => (typeof baseline === 'number' ? new Float32Array(size).fill(baseline) : baseline);

    const attribute = async (x: Float32Array, target: number): Promise<Attribution> => {
      const start = from(x.length);
      const way = x.map((value, i) => value - start[i]!);
      const path = Array.from(points, (alpha) => way.map((length, i) => start[i]! + alpha * length));
      const found = await gradients.at([x, start, ...path].map((point) => ({ x: point, target })));
      const mean = new Float64Array(x.length);
      weights.forEach((weight, k) => {
        const { gradient } = found[k + 2]!;
        for (let i = 0; i < mean.length; i++) mean[i]! += weight * gradient[i]!;
      });
      const [output, atStart] = [found[0]!.output, found[1]!.output];
      return { map: way.map((length, i) => length * mean[i]!), shape, output, expected: output - atStart };
    };
    return {
      attribute: async (examples) => {
        const attributions: Attribution[] = [];
        for (const { x, target } of examples) attributions.push(await attribute(x, target));
        return attributions;
      },
      release: () => gradients.release(),
    };
  },
};
