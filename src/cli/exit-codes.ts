/** How a command ends, as a script sees it. */
export const EXIT = {
  done: 0,
  /** A gate did not pass: the new export of `check` is not what was accepted, or a condition of `trends --fail-on` is met. */
  regression: 1,
  /** Wrong usage or bad input, or a result that could not be written: one line says what to mend. */
  badInput: 2,
  /** A fault of ours. */
  bug: 70,
} as const;

/** One of them. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
