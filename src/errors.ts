/** What is wrong with what was given, in parts. */
export interface InputFault {
  /** The file or folder that is at fault. */
  readonly file?: string | undefined;
  /** Where in it, or which value: a line, a node, a field, an option in backquotes with what it was given. */
  readonly place?: string | undefined;
  /** What is wrong there. */
  readonly problem: string;
  /** What to do about it. */
  readonly mend?: string | undefined;
}

/**
 * Wrong usage or bad input: the user can mend it. The command line prints `message` as one line and exits with code 2. Any
 * other error that reaches the top is a bug of ours.
 *
 * The message is `file: place: problem; mend`, of the parts that there are. Options stand in it under their name in the
 * library, in backquotes: `inputShape`; the command line shows them as they are typed there. Names that a message quotes
 * may come from hostile files, so line breaks and other control characters in it become spaces.
 */
export class InputError extends Error implements InputFault {
  override readonly name = 'InputError';
  readonly file: string | undefined;
  readonly place: string | undefined;
  readonly problem: string;
  readonly mend: string | undefined;

  /** @param fault its parts, or only the problem */
  constructor(fault: string | InputFault, options?: ErrorOptions) {
    const { file, place, problem, mend } =
      typeof fault === 'string' ? { problem: fault } : (fault as Partial<InputFault> & { problem: string });
    const where = [file, place, problem].filter((part) => part !== undefined).join(': ');
    super((mend === undefined ? where : `${where}; ${mend}`).replace(/\p{Cc}+/gu, ' '), options);
    this.file = file;
    this.place = place;
    this.problem = problem;
    this.mend = mend;
  }
}

/** ONNX Runtime does not take the model, or cannot run it: the model itself is invalid. */
export class ModelRefused extends InputError {}

/** The message of whatever was thrown, on one line. */
export function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim();
}

/**
 * Does something, and says in which file it was if an InputError comes of it. A file that the error names already becomes the
 * place in this one.
 */
export async function inPlace<T>(file: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof InputError) || error.file === file) throw error;
    const places = [error.file, error.place].filter((part) => part !== undefined);
    const place = places.length > 0 ? places.join(': ') : undefined;
    throw new InputError({ file, place, problem: error.problem, mend: error.mend }, { cause: error });
  }
}
