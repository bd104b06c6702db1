/** `--class-weights` as text. */
import { InputError } from '../errors.js';
import type { ClassWeights } from '../train/sample-weights.js';

/**
 * Weights of classes: `balanced`, one for each class as `1,2,0.5`, some by number or name as `0:2,cat:0.5`, or either of the
 * last two as JSON.
 * @throws InputError naming the flag
 */
export function parseClassWeights(text: string | undefined): ClassWeights | undefined {
  if (text === undefined || text === 'balanced') return text;
  const given = /^\s*[[{]/.test(text) ? json(text) : list(text);
  const numbers = Array.isArray(given) ? given : given && typeof given === 'object' ? Object.values(given) : [];
  if (numbers.length === 0 || !numbers.every((value) => typeof value === 'number' && !Number.isNaN(value))) {
    throw new InputError(
      `--class-weights ${text}: expected balanced, a weight for each class as 1,2,0.5, or some as 0:2,3:0.5`,
    );
  }
  return given as ClassWeights;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `1,2` as a list, `0:2,cat:0.5` as an object; a name may hold colons, and what is mixed is neither. */
function list(text: string): unknown {
  const parts = text.split(',');
  if (!text.includes(':')) return parts.map(numberOf);
  return Object.fromEntries(
    parts.map((part) => {
      const at = part.lastIndexOf(':');
      return [part.slice(0, at).trim(), at < 0 ? NaN : numberOf(part.slice(at + 1))];
    }),
  );
}

function numberOf(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}
