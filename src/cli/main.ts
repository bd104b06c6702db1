#!/usr/bin/env node
/** The command line: finds the command, and turns errors into one line and an exit code. */
import yargs, { type CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { InputError } from '../errors.js';
import { TOOL } from '../tool.js';
import { checkFlags } from './check-flags.js';
import { COMMANDS } from './commands/registry.js';
import { ERROR_PREFIX } from './terminal.js';

/** Exit codes: design contract of the command line. */
const EXIT = { done: 0, badInput: 2, bug: 70 } as const;

async function main(): Promise<number> {
  // A reader that has seen enough (`| head`) closes the pipe; that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    throw error;
  });
  const parser = yargs(hideBin(process.argv))
    .scriptName(TOOL.name)
    .usage('$0 <command> [options]\n\nWhy did the model learn that?')
    .version(TOOL.version)
    .strict()
    .demandCommand(1, 'name a command, see --help')
    .recommendCommands()
    .check((values) => {
      checkFlags(values, hideBin(process.argv));
      return true;
    })
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .exitProcess(false)
    .fail((message, error) => {
      throw (error as Error | undefined) ?? new InputError(message.replace(/\s+/g, ' '));
    });
  for (const command of COMMANDS) parser.command(command as CommandModule);
  try {
    await parser.parseAsync();
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.done;
  } catch (error) {
    if (error instanceof InputError) {
      process.stderr.write(`${ERROR_PREFIX}${error.message.replace(/\s*\n\s*/g, ' ')}\n`);
      return EXIT.badInput;
    }
    const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${ERROR_PREFIX}a bug of ours, please report it with the command you typed: ${details}\n`);
    return EXIT.bug;
  }
}

process.exitCode = await main();
