/**
 * The lowerings of a convolution's gradients. None is best everywhere; which one serves a layer follows from the layer's
 * sizes alone, so that training is reproducible to the bit. Costs are fitted to `scripts/bench/conv-lowerings.ts`.
 */
import { inputByTransposedConv } from './input-transposed.js';
import type { Lowering } from './geometry.js';
import { weightBySwappedConv } from './weight-swapped.js';

/** Ways to the gradient of the input; of equally cheap ones the first is taken. */
export const INPUT_LOWERINGS: readonly Lowering[] = [inputByTransposedConv];

/** Ways to the gradient of the weights. */
export const WEIGHT_LOWERINGS: readonly Lowering[] = [weightBySwappedConv];
