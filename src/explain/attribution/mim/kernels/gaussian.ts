import type { Kernel } from './kernel.js';

/** α = exp(−r²/2σ²) with σ the median distance: near points count most. */
export const gaussian: Kernel = {
  name: 'gaussian',
  summary: 'a bell whose width is the median distance: near points count most',
  scale: (distances) => {
    const sorted = Float64Array.from(distances).sort();
    const middle = Math.floor(sorted.length / 2);
    const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
    // Half of the points or more at the same place: any width will do, as long as it is one.
    return median > 0 ? median : 1;
  },
  weight: (distance, scale) => Math.exp(-0.5 * (distance / scale) ** 2),
};
