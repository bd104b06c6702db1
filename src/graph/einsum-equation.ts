/** Einsum equations, with every axis named. */

/** Which label stands for each axis. */
export interface Equation {
  readonly operands: readonly (readonly string[])[];
  readonly result: readonly string[];
}

const ELLIPSIS = '...';
const LETTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/**
 * Reads an equation; an ellipsis becomes letters that it does not use, and the result is written out where it is left to
 * the rule (labels that occur once, in alphabetical order).
 * @param ranks number of axes of each operand
 */
export function parseEquation(text: string, ranks: readonly number[]): Equation {
  const [left = '', right] = text.replace(/\s/g, '').split('->');
  const terms = left.split(',');
  const explicit = new Set(LETTERS.filter((letter) => text.includes(letter)));
  const ellipsisRanks = terms.map((term, i) =>
    term.includes(ELLIPSIS) ? ranks[i]! - term.replace(ELLIPSIS, '').length : 0,
  );
  const free = LETTERS.filter((letter) => !explicit.has(letter)).slice(0, Math.max(0, ...ellipsisRanks));
  const labels = (term: string, count: number) => [
    ...term.replace(ELLIPSIS, () => free.slice(free.length - count).join('')),
  ];
  const operands = terms.map((term, i) => labels(term, ellipsisRanks[i]!));
  if (right !== undefined) return { operands, result: labels(right, free.length) };
  const occurrences = operands.flat();
  const once = [...explicit].filter((letter) => occurrences.filter((label) => label === letter).length === 1);
  return { operands, result: [...free, ...once.sort((a, b) => (a < b ? -1 : 1))] };
}
