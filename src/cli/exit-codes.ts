/** How a command ends, as a script sees it. */
export const EXIT = {
  done: 0,
  /** `check` only: the new export is not what was accepted. */
  regression: 1,
  /** Wrong usage or bad input, or a result that could not be written: one line says what to mend. */
  badInput: 2,
  /** A fault of ours. */
  bug: 70,
} as const;

/** One of them. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
