/** The samplers. To add one: a file beside this one, and a line here. */
import type { Sampler } from './sampler.js';
import { shuffled } from './shuffled.js';
import { singleClass } from './single-class.js';
import { singleInstance } from './single-instance.js';

/** Every sampler by its name on the command line. */
export const SAMPLERS = {
  'single-class': singleClass,
  'single-instance': singleInstance,
  shuffled,
} as const satisfies Record<string, Sampler>;

/** Name of a sampler. */
export type SamplerName = keyof typeof SAMPLERS;
