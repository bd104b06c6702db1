/** JSON of unknown origin. */
import { oneLine } from '../errors.js';

/** Objects and lists in each other: what we write has a handful of levels. */
const MOST_LEVELS = 500;

/**
 * What a JSON text says.
 * @param refused the error to throw for a text that is no JSON, or nested too deep, made of the reason: one line, which may
 *   quote the text
 */
export function parseJson(text: string, refused: (why: string, cause: unknown) => Error): unknown {
  try {
    const value: unknown = JSON.parse(text);
    checkLevels(text);
    return value;
  } catch (error) {
    throw refused(oneLine(error), error);
  }
}

/**
 * JavaScript reads what is nested deeper, but can neither walk nor write it.
 * @param text valid JSON: brackets stand in texts, or come in pairs
 */
function checkLevels(text: string): void {
  let level = 0;
  let isText = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isText) {
      if (character === '\\') i++;
      else if (character === '"') isText = false;
    } else if (character === '"') isText = true;
    else if (character === '{' || character === '[') level++;
    else if (character === '}' || character === ']') level--;
    if (level > MOST_LEVELS) throw new SyntaxError(`nested more than ${MOST_LEVELS} levels deep`);
  }
}
