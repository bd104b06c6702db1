/**
 * The lowerings of a convolution and of its gradients. None is best everywhere; which one serves a layer follows from the
 * layer's sizes alone, so that training is reproducible to the bit. Costs are fitted to `scripts/bench/conv-lowerings.ts`.
 *
 * What a training chooses among is part of its result: runs of earlier builds come again to the bit by the table that they
 * were trained with. So a table that a build has trained with stays as it is, and what is faster is one more.
 */
import { InputError } from '../../errors.js';
import { FIRST } from './first.js';
import type { Lowerings } from './geometry.js';
import { SECOND } from './second.js';

/** By generation, from 1. */
const GENERATIONS: readonly Lowerings[] = [FIRST, SECOND];

/** The generation that new trainings choose from. */
export const NEWEST_LOWERINGS = GENERATIONS.length;

/**
 * The lowerings of a generation, from 1.
 * @throws InputError for one that this build does not know
 */
export function loweringsOf(generation: number): Lowerings {
  const found = GENERATIONS[generation - 1];
  if (found) return found;
  throw new InputError(
    `the training computes convolutions in a way that came after this version (\`lowerings\` ${generation}; it knows ${NEWEST_LOWERINGS}): use the version that it was trained with`,
  );
}

/** Those that new trainings, and graphs that no training is made of, choose from. */
export const NEWEST: Lowerings = SECOND;
