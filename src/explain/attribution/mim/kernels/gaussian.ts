import { median } from '../../../../numeric/statistics.js';
import type { Kernel } from './kernel.js';

/** α = exp(−r²/2σ²) with σ the median distance: near points count most. */
export const gaussian: Kernel = {
  name: 'gaussian',
  summary: 'a bell whose width is the median distance: near points count most',
  scale: (distances) => {
    const width = median(distances);
    // Half of the points or more at the same place: any width will do, as long as it is one.
    return width > 0 ? width : 1;
  },
  weight: (distance, scale) => Math.exp(-0.5 * (distance / scale) ** 2),
};
