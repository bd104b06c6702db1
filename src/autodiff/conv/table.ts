/**
 * The lowerings of a convolution's gradients. None is best everywhere; which one serves a layer follows from the layer's
 * sizes alone, so that training is reproducible to the bit. Costs are fitted to `scripts/bench/conv-lowerings.ts`.
 */
import type { Lowering } from './geometry.js';
import { inputByColumns } from './input-columns.js';
import { inputByFlippedConv } from './input-flipped.js';
import { inputByRows } from './input-rows.js';
import { inputByTransposedConv } from './input-transposed.js';
import { weightByColumns } from './weight-columns.js';
import { weightByRows } from './weight-rows.js';
import { weightBySwappedConv } from './weight-swapped.js';
import { weightByTaps } from './weight-taps.js';

/** Ways to the gradient of the input; of equally cheap ones the first is taken. */
export const INPUT_LOWERINGS: readonly Lowering[] = [inputByTransposedConv, inputByFlippedConv, inputByColumns];

/**
 * The same and one that came later: for graphs that no training is made of, as trainings come again to the bit by those that
 * they were made with.
 */
export const UNTRAINED_INPUT_LOWERINGS: readonly Lowering[] = [...INPUT_LOWERINGS, inputByRows];

/** Ways to the gradient of the weights. */
export const WEIGHT_LOWERINGS: readonly Lowering[] = [weightBySwappedConv, weightByColumns, weightByRows, weightByTaps];
