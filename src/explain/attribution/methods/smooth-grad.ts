import { InputError } from '../../../errors.js';
import { seededRandom } from '../../../numeric/random.js';
import type { Attribution, Example, Method } from '../method.js';
import { openInputGradient } from './input-gradient.js';

/** More copies change the mean no more. */
const MOST_SAMPLES = 10_000;

/** Copies that are held in memory. */
const AT_ONCE = 64;

/** Mean of the gradients at x + N(0, σ²), σ a share of the range of x ([Smilkov et al. 2017]). */
export const smoothGrad: Method = {
  name: 'smooth-grad',
  summary: 'the gradient averaged over noisy copies of the input',
  open: (context) => {
    const { samples, noise, seed } = context.settings;
    if (!Number.isSafeInteger(samples) || samples < 1 || samples > MOST_SAMPLES) {
      throw new InputError(`\`samples\` ${samples}: expected a whole number from 1 to ${MOST_SAMPLES}`);
    }
    if (!(noise >= 0 && noise < Infinity)) throw new InputError(`\`noise\` ${noise}: expected a number from 0`);
    const gradients = openInputGradient(context);
    const { dims: shape } = context.explained.input;

    const attribute = async ({ x, target, index }: Example): Promise<Attribution> => {
      const deviation = noise * rangeOf(x);
      const [atInput] = await gradients.at([{ x, target }]);
      const sum = new Float64Array(x.length);
      for (let first = 0; first < samples; first += AT_ONCE) {
        const copies = Array.from({ length: Math.min(AT_ONCE, samples - first) }, (_, k) => {
          const random = seededRandom(seed, index, first + k);
          return { x: x.map((value) => value + deviation * random.normal()), target };
        });
        for (const { gradient } of await gradients.at(copies)) {
          for (let i = 0; i < sum.length; i++) sum[i]! += gradient[i]!;
        }
      }
      return { map: Float32Array.from(sum, (value) => value / samples), shape, output: atInput!.output };
    };
    return {
      attribute: async (examples) => {
        const attributions: Attribution[] = [];
        for (const example of examples) attributions.push(await attribute(example));
        return attributions;
      },
      release: () => gradients.release(),
    };
  },
};

function rangeOf(values: Float32Array): number {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high - low;
}
