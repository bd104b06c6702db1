import { InputError } from '../../../errors.js';
import { gaussLegendre } from '../../../numeric/gauss-legendre.js';
import type { Attribution, Method } from '../method.js';
import { meanGradient } from '../refined-quadrature.js';
import { openInputGradient } from './input-gradient.js';

/** All gradients of a path are held in memory. */
const MOST_STEPS = 1000;

/**
 * (x − b) ⊙ ∫₀¹ ∂ score / ∂x at b + α (x − b) dα ([Sundararajan et al. 2017], Eq. 1), by Gauss–Legendre quadrature,
 * refined where it misses more than the tolerance. It sums to the difference of the scores at x and at the baseline b;
 * what the quadrature misses is the convergence delta.
 */
export const integratedGradients: Method = {
  name: 'integrated-gradients',
  summary: 'the gradient averaged on the way from a baseline, times the way',
  open: (context) => {
    const { steps, baseline, tolerance } = context.settings;
    if (!Number.isSafeInteger(steps) || steps < 1 || steps > MOST_STEPS) {
      throw new InputError(`\`steps\` ${steps}: expected a whole number from 1 to ${MOST_STEPS}`);
    }
    if (!(tolerance > 0)) throw new InputError(`\`tolerance\` ${tolerance}: expected a number above 0, or off`);
    const rule = gaussLegendre(steps);
    const gradients = openInputGradient(context);
    const { dims: shape } = context.explained.input;
    const from = (size: number) => (typeof baseline === 'number' ? new Float32Array(size).fill(baseline) : baseline);

    const attribute = async (x: Float32Array, target: number): Promise<Attribution> => {
      const start = from(x.length);
      const way = x.map((value, i) => value - start[i]!);
      const [atInput, atStart] = await gradients.at([x, start].map((point) => ({ x: point, target })));
      const [output, least] = [atInput!.output, atStart!.output];
      const expected = output - least;
      const path = {
        ends: [least, output] as const,
        at: (places: readonly number[]) =>
          gradients.at(places.map((alpha) => ({ x: way.map((length, i) => start[i]! + alpha * length), target }))),
        slope: (gradient: Float32Array) => gradient.reduce((sum, value, i) => sum + value * way[i]!, 0),
      };
      // A score of many units is held to the tolerance itself, a small one to that share of it.
      const { mean, steps: taken } = await meanGradient(path, rule, tolerance * Math.min(1, Math.abs(expected)));
      return { map: way.map((length, i) => length * mean[i]!), shape, output, expected, steps: taken };
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
