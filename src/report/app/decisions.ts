/** Decisions as all kinds of results describe them. */

/** A class with its name. */
export interface LabelledClass {
  readonly class: number;
  readonly label: string;
}

/** A class and how probable it is. */
export interface ProbableClass extends LabelledClass {
  readonly probability: number;
}

/** An explained input, and what the model says of it. */
export interface Decision {
  readonly input: string;
  readonly inputFile?: string | undefined;
  readonly inputRow?: number | undefined;
  readonly inputNotes?: Readonly<Record<string, string>> | undefined;
  /** Absent for a mean over many inputs, as is the next. */
  readonly predicted?: ProbableClass | undefined;
  /** Most probable first; a single one is a score and no probability. */
  readonly topClasses?: readonly ProbableClass[] | undefined;
  readonly truth?: LabelledClass | undefined;
  /** Why no share of it can be stated. */
  readonly undecided?: string | undefined;
}

/** Whether a decision is known to be wrong, or right. */
export type Outcome = 'wrong' | 'right' | 'unknown';

/** Whether the model says the true class. */
export function outcomeOf({ predicted, truth }: Decision): Outcome {
  if (!predicted || !truth) return 'unknown';
  return predicted.class === truth.class ? 'right' : 'wrong';
}

/** Whether there is a probability to speak of. */
export const isProbable = ({ topClasses = [] }: Decision): boolean => topClasses.length > 1;

/** The file name of an input, or what it is called where its file holds many. */
export const nameOf = ({ inputFile, inputRow, input }: Decision): string =>
  inputFile !== undefined && inputRow === undefined ? inputFile : input;
