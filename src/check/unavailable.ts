/** Parts of a measurement that could not be made. */
import { InputError } from '../errors.js';
import { reason } from '../data/printable.js';

/** A part of a measurement, or why there is none. */
export type Measured<T> = { readonly value: T } | { readonly problem: string };

/** Thrown by a rule that cannot be judged; the check reports it, and fails unless the rule is optional. */
export class CouldNotRun extends Error {}

/** Thrown by a rule that has nothing to compare with, because the baseline lacks it; the check says so and leaves the rule out. */
export class NotRecorded extends CouldNotRun {}

/** Makes a part: what cannot be done with this model becomes a word on why, anything else is a fault of ours. */
export async function attempt<T>(make: () => Promise<T>): Promise<Measured<T>> {
  try {
    return { value: await make() };
  } catch (error) {
    if (error instanceof InputError || error instanceof CouldNotRun) return { problem: reason(error) };
    throw error;
  }
}

/** The value of a part. @throws CouldNotRun when there is none */
export function need<T>(part: Measured<T> | undefined, whose: string): T {
  if (!part) throw new CouldNotRun(`${whose} was not measured`);
  if ('problem' in part) throw new CouldNotRun(`${whose}: ${part.problem}`);
  return part.value;
}

/** The value of a part of the baseline. @throws NotRecorded when there is none */
export function needRecorded<T>(part: Measured<T>, whose: string): T {
  if ('problem' in part) throw new NotRecorded(`${whose}: ${part.problem}`);
  return part.value;
}
