/** Commands whose work can be divided: `--shard`, and what a shard is a part of. */
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { Engine } from '../engine/engine.js';
import { ENGINE_NAMES, ENGINES, type EngineName } from '../engine/registry.js';
import { InputError } from '../errors.js';
import { readBytes } from '../files.js';
import { join, resolve } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';
import type { Reporting } from '../progress.js';
import { openResultFolder } from '../results/result-folder.js';
import { WHOLE } from '../shards/division.js';
import { computeShard } from '../shards/shard.js';
import { shardCount, whichShard, type ShardChoice } from '../shards/which.js';
import { TOOL } from '../tool.js';
import type { AnyCommand, Command, Context } from './command.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Terminal } from './terminal.js';

/** `--redis`. */
export const REDIS = {
  type: 'string',
  describe: 'Address of the Redis that hands out the parts, such as redis://localhost:6379; REDIS_URL by default',
} as const;

/** Defines a command whose work can be divided: it hands the `division` of its context on to what it calls. */
export function defineDivided<T>(command: Command<T>): Command<T> {
  return { ...command, isDivided: true, builder: (yargs) => shardOptions(command.builder(yargs)) };
}

function shardOptions<T>(yargs: Argv<T>) {
  return yargs
    .option('shard', {
      type: 'string',
      describe:
        'Compute one part of the work, such as 1/8, into the folder --out, with one thread unless --threads says more; merge makes the result of all parts',
    })
    .option('shards', {
      type: 'number',
      describe:
        'How many parts there are, where Kubernetes (an Indexed Job) or Slurm (an array) says which this one is, or an ' +
        'engine has them computed',
    })
    .option('engine', {
      choices: ENGINE_NAMES,
      describe: 'Have the parts computed, and merged, by any number of machines that run the command worker',
    })
    .option('redis', REDIS);
}

/** Flags that say where something goes, how much is said, and who computes it: nothing of a result depends on them. */
const APART = new Set([
  ...[
    'out',
    'force',
    'shard',
    'shards',
    'engine',
    'redis',
    'json',
    'quiet',
    'debug',
    'limits',
    'profile',
    'help',
    'version',
  ],
]);

/**
 * A command and its arguments as words, whatever way they were typed: the same for whatever comes to the same.
 * @param notation of the command, as yargs takes it
 */
export function wordsOf(notation: string, args: Readonly<Record<string, unknown>>): string[] {
  const [name = ''] = notation.split(' ');
  const positional = [...notation.matchAll(/[<[]([\w-]+)(?:\.\.)?[>\]]/g)].map(([, own]) => own!);
  const flags = Object.entries(args).filter(
    ([key, value]) =>
      /^[a-z][a-z0-9-]+$/.test(key) && value !== undefined && !APART.has(key) && !positional.includes(key),
  );
  return [
    name,
    ...positional.flatMap((own) => listed(args[own])),
    ...flags
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, value]) =>
        typeof value === 'boolean'
          ? [value ? `--${key}` : `--no-${key}`]
          : listed(value).map((one) => `--${key}=${one}`),
      ),
  ];
}

const listed = (value: unknown): string[] =>
  value === undefined ? [] : (Array.isArray(value) ? value : [value]).map(String);

/** Does a command's work, or the part of it that was asked for. */
export async function handle(
  { command, handler, isDivided = false }: AnyCommand,
  args: ArgumentsCamelCase<Record<string, unknown>>,
  ui: Terminal,
  context: Context,
): Promise<ExitCode | void> {
  if (!isDivided) {
    if (context.division === WHOLE) return handler(args, ui, context);
    throw new InputError(`${command}: its work cannot be divided, and so nobody has computed shards of it`);
  }
  const { engine, redis, shards, threads = 1 } = args as EngineChoice;
  // By how many threads something is computed, its last bits depend on: in parts it is the same everywhere.
  const shared = { ...args, threads };
  if (engine === undefined && redis !== undefined)
    throw new InputError('--redis: goes with --engine; leave it out, or add one');
  if (engine !== undefined) return submitted(command, shared, await ENGINES[engine]({ redis }), ui, shards);
  const chosen = context.division === WHOLE ? whichShard(args as ShardChoice, process.env) : undefined;
  if (!chosen) return handler(args, ui, context);
  const { out } = args as { readonly out?: string };
  if (out === undefined) throw new InputError('--shard: name a folder for the parts with --out');
  if (args.profile === true)
    throw new InputError('--profile: a shard has no result that it could stand in; leave it out');
  await storeOf(out).checkFolder(out);
  const head = { tool: TOOL, words: wordsOf(command, shared), ...chosen };
  const path = await computeShard(out, head, async (division) =>
    // A shard never gets to its result, so that nothing is written there. A place of its own, on this machine, as a store is tried
    // by putting something into the folder, which other shards are not to see.
    handler({ ...shared, out: join(tmpdir(), `onnx-explain-${randomUUID()}`) }, ui, { ...context, division }),
  );
  ui.verdict(`shard ${chosen.shard} of ${chosen.of}: ${path}`);
  ui.result({ shard: chosen.shard, of: chosen.of, path });
}

/** What is chosen of an engine. */
interface EngineChoice {
  readonly engine?: EngineName | undefined;
  readonly redis?: string | undefined;
  readonly shards?: number | undefined;
  readonly threads?: number | undefined;
}

/** Has a command computed by an engine, and shows what it printed. */
async function submitted(
  command: string,
  args: Readonly<Record<string, unknown>>,
  engine: Engine,
  ui: Terminal,
  shards: number | undefined,
): Promise<ExitCode> {
  const { out, force, json, shard } = args as { out?: string; force?: boolean; json?: boolean; shard?: string };
  if (shard !== undefined)
    throw new InputError('--shard: an engine computes all of them; leave it out, or leave out --engine');
  if (out === undefined) throw new InputError('--engine: name a folder for the result with --out');
  const plan = {
    words: wordsOf(command, args),
    shards: shards === undefined ? undefined : shardCount(shards),
    out: resolve(out),
    folder: process.cwd(),
    flags: (['force', 'quiet'] as const).flatMap((flag) => (args[flag] === true ? [`--${flag}`] : [])),
    // Not only once all has been computed.
    onBegin: async () => openResultFolder(out, { force: force === true }),
  };
  const cancelled = new AbortController();
  const cancel = () => cancelled.abort();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  // A terminal tells this process and the one that started it, which passes it on: it comes twice.
  for (const signal of signals) process.on(signal, cancel);
  const progress = ui.progress(plan.words[0]!);
  const reporting: Reporting = {
    onNotice: (line) => ui.notice(line),
    onProgress: (part, done, total) => progress.update(done, total, part),
  };
  const { code, printed } = await engine.run(plan, reporting, cancelled.signal).finally(() => {
    for (const signal of signals) process.off(signal, cancel);
    progress.end();
  });
  for (const line of printed) ui.verdict(line);
  if (json === true) ui.result(JSON.parse(new TextDecoder().decode(await readBytes(join(out, 'result.json')))));
  return code === EXIT.regression ? EXIT.regression : EXIT.done;
}
