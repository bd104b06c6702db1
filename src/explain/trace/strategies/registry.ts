/** The ways to project steps. To add one: a file, and a line here. */
import type { LayerMatrix } from '../layer-matrix.js';
import { apply } from './apply.js';
import { gram } from './gram.js';
import type { Strategy } from './strategy.js';

/** Every way; of equally cheap ones the first is taken. */
export const STRATEGIES: readonly Strategy[] = [apply, gram];

/** The cheapest way for a layer. */
export function strategyFor(matrix: LayerMatrix): Strategy {
  return STRATEGIES.reduce((best, next) => (next.cost(matrix) < best.cost(matrix) ? next : best));
}
