import { InputError } from '../../../errors.js';
import type { Dim } from '../../../graph/builder.js';
import { nodeLabel } from '../../../onnx/model.js';
import type { LinearMap } from './linear-map.js';
import { defineLinearRule } from './rule.js';
import { STABILIZER, stabilized } from './stabilize.js';
import { signed } from './zplus.js';

/**
 * LRP-z^B ([Montavon et al. 2017]), for layers that see inputs within a box [l, h]: contributions are x w − l w⁺ − h
 * w⁻, which are never negative, so that a black pixel can carry relevance. The bias has no part in them.
 */
export const zbox = defineLinearRule({
  name: 'zbox',
  summary: 'for the input layer: contributions above what the lowest and highest input allow',
  defaults: { low: [0] as readonly number[], high: [1] as readonly number[], encloses: false, stabilizer: STABILIZER },
  propagate: (linear, { dy, node, dims, network, onlyWherePositive }, { low, high, encloses, stabilizer }) => {
    const { x, bias, math } = linear;
    checkBounds(low, high, { channels: dims(x)[1], place: nodeLabel(node) });
    // Where nothing arrives any output will do: of a layer that only a Relu reads, ONNX Runtime makes one operator.
    const isRectified = stabilizer > 0 && onlyWherePositive(linear.y);
    const y = (isRectified ? network.rectified(linear.y) : undefined) ?? linear.y;
    const box = boxOf(linear, low, high);
    // Of inputs within the box no contribution is negative, so their sum is only by rounding.
    const sum =
      encloses && stabilizer > 0
        ? math.atLeast(math.sub(y, math.sub(box.least(bias), stabilizer)), stabilizer)
        : stabilized(math, math.sub(y, box.least(bias)), stabilizer);
    const seed = math.div(dy, sum);
    const [straight, bounded] = box.back(seed);
    return { input: math.sub(math.mul(x, straight), bounded) };
  },
});

/** How to emit what the bounds contribute. */
interface Box {
  /**
   * W⁺ l + W⁻ h and the bias: the same for every example, computed for one, and when the graph is loaded unless weights are fed.
   */
  least(bias: string | undefined): string;
  /** Wᵀ s of seeds at the output, and what of them the bounds take: l ⊙ W⁺ᵀ s + h ⊙ W⁻ᵀ s. */
  back(seed: string): [straight: string, bounded: string];
}

function boxOf(linear: LinearMap, low: readonly number[], high: readonly number[]): Box {
  const { weight, math } = linear;
  const [positive, negative] = [signed(linear, weight, 1), signed(linear, weight, -1)];
  const [lowest, highest] = [linear.perChannel(low), linear.perChannel(high)];
  if (lowest !== undefined && highest !== undefined) {
    // The bounds times the weights are weights: one product instead of two.
    const bounded = math.add(math.mul(lowest, positive), math.mul(highest, negative));
    return {
      least: (bias) => linear.apply(linear.spread([1]), bounded, bias),
      back: (seed) => linear.backEach(seed, [weight, bounded]) as [string, string],
    };
  }
  const [lows, highs] = [linear.spread(low), linear.spread(high)];
  return {
    least: (bias) => math.add(linear.apply(lows, positive, bias), linear.apply(highs, negative)),
    back: (seed) => {
      const [straight, above, below] = linear.backEach(seed, [weight, positive, negative]) as [string, string, string];
      return [straight, math.add(math.mul(lows, above), math.mul(highs, below))];
    },
  };
}

/** @throws InputError for bounds that do not fit the channels, or are no range */
function checkBounds(
  low: readonly number[],
  high: readonly number[],
  { channels, place }: { channels: Dim | undefined; place: string },
): void {
  for (const [name, values] of Object.entries({ low, high })) {
    if (values.length === 1 || values.length === channels) continue;
    const wanted = channels === 1 || typeof channels !== 'number' ? '1' : `1 or ${channels} (channels)`;
    throw new InputError(`rule zbox at ${place}: ${name} has ${values.length} numbers, expected ${wanted}`);
  }
  const at = (values: readonly number[], c: number) => values[values.length === 1 ? 0 : c]!;
  const wrong = Array.from({ length: Math.max(low.length, high.length) }).findIndex((_, c) => at(low, c) > at(high, c));
  if (wrong < 0) return;
  throw new InputError(`rule zbox at ${place}: low ${at(low, wrong)} is above high ${at(high, wrong)}; exchange them`);
}
