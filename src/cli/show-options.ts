/** Options in messages: the library writes `inputShape`, and who types commands reads --input-shape. */
import { readFileSync } from 'node:fs';

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

/** Names of the options of all commands, as the build wrote them down: a message may name one of a command that is not loaded. */
function optionNames(): ReadonlySet<string> {
  known ??= new Set(JSON.parse(readFileSync(new URL('./option-names.json', import.meta.url), 'utf8')) as string[]);
  return known;
}
