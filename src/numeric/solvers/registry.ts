/** The solvers. To add one: a file beside this one, and a line here. */
import { gradientDescent } from './gradient-descent.js';
import { lbfgs } from './lbfgs.js';
import type { Solver } from './solver.js';

/** Every solver by its name on the command line. */
export const SOLVERS = { lbfgs, 'line-search': gradientDescent } as const satisfies Record<string, Solver>;

/** Name of a solver. */
export type SolverName = keyof typeof SOLVERS;
