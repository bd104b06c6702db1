/** Traces of runs whose batches held several classes each. */
import type { TraceQuery } from '../../results/trace.js';

/** Whether batches held several classes: the γ of such a step is shared equally by examples that it does not tell apart. */
export function mixesClasses({ layers }: Pick<TraceQuery, 'layers'>): boolean {
  return layers.some(({ batches }) => batches.some(({ label }) => label === null));
}

/** What then has to be said before anything else. */
export const MIXED_BATCHES =
  'The batches of this run mix classes. The γ of a step is shared equally by the examples of its batch, so that steps are told ' +
  'apart, but hardly classes or single examples: what a class gets mostly says how many examples it has. Training with ' +
  '--sampler single-class attributes each step to one class.';
