import type { Kernel } from './kernel.js';

/** α = 1/r: each point counts by its direction alone. Points at the very same place count nothing. */
export const inverse: Kernel = {
  name: 'inverse',
  summary: '1/distance: every point counts by its direction',
  weight: (distance) => (distance > 0 ? 1 / distance : 0),
};
