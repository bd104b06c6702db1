/** The commands. To add one: a file beside this one, and a line here. */
import type { AnyCommand } from '../command.js';

/** Loads each command, in the order of --help: what the others need would take longer to load than many a command runs. */
const LOADERS: Readonly<Record<string, () => Promise<AnyCommand>>> = {
  demo: async () => (await import('./demo.js')).demoCommand,
  create: async () => (await import('./create.js')).createCommand,
  inspect: async () => (await import('./inspect.js')).inspectCommand,
  train: async () => (await import('./train.js')).trainCommand,
  trace: async () => (await import('./trace.js')).traceCommand,
  influence: async () => (await import('./influence.js')).influenceCommand,
  evaluate: async () => (await import('./evaluate.js')).evaluateCommand,
  representer: async () => (await import('./representer.js')).representerCommand,
  audit: async () => (await import('./audit.js')).auditCommand,
  attribute: async () => (await import('./attribute.js')).attributeCommand,
  trends: async () => (await import('./trends.js')).trendsCommand,
  check: async () => (await import('./check.js')).checkCommand,
};

/** Names of all commands, in the order of --help. */
export const COMMAND_NAMES: readonly string[] = Object.keys(LOADERS);

/** Every command, in the order of --help. */
export async function allCommands(): Promise<readonly AnyCommand[]> {
  const commands: AnyCommand[] = [];
  // One after the other: they share most of what they load.
  for (const load of Object.values(LOADERS)) commands.push(await load());
  return commands;
}

/** What `argv` may mean: the command that it begins with, or, where it begins with none, every command. */
export async function commandsFor([first]: readonly string[]): Promise<readonly AnyCommand[]> {
  const load = COMMAND_NAMES.includes(first ?? '') ? LOADERS[first!] : undefined;
  return load ? [await load()] : allCommands();
}
