/** The commands. To add one: a file beside this one, and an entry here. */
import type { AnyCommand } from '../command.js';
import type { DescribedLists } from '../described-list.js';

/** A command, before it is loaded: what the others need would take longer to load than many a command runs. */
interface Entry {
  /** What it does, in a line of `onnx-explain --help`. */
  readonly summary: string;
  readonly load: () => Promise<AnyCommand>;
}

/** Commands under headings, in the order of --help. */
const GROUPS: Readonly<Record<string, Readonly<Record<string, Entry>>>> = {
  Start: {
    demo: {
      summary: 'Train a small network on bundled images, explain three decisions',
      load: async () => (await import('./demo.js')).demoCommand,
    },
    create: {
      summary: 'Make a fresh model with random weights',
      load: async () => (await import('./create.js')).createCommand,
    },
    inspect: {
      summary: 'Show the layers of a model or run; prove a run’s log',
      load: async () => (await import('./inspect.js')).inspectCommand,
    },
    train: {
      summary: 'Train a model and log every update of its weights',
      load: async () => (await import('./train.js')).trainCommand,
    },
  },
  'Explain decisions': {
    trace: {
      summary: 'By the training steps, batches and classes that shaped them',
      load: async () => (await import('./trace.js')).traceCommand,
    },
    influence: {
      summary: 'By what would change without a training example',
      load: async () => (await import('./influence.js')).influenceCommand,
    },
    representer: {
      summary: 'As sums over training points, for any classifier',
      load: async () => (await import('./representer.js')).representerCommand,
    },
    attribute: {
      summary: 'In the input: gradients, Grad-CAM, LRP, layered explanations',
      load: async () => (await import('./attribute.js')).attributeCommand,
    },
  },
  'Judge methods, data, trainings and exports': {
    evaluate: {
      summary: 'Judge ways to value training examples by training again',
      load: async () => (await import('./evaluate.js')).evaluateCommand,
    },
    audit: {
      summary: 'Rank training examples by how likely their label is wrong',
      load: async () => (await import('./audit.js')).auditCommand,
    },
    trends: {
      summary: 'Measure how explanations changed while a network learned',
      load: async () => (await import('./trends.js')).trendsCommand,
    },
    check: {
      summary: 'Gate a new export: does it still compute and reason as before?',
      load: async () => (await import('./check.js')).checkCommand,
    },
  },
  'Beyond one machine': {
    merge: {
      summary: 'Make the result of what --shard has computed in parts',
      load: async () => (await import('./merge.js')).mergeCommand,
    },
    worker: {
      summary: 'Compute parts of commands that were given to an engine',
      load: async () => (await import('./worker.js')).workerCommand,
    },
  },
  'Look at results': {
    report: {
      summary: 'One page of several results, side by side',
      load: async () => (await import('./report.js')).reportCommand,
    },
    serve: {
      summary: 'Show a result, or ask a trained model, in a page on this computer',
      load: async () => (await import('./serve.js')).serveCommand,
    },
  },
  'For the shell': {
    completion: {
      summary: 'Print a script that completes commands and flags as you type',
      load: async () => (await import('./completion.js')).completionCommand,
    },
  },
};

const ENTRIES: Readonly<Record<string, Entry>> = Object.fromEntries(
  Object.values(GROUPS).flatMap(Object.entries<Entry>),
);

/** Names of all commands, in the order of --help. */
export const COMMAND_NAMES: readonly string[] = Object.keys(ENTRIES);

/** What each command does, in a line. */
export const SUMMARIES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(ENTRIES).map(([name, { summary }]) => [name, summary]),
);

/** What each command does, under headings. */
export const COMMAND_LISTS: DescribedLists = Object.fromEntries(
  Object.entries(GROUPS).map(([heading, entries]) => [
    heading,
    Object.fromEntries(Object.keys(entries).map((name) => [name, SUMMARIES[name]!])),
  ]),
);

/** Every command, in the order of --help. */
export async function allCommands(): Promise<readonly AnyCommand[]> {
  const commands: AnyCommand[] = [];
  // One after the other: they share most of what they load.
  for (const { load } of Object.values(ENTRIES)) commands.push(await load());
  return commands;
}

/**
 * What `argv` may mean: the command that it begins with, or, where one stands behind what may be the value of a flag, every
 * command. Where there is none, nothing needs to be loaded: help and mistakes know commands by their names.
 */
export async function commandsFor(argv: readonly string[]): Promise<readonly AnyCommand[]> {
  const [first = ''] = argv;
  if (COMMAND_NAMES.includes(first)) return [await ENTRIES[first]!.load()];
  return argv.some((word) => COMMAND_NAMES.includes(word)) ? allCommands() : COMMAND_NAMES.map(nameOnly);
}

/** A command that nobody calls. */
function nameOnly(command: string): AnyCommand {
  return { command, describe: SUMMARIES[command]!, builder: (yargs) => yargs, handler: () => Promise.resolve() };
}
