/** What yargs lets pass: flags without their value, malformed numbers, and flags given twice. */
import { InputError } from '../errors.js';
import { MOST_THREADS } from './options.js';

/** Flags that take several values, and may be repeated. */
const REPEATABLE: ReadonlySet<string> = new Set(['input']);

/** Flags of every command that take a whole number, and the range of it, also where the command has no use for them. */
const WHOLE: Readonly<Record<string, readonly [number, number]>> = {
  seed: [0, Number.MAX_SAFE_INTEGER],
  threads: [1, MOST_THREADS],
};

/**
 * Checks the flags of a command.
 * @param values what they were parsed to, by name
 * @param line the arguments as the user typed them
 * @throws InputError naming the flag
 */
export function checkFlags(values: Readonly<Record<string, unknown>>, line: readonly string[]): void {
  const end = line.indexOf('--');
  const typed = line.slice(0, end < 0 ? undefined : end);
  const flags = new Set<string>();
  typed.forEach((text, i) => {
    const match = /^--([a-z][a-z0-9-]*)(=|$)/.exec(text);
    if (!match) return;
    const flag = match[1]!;
    if (flags.has(flag) && !REPEATABLE.has(flag))
      throw new InputError(`--${flag} is given more than once; give it once`);
    flags.add(flag);
    // `--no-log` is the negation of `log`.
    const value = values[flag] ?? values[flag.replace(/^no-/, '')];
    // yargs takes a flag without a value for one that is not there, and an empty one for 0.
    const given = match[2] === '=' ? text.slice(match[0].length) : typed[i + 1];
    const isMissing = given === undefined || given === '' || (match[2] === '' && given.startsWith('--'));
    if (value === undefined || (isMissing && typeof value !== 'boolean')) {
      throw new InputError(`--${flag}: its value is missing`);
    }
    if (Number.isNaN(value)) throw new InputError(`--${flag}: expected a number`);
    const [least, most] = WHOLE[flag] ?? [];
    if (least === undefined || most === undefined || typeof value !== 'number') return;
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new InputError(`--${flag} ${value}: expected a whole number from ${least} to ${most}`);
    }
  });
}
