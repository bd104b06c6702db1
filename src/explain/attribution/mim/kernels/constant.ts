import type { Kernel } from './kernel.js';

/** α = 1: far points count most, since their differences are largest. */
export const constant: Kernel = { name: 'constant', summary: 'every point counts by its difference', weight: () => 1 };
