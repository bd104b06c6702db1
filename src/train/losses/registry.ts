/** The losses. To add one: a file beside this one, and a line here. */
import { binaryCrossEntropy } from './binary-cross-entropy.js';
import { crossEntropy } from './cross-entropy.js';
import type { Loss } from './loss.js';
import { meanSquaredError } from './mean-squared-error.js';

/** Every loss by its name on the command line. */
export const LOSSES = {
  'cross-entropy': crossEntropy,
  'binary-cross-entropy': binaryCrossEntropy,
  'mean-squared-error': meanSquaredError,
} as const satisfies Record<string, Loss>;

/** Name of a loss. */
export type LossName = keyof typeof LOSSES;
