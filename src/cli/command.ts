/** The shape of a command. */
import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { Division } from '../shards/division.js';
import type { DescribedLists } from './described-list.js';
import type { ExitCode } from './exit-codes.js';
import type { Terminal } from './terminal.js';

/** What a command is called with beside its arguments. */
export interface Context {
  /** Which part of its work is done here. */
  readonly division: Division;
  /**
   * Runs another command.
   * @param words the command and its arguments
   * @throws InputError as that command does
   */
  readonly run: (words: readonly string[], division: Division) => Promise<ExitCode>;
}

/** A command: its flags, as yargs takes them, and what it does. */
export interface Command<T> {
  /** Name and positional arguments, in yargs' notation. */
  readonly command: string;
  readonly describe: string;
  /** What stands below its flags in --help. */
  readonly lists?: DescribedLists | undefined;
  readonly builder: (yargs: Argv) => Argv<T>;
  /**
   * Does the work.
   * @returns how it ended, `done` by default
   * @throws InputError for what the user can mend
   */
  readonly handler: (args: ArgumentsCamelCase<T>, ui: Terminal, context: Context) => Promise<ExitCode | void>;
  /** Whether its work can be divided; see `defineDivided`. */
  readonly isDivided?: boolean;
}

/** Any command: the types of its flags are its own affair. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- flags of one command are read by its own handler only
export type AnyCommand = Command<any>;

/** Defines a command; the types of its flags follow from how they are declared. */
export function defineCommand<T>(command: Command<T>): Command<T> {
  return command;
}
