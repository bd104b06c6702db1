/**
 * Wrong usage or bad input: the user can mend it. The command line prints `message` as one line and exits with code 2.
 *
 * The message names the file (or flag), the place in it, and the mend. Names that it quotes may come from hostile files,
 * so line breaks and other control characters in it become spaces. Any other error that reaches the top is a bug of ours.
 */
export class InputError extends Error {
  override readonly name = 'InputError';

  constructor(message: string, options?: ErrorOptions) {
    super(message.replace(/\p{Cc}+/gu, ' '), options);
  }
}

/** ONNX Runtime does not take the model, or cannot run it: the model itself is invalid. */
export class ModelRefused extends InputError {}

/** Does something, and puts a place (a file, mostly) in front of the message of an InputError that comes of it. */
export async function inPlace<T>(place: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${place}: ${error.message}`, { cause: error });
  }
}
