/** Reads off every command what completion has to know; the build writes it down. */
import yargs from 'yargs';
import { allCommands, SUMMARIES } from '../commands/registry.js';
import type { AnyCommand } from '../command.js';
import { flagNames } from '../groups.js';
import type { CompletedCommand, CompletedFlag, Completions } from './words.js';

/** What yargs knows of flags and does not publish. */
interface Inside {
  readonly getOptions: () => {
    readonly boolean: readonly string[];
    readonly choices: Readonly<Record<string, readonly (string | number)[]>>;
    readonly default: Readonly<Record<string, unknown>>;
  };
  readonly getGroups: () => Readonly<Record<string, readonly string[]>>;
  readonly getInternalMethods: () => {
    readonly getUsageInstance: () => { readonly getDescriptions: () => Readonly<Record<string, string | undefined>> };
  };
}

/** Flags and choices of all commands. */
export async function completions(): Promise<Completions> {
  const entries = (await allCommands()).map((command) => {
    const name = command.command.split(' ')[0]!;
    return [name, completed(name, command)] as const;
  });
  return Object.fromEntries(entries);
}

function completed(name: string, { builder }: AnyCommand): CompletedCommand {
  const parser = yargs([]).locale('en');
  builder(parser);
  const inside = parser as unknown as Inside;
  const options = inside.getOptions();
  const descriptions = inside.getInternalMethods().getUsageInstance().getDescriptions();
  const choicesOf = (flag: string) => {
    const choices = options.choices[flag]?.map(String);
    return choices ? { choices } : {};
  };
  const flags = flagNames(parser).flatMap((flag): [string, CompletedFlag][] => {
    const takesValue = !options.boolean.includes(flag);
    const about = (descriptions[flag] ?? '').replace('__yargsString__:', '');
    // What is on already can only be switched off.
    const typed = !takesValue && options.default[flag] === true ? `no-${flag}` : flag;
    return [[typed, { about, takesValue, ...choicesOf(flag) }]];
  });
  const [positional] = inside.getGroups()['Positionals:'] ?? [];
  return {
    about: SUMMARIES[name]!,
    flags: Object.fromEntries(flags),
    ...(positional === undefined ? {} : choicesOf(positional)),
  };
}
