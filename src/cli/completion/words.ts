/** What a shell may offer for the word that somebody is typing. */

/** A flag, as far as completion goes. */
export interface CompletedFlag {
  readonly about: string;
  /** Whether a value follows. */
  readonly takesValue: boolean;
  /** The values it can have, where these are few. */
  readonly choices?: readonly string[];
}

/** A command, as far as completion goes. */
export interface CompletedCommand {
  readonly about: string;
  readonly flags: Readonly<Record<string, CompletedFlag>>;
  /** What its positional argument can be, where that is no file. */
  readonly choices?: readonly string[];
}

/** Every command by its name; the build writes it down, so that completing a word loads no command. */
export type Completions = Readonly<Record<string, CompletedCommand>>;

/** A word to offer, and what it means. */
export interface Offer {
  readonly word: string;
  readonly about: string;
}

/**
 * Words that the last one may become: names of commands, then flags and their choices. None where a file, a number or a name
 * of the user's own is expected: shells then offer files.
 * @param words what was typed behind the name of the program; the last one may be empty, or not whole
 */
export function offers(commands: Completions, words: readonly string[]): Offer[] {
  // bash takes `--flag=value` for three words, the last of which is still `=` where no value has begun.
  const typed = words.at(-1) === '=' ? [...words, ''] : words;
  const current = typed.at(-1) ?? '';
  const before = typed.slice(0, -1).filter((word) => word !== '=');
  return candidates(commands, before, current).filter(({ word }) => word.startsWith(current));
}

function candidates(commands: Completions, before: readonly string[], current: string): Offer[] {
  const [name] = before;
  if (name === undefined) {
    const names = Object.entries(commands).map(([word, { about }]) => ({ word, about }));
    return [...names, { word: '--help', about: 'Show help' }, { word: '--version', about: 'Show version number' }];
  }
  const command = Object.hasOwn(commands, name) ? commands[name]! : undefined;
  if (!command) return [];
  const flag = flagOf(command, before.at(-1)!);
  if (flag?.takesValue) return choices(flag.choices);
  // zsh takes the same for one word.
  const [, begun] = /^(--[^=]+)=/.exec(current) ?? [];
  if (begun !== undefined) return choices(flagOf(command, begun)?.choices, `${begun}=`);
  if (!current.startsWith('-')) return choices(command.choices);
  return Object.entries(command.flags)
    .filter(([flagName]) => !before.includes(`--${flagName}`))
    .map(([flagName, { about }]) => ({ word: `--${flagName}`, about }));
}

function choices(words: readonly string[] = [], begun = ''): Offer[] {
  return words.map((word) => ({ word: `${begun}${word}`, about: '' }));
}

function flagOf({ flags }: CompletedCommand, word: string): CompletedFlag | undefined {
  const name = word.slice(2);
  return word.startsWith('--') && Object.hasOwn(flags, name) ? flags[name] : undefined;
}
