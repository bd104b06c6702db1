/** JSON of unknown origin. */
import { oneLine } from '../errors.js';

/**
 * What a JSON text says.
 * @param refused the error to throw for a text that is no JSON, made of the reason: one line, which may quote the text
 */
export function parseJson(text: string, refused: (why: string, cause: unknown) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refused(oneLine(error), error);
  }
}
