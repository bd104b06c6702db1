/** How much |φ| differs between the units of a layer. */

/**
 * Gini coefficient of the magnitudes: 0 where all units have the same influence, towards 1 where few have it all. It has
 * no unit, so that layers of different sizes and scales can be compared.
 */
export function spreadOf(phi: ArrayLike<number>): number {
  const sizes = Float64Array.from(phi, Math.abs).sort();
  const count = sizes.length;
  let [total, ranked] = [0, 0];
  for (let i = 0; i < count; i++) {
    total += sizes[i]!;
    ranked += (2 * (i + 1) - count - 1) * sizes[i]!;
  }
  return total > 0 ? ranked / (count * total) : 0;
}
