/** Which steps are measured, and which of them are shown. */
import { InputError } from '../../errors.js';

/** Steps that are measured where nobody says how many. */
const USUAL = 100;

/** Maps of a strip. */
const FRAMES = 25;

/** Every how many steps a run is measured by default: so that there are about a hundred. */
export function usualSpacing(steps: number): number {
  return Math.max(1, Math.round(steps / USUAL));
}

/**
 * Step 0, every so many steps, and the last one.
 * @throws InputError where the run has fewer steps than lie between two measured ones
 */
export function measuredSteps(steps: number, every: number): number[] {
  if (!Number.isSafeInteger(every) || every < 1) {
    throw new InputError(`\`every\` ${every}: expected a whole number from 1`);
  }
  if (every > steps) {
    throw new InputError(`\`every\` ${every}: the run has ${steps} steps only; measure it at least every ${steps}`);
  }
  const measured = Array.from({ length: Math.floor(steps / every) + 1 }, (_, i) => i * every);
  if (measured.at(-1) !== steps) measured.push(steps);
  return measured;
}

/** The measured steps whose maps are kept: more at the start, where maps change most. */
export function shownSteps(measured: readonly number[]): number[] {
  const last = measured.length - 1;
  const places = Array.from({ length: FRAMES }, (_, i) => Math.round(last * (i / (FRAMES - 1)) ** 2));
  return [...new Set(places)].map((place) => measured[place]!);
}
