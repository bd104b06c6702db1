/** The optimizers. To add one: a file beside this one, and a line here. */
import { adam } from './adam.js';
import { momentum } from './momentum.js';
import { nesterov } from './nesterov.js';
import type { Optimizer } from './optimizer.js';
import { sgd } from './sgd.js';

/** Every optimizer by its name on the command line. */
export const OPTIMIZERS = { sgd, momentum, nesterov, adam } as const satisfies Record<string, Optimizer>;

/** Name of an optimizer. */
export type OptimizerName = keyof typeof OPTIMIZERS;
