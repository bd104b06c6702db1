/** What the positions of examples of text are called: the tokens that were embedded. */
import type { Notice } from '../../progress.js';
import { printable, shapeText } from '../printable.js';
import { isText, type NpyArray } from './decode.js';

/** Longest token that is shown whole. */
const LONGEST = 60;

/**
 * The tokens of each example, in reading order; a place that is only padding holds an empty one.
 * @param array text, `[length, positions]`; any other is left out, with a word to the user
 * @param length number of examples
 * @param shape of an example: one of its axes has the positions
 */
export function tokensIn(
  { shape: dims, data }: NpyArray,
  where: string,
  length: number,
  shape: readonly number[],
  notice: Notice,
): ((index: number) => readonly string[]) | undefined {
  const [rows, positions = 0] = dims;
  if (!isText(data) || dims.length !== 2 || rows !== length || !shape.includes(positions)) {
    notice(
      `${where}: left out, ${isText(data) ? 'text' : 'numbers'} of shape ${shapeText(dims)}; tokens are text, one for each of the ` +
        `positions of ${length} examples of ${shapeText(shape)}`,
    );
    return undefined;
  }
  if (shape.filter((size) => size === positions).length > 1) {
    notice(
      `${where}: left out, as more than one axis of ${shapeText(shape)} has ${positions} places, and none says that it is the tokens'`,
    );
    return undefined;
  }
  return (index) => data.slice(index * positions, (index + 1) * positions).map((token) => printable(token, LONGEST));
}
