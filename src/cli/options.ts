/** Flags that commands share, and how their texts become values. */
import type { Argv } from 'yargs';
import type { InterfaceChoice } from '../classifier/open.js';
import { parsePosition } from '../classifier/position.js';
import { readClassNames } from '../data/class-names.js';
import type { Size } from '../data/dataset.js';
import type { Preprocessing } from '../data/preprocessing.js';
import { InputError } from '../errors.js';
import { nodeRuntime } from '../runtime/node.js';
import type { Runtime } from '../runtime/runtime.js';

/** Flags of every command, so that a script may give them to all; what has no use for one takes it all the same. */
export function commonOptions<T>(yargs: Argv<T>) {
  return yargs
    .option('seed', { type: 'number', describe: 'Seed of all random numbers; 0 by default' })
    .option('json', { type: 'boolean', default: false, describe: 'Print the result as JSON on stdout' })
    .option('quiet', { type: 'boolean', default: false, describe: 'Print the verdict only, in a line or two' })
    .option('debug', {
      type: 'boolean',
      default: false,
      describe: 'Tell what becomes of the model pass by pass, and where an error comes from',
    })
    .option('limits', {
      type: 'boolean',
      default: true,
      describe: 'End what takes more time to understand than a model of its size is worth; --no-limits goes on',
    })
    .option('threads', {
      type: 'number',
      describe:
        'Threads for computing, at most one per core; all cores by default. train takes as many as it is given, and what ' +
        'trains a run again takes as many as trained it',
    })
    .option('execution-provider', {
      type: 'string',
      default: 'cpu',
      describe: 'Where ONNX Runtime computes: cpu, webgpu (graphics processors of any maker), …',
    });
}

/** Flags of commands that write a folder; without a default the folder must be named. */
export function outputOptions<T>(yargs: Argv<T>, folder?: string) {
  const required =
    folder === undefined ? { demandOption: true as const } : { demandOption: true as const, default: folder };
  return yargs
    .option('out', { type: 'string', ...required, describe: 'Folder for the results, or s3://bucket/folder' })
    .option('force', { type: 'boolean', default: false, describe: 'Write into a folder that is not empty' });
}

/** Flags that say how data are read, and how images become inputs of the model. */
export function readingOptions<T>(yargs: Argv<T>) {
  return yargs
    .option('resize', { type: 'string', describe: 'Bring images to WIDTHxHEIGHT pixels, such as 32x32' })
    .option('channels', { type: 'number', choices: [1, 3], describe: 'Make images grey (1) or RGB (3)' })
    .option('mean', {
      type: 'string',
      describe: 'Pixels are fed as (x/255 - mean)/std; one number, or one per channel',
    })
    .option('std', {
      type: 'string',
      describe: 'See --mean; both default to what the model’s metadata say, else 0 and 1',
    })
    .option('label-column', {
      type: 'string',
      describe: 'The column of a table that holds the labels; label, class, target or y by default',
    })
    .option('class-names', {
      type: 'string',
      describe: 'File with what the classes are called, in the order of their numbers: one a line, or JSON',
    });
}

/** The parsed flags of {@link readingOptions}. */
export interface ReadingArguments {
  readonly resize?: string | undefined;
  readonly channels?: number | undefined;
  readonly mean?: string | undefined;
  readonly std?: string | undefined;
  readonly labelColumn?: string | undefined;
  readonly classNames?: string | undefined;
}

/** What {@link readingOptions} say. @throws InputError for a text that makes no sense, and a file that cannot be read */
export async function readingFrom(args: ReadingArguments): Promise<Preprocessing> {
  return {
    resize: parseSize(args.resize),
    channels: args.channels as 1 | 3 | undefined,
    mean: parseNumbers(args.mean, '--mean'),
    std: parseNumbers(args.std, '--std'),
    labelColumn: args.labelColumn,
    classNames: args.classNames === undefined ? undefined : await readClassNames(args.classNames),
  };
}

/** `--input`: what is explained. */
export const INPUT = {
  type: 'string',
  array: true,
  describe:
    'Image files, folders of them, and examples of data sets as <data>@3, <data>@0-9; all words up to the next option',
} as const;

/** `--map`. */
export const MAP = {
  type: 'boolean',
  default: true,
  describe:
    'Place training examples and inputs in a plane, by what the last layer sees of them; --no-map leaves it out',
} as const;

/** `--input-split`. */
export const INPUT_SPLIT = {
  choices: ['train', 'test'],
  default: 'test',
  describe: 'Split that the indices of --input count in',
} as const;

/** The flag that says what a model leaves open of its input. */
export function inputShapeOption<T>(yargs: Argv<T>) {
  return yargs.option('input-shape', {
    type: 'string',
    describe: 'Shape of one example, where the model leaves it open and no data tell it: 3,32,32',
  });
}

/** Flags that say how a model takes examples, and where it gives its class scores. */
export function interfaceOptions<T>(yargs: Argv<T>) {
  return inputShapeOption(yargs)
    .option('output', { type: 'string', describe: 'Output of the model that holds the class scores; found by default' })
    .option('at', {
      type: 'string',
      describe: 'Position whose scores are meant where the output has many (a time step, a pixel), such as 16,16',
    });
}

/** The parsed flags of {@link interfaceOptions}. */
export interface InterfaceArguments {
  readonly inputShape?: string | undefined;
  readonly output?: string | undefined;
  readonly at?: string | undefined;
}

/** What {@link interfaceOptions} say. @throws InputError for a shape or position that makes no sense */
export function interfaceChoice({ inputShape, output, at }: InterfaceArguments): InterfaceChoice {
  return { inputShape: parseShape(inputShape), output, at: at === undefined ? undefined : parsePosition(at) };
}

/** What {@link inputShapeOption} says. @throws InputError for a text that is not a list of numbers */
export function parseShape(text: string | undefined): number[] | undefined {
  return parseNumbers(text, '--input-shape');
}

/** More are a slip of the finger. */
export const MOST_THREADS = 1024;

/**
 * The runtime that a command computes with.
 * @throws InputError for a senseless number of threads
 */
export function runtimeFor(args: { threads?: number | undefined; executionProvider?: string }): Runtime {
  const { threads, executionProvider = 'cpu' } = args;
  if (threads !== undefined && (!Number.isSafeInteger(threads) || threads < 1 || threads > MOST_THREADS)) {
    throw new InputError(`--threads ${threads}: expected a whole number from 1 to ${MOST_THREADS}`);
  }
  const providers = executionProvider === 'cpu' ? ['cpu'] : [executionProvider, 'cpu'];
  return nodeRuntime({ executionProviders: providers, threads });
}

/** WIDTHxHEIGHT. @throws InputError naming the flag */
export function parseSize(text: string | undefined): Size | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(text);
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || width < 1 || height < 1) throw new InputError(`--resize ${text}: expected WIDTHxHEIGHT, such as 32x32`);
  return { width, height };
}

/** A comma-separated list of numbers, which may be fractions such as 1/255. @throws InputError naming the flag */
export function parseNumbers(text: string | undefined, flag: string): number[] | undefined {
  if (text === undefined) return undefined;
  const values = text.split(',').map(parseFraction);
  if (values.some((value) => !Number.isFinite(value))) {
    throw new InputError(`${flag} ${text}: expected numbers separated by commas`);
  }
  return values;
}

function parseFraction(text: string): number {
  const [, above, below = '1'] = /^\s*([^\s/]+)\s*(?:\/\s*([^\s/]+)\s*)?$/.exec(text) ?? [];
  return above === undefined ? NaN : Number(above) / Number(below);
}

/** Takes a comma-separated list apart; undefined stays undefined. */
export function parseList(text: string | undefined): string[] | undefined {
  return text
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** The methods that --method names. @throws InputError when none is named */
export function parseMethods(text: string, known: readonly string[]): string[] {
  const names = parseList(text)!;
  if (names.length === 0) throw new InputError(`--method: name one of ${known.join(', ')}`);
  return names;
}
