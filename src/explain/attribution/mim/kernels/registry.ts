/** The kernels of MIM. To add one: a file beside this one, and a line here. */
import { constant } from './constant.js';
import { gaussian } from './gaussian.js';
import { inverse } from './inverse.js';
import type { Kernel } from './kernel.js';

/** Every kernel by name; the first is the default. */
export const KERNELS = { inverse, gaussian, constant } as const satisfies Readonly<Record<string, Kernel>>;

/** Name of a kernel. */
export type KernelName = keyof typeof KERNELS;
