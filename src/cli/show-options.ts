/** Options in messages: the library writes `inputShape`, and who types commands reads --input-shape. */
import yargs from 'yargs';
import type { AnyCommand } from './command.js';
import { COMMANDS } from './commands/registry.js';

/** Options that the library calls by another name. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['learningRate', 'lr'],
  ['learningRateFactor', 'lr-factor'],
  ['learningRateSteps', 'lr-steps'],
]);

/** Shows option names in backquotes as they are typed; whatever is no option of any command stays as it is. */
export function showOptions(text: string): string {
  return text.replace(/`([a-z][A-Za-z]*)`/g, (quoted, name: string) => {
    const option = OTHER_NAMES.get(name) ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return optionNames().has(option) ? `--${option}` : quoted;
  });
}

let known: ReadonlySet<string> | undefined;

/** Names of the options of all commands. */
function optionNames(): ReadonlySet<string> {
  known ??= new Set(COMMANDS.flatMap(namesOf));
  return known;
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
