/** The units of a layer that matter most. */

/**
 * The units with the largest |φ|, largest first; of equal ones the first.
 * @param share of all units, 0 to 1; at least one unit is taken
 */
export function topUnits(phi: ArrayLike<number>, share: number): Int32Array {
  const order = Int32Array.from({ length: phi.length }, (_, i) => i);
  const size = Float64Array.from(phi, Math.abs);
  order.sort((a, b) => size[b]! - size[a]! || a - b);
  return order.slice(0, Math.max(1, Math.round(share * phi.length)));
}

/** Activations of some units, zeros elsewhere. */
export function only(activations: Float32Array, units: Iterable<number>): Float32Array {
  const kept = new Float32Array(activations.length);
  for (const unit of units) kept[unit] = activations[unit]!;
  return kept;
}

/** The unit with the largest activation. */
export function largestUnit(activations: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < activations.length; i++) if (activations[i]! > activations[best]!) best = i;
  return best;
}
