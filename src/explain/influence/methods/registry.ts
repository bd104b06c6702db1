/** The methods that go through a recorded training. To add one: a file beside this one, and a line here. */
import { gamma, gammaMargin } from './gamma.js';
import { gaussNewton } from './gauss-newton.js';
import { inRunShapley } from './in-run-shapley.js';
import { metagradient } from './metagradient.js';
import type { RunMethod } from './method.js';
import { tracin } from './tracin.js';

/** By their names on the command line. */
export const RUN_METHODS = {
  metagradient,
  'gauss-newton': gaussNewton,
  tracin,
  'in-run-shapley': inRunShapley,
  gamma,
  'gamma-margin': gammaMargin,
} as const satisfies Record<string, RunMethod>;

/** Name of such a method. */
export type RunMethodName = keyof typeof RUN_METHODS;
