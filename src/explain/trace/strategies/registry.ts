/** The ways to project steps. To add one: a file, and a line here. */
import type { StepMatrix } from '../layer-matrix.js';
import { apply } from './apply.js';
import { gram } from './gram.js';
import { gammaAlone, type Strategy, type StrategyUse } from './strategy.js';

/** Every way; of equally cheap ones the first is taken. */
export const STRATEGIES: readonly Strategy[] = [apply, gram];

/** A way by its name. */
export function strategyNamed(name: string): Strategy {
  return [...STRATEGIES, ...STRATEGIES.map(gammaAlone)].find((strategy) => strategy.name === name)!;
}

/** The cheapest way for a layer. @param useOf what each way is taken for, which may depend on what it keeps of a query */
export function strategyFor(matrix: StepMatrix, useOf: (strategy: Strategy) => StrategyUse): Strategy {
  const cost = (strategy: Strategy) => strategy.cost(matrix, useOf(strategy));
  return STRATEGIES.reduce((best, next) => (cost(next) < cost(best) ? next : best));
}

/** A matrix G for each query is read with every step: up to so many bytes that costs less than applying dense Δ to columns, */
const SMALL_GRADIENTS = 2 ** 26;
/** and with more positions than this anyway, */
const MANY_POSITIONS = 32;
/** unless they would take more memory than this. */
const MOST_GRADIENTS = 2 ** 29;

/** The cheapest way to γ alone. */
export function gammaStrategyFor(
  { units, inputs, positions, size }: StepMatrix,
  { queries, factored }: Omit<StrategyUse, 'steps'>,
): Strategy {
  const bytes = 4 * size * queries;
  const isCheaper = factored
    ? units * inputs < positions * (units + inputs)
    : bytes <= SMALL_GRADIENTS || positions > MANY_POSITIONS;
  return gammaAlone(isCheaper && bytes <= MOST_GRADIENTS ? gram : apply);
}
