/** The units of a layer that matter most. */
import { fallingOrder } from '../../../numeric/order.js';

/**
 * The units with the largest |φ|, largest first; of equal ones the first.
 * @param share of all units, 0 to 1; at least one unit is taken
 */
export function topUnits(phi: ArrayLike<number>, share: number): Int32Array {
  const order = fallingOrder(Float64Array.from(phi, Math.abs));
  return order.slice(0, Math.max(1, Math.round(share * phi.length)));
}

/** Activations of some units, zeros elsewhere. */
export function only(activations: Float32Array, units: Iterable<number>): Float32Array {
  const kept = new Float32Array(activations.length);
  for (const unit of units) kept[unit] = activations[unit]!;
  return kept;
}
