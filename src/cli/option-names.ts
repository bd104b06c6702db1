/** Names of the options of all commands; the build writes them down, so that messages need not load every command. */
import yargs from 'yargs';
import type { AnyCommand } from './command.js';
import { allCommands } from './commands/registry.js';

/** Every option of any command as it is typed, without its dashes; each once, sorted. */
export async function optionNames(): Promise<string[]> {
  return [...new Set((await allCommands()).flatMap(namesOf))].sort();
}

function namesOf({ builder }: AnyCommand): string[] {
  const parser = yargs([]);
  builder(parser);
  // Not among the published types, but what yargs' own usage page and completion read.
  const { key } = (
    parser as unknown as { getOptions: () => { readonly key: Readonly<Record<string, unknown>> } }
  ).getOptions();
  return Object.keys(key);
}
