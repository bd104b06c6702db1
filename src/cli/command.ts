/** The shape of a command. */
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';

/** Defines a command; the types of its flags follow from how they are declared. */
export function defineCommand<T>(command: {
  /** Name and positional arguments, in yargs' notation. */
  readonly command: string;
  readonly describe: string;
  readonly builder: (yargs: Argv) => Argv<T>;
  readonly handler: (args: ArgumentsCamelCase<T>) => Promise<void>;
}): CommandModule<object, T> {
  return command;
}
