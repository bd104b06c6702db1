/** The command line as a function: finds the command, and turns errors into one line and an exit code. */
import yargs from 'yargs';
import { InputError } from '../errors.js';
import { TOOL } from '../tool.js';
import { checkFlags } from './check-flags.js';
import { WHOLE, type Division } from '../shards/division.js';
import type { AnyCommand, Context } from './command.js';
import { handle } from './divided.js';
import { COMMAND_LISTS, commandsFor } from './commands/registry.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { causesOf, showPasses } from './debug.js';
import { describedLists } from './described-list.js';
import { inGroups } from './groups.js';
import { showOptions } from './show-options.js';
import { lossOf, outlet, type Outlet, type Streams } from './streams.js';
import { errorLine, terminal, type Volume } from './terminal.js';

/** Help is no wider than this. */
const WIDEST_HELP = 110;

/**
 * Runs a command. Nothing of the process is touched but the files that the command is about, so many may run in one.
 * @param argv the arguments behind the command's own name
 * @param streams where it writes. Whoever hands them in listens for their `error` events: what cannot be written is dealt
 * with here. A reader that has left is no error; a result that cannot be written otherwise (a full disk) ends with 2.
 * @returns the exit code
 */
export async function run(argv: readonly string[], streams: Streams): Promise<ExitCode> {
  const [stdout, stderr] = [outlet(streams.stdout, showOptions), outlet(streams.stderr, showOptions)];
  const debug = argv.includes('--debug');
  const endDebug = debug ? showPasses(stderr) : undefined;
  const code = await execute(argv, stdout, stderr).catch((error: unknown) => failed(error, stderr, debug));
  endDebug?.();
  const loss = lossOf(await stdout.settled());
  if (loss !== undefined) stderr.line(errorLine(loss));
  await stderr.settled();
  return loss !== undefined && code === EXIT.done ? EXIT.badInput : code;
}

async function execute(
  argv: readonly string[],
  stdout: Outlet,
  stderr: Outlet,
  division: Division = WHOLE,
): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  const width = Math.min(WIDEST_HELP, stdout.width ?? WIDEST_HELP);
  const parser = yargs([...argv])
    .scriptName(TOOL.name)
    .locale('en')
    .usage('$0 <command> [options]\n\nWhy did the model learn that?')
    .epilogue('$0 <command> --help shows the flags of a command, with examples.')
    .version(TOOL.version)
    .strict()
    .demandCommand(1, 'name a command, see --help')
    .recommendCommands()
    .check((values) => {
      checkFlags(values, argv);
      return true;
    })
    .wrap(width)
    .exitProcess(false)
    .fail((message, error: Error | undefined) => {
      // Some of what yargs refuses comes as an error of its own.
      if (error && error.name !== 'YError') throw error;
      throw new InputError(inOurWords(error?.message ?? message, argv));
    });
  const commands = await commandsFor(argv);
  const context: Context = { division, run: (words, other) => execute(words, stdout, stderr, other) };
  for (const each of commands) {
    const { command, describe, builder } = each;
    // Many commands stand in a list of our own; yargs hides what has no description, which its types do not know.
    const shown = commands.length === 1 ? describe : (false as unknown as string);
    parser.command(
      command,
      shown,
      (flags) => inGroups(builder(flags), command),
      async (args) => {
        const ui = terminal(stdout, stderr, args as Volume);
        try {
          code = (await handle(each, args, ui, context)) ?? EXIT.done;
        } finally {
          ui.close();
        }
      },
    );
  }
  // Handed a function, yargs prints nothing of its own: its help comes as text.
  let help = '';
  await parser.parseAsync([...argv], {}, (_error, _args, output) => {
    help = output;
  });
  if (help !== '') stdout.raw(`${withLists(help, commands, width)}\n`);
  return code;
}

/** What yargs refuses, where it can be said better. */
function inOurWords(message: string, argv: readonly string[]): string {
  const hasList = argv.includes('--input');
  if (!message.startsWith('Not enough non-option arguments')) return message.replace(/\s+/g, ' ');
  const mend = hasList ? ', before --input, which takes all words up to the next option' : '';
  return `${argv[0]!}: a name is missing; give it right behind the command${mend} (see ${TOOL.name} ${argv[0]!} --help)`;
}

/** Help with the lists that yargs cannot make: it knows no headings for commands, and breaks lines below a name. */
function withLists(help: string, commands: readonly AnyCommand[], width: number): string {
  const [one, ...others] = commands;
  if (others.length > 0) {
    const options = '\n\nOptions:\n';
    return help.replace(options, () => `\n\n${describedLists(COMMAND_LISTS, width)}${options}`);
  }
  // Asked for its version, yargs answers in one line.
  return one?.lists && help.includes('\n') ? `${help}\n\n${describedLists(one.lists, width)}` : help;
}

function failed(error: unknown, stderr: Outlet, debug: boolean): ExitCode {
  const isOurs = !(error instanceof InputError);
  const message = (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ');
  const hint = debug ? '' : '; --debug tells more';
  stderr.line(
    errorLine(isOurs ? `a bug of ours, please report it with the command you typed${hint}: ${message}` : message),
  );
  if (debug) for (const line of causesOf(error)) stderr.line(line);
  return isOurs ? EXIT.bug : EXIT.badInput;
}
