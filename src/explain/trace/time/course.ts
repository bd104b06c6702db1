/** How γ of a layer came about over the steps, by the class of their batches. */
import type { TraceCourse } from '../../../results/trace.js';
import { shortNumber } from '../../../numeric/short-number.js';
import { chosenSteps } from './chosen-steps.js';

/** More points than this are not told apart in a curve of a page. */
const MOST_POINTS = 48;

/** Sums of γ so far. */
interface SumsSoFar {
  /** By class of the batch. */
  readonly classes: ArrayLike<number>;
  /** Of batches of several classes. */
  readonly mixed: number;
}

/** Notes the sums at some of the steps. */
export interface Course {
  /** After each step, in order. */
  note(step: number, sums: SumsSoFar): void;
  finish(): TraceCourse;
}

/**
 * Begins a course.
 * @param classes whose sums are noted
 */
export function createCourse(lastStep: number, classes: readonly number[]): Course {
  const steps = chosenSteps(lastStep, MOST_POINTS);
  const noted = classes.map((): number[] => []);
  const mixed: number[] = [];
  return {
    note: (step, sums) => {
      if (step !== steps[mixed.length]) return;
      classes.forEach((name, i) => noted[i]!.push(shortNumber(sums.classes[name] ?? 0)));
      mixed.push(shortNumber(sums.mixed));
    },
    finish: () => ({
      steps,
      // Batches of several classes, and classes that no batch is of, leave sums at 0 that nobody has to store.
      classes: classes.map((name, i) => ({ class: name, gamma: noted[i]! })).filter(({ gamma }) => gamma.some(isSome)),
      mixed: mixed.some(isSome) ? mixed : undefined,
    }),
  };
}

const isSome = (value: number) => value !== 0;
