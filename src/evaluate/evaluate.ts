/** Judges methods that value training examples by training again. */
import type { Classifier } from '../classifier/classifier.js';
import type { Dataset } from '../data/dataset.js';
import { InputError } from '../errors.js';
import type { Reporting } from '../progress.js';
import { openReplay, type ReplayRequest } from '../replay/recorded.js';
import { shortOfMemory } from '../replay/room.js';
import { assembleResult } from '../results/assemble.js';
import { accuracyOn } from '../results/accuracy.js';
import type { EvaluateResult } from '../results/evaluate.js';
import { openBench, type BenchOptions } from './bench.js';
import { checkLastLayer } from './methods/last-layer.js';
import type { Figure } from './figures.js';
import type { EvaluatedMethod } from './methods/method.js';
import { EVALUATED_METHODS } from './methods/registry.js';
import { forQueries } from './protocols/protocol.js';
import { PROTOCOLS, type ProtocolName } from './protocols/registry.js';
import { inFull, PartComputed, WHOLE, type Division } from '../shards/division.js';
import { drawQueries } from './queries.js';

/** How methods are judged. */
export interface EvaluateOptions extends BenchOptions {
  readonly protocols: readonly ProtocolName[];
  /** Names of the methods. */
  readonly methods: readonly string[];
  /** Examples of the test split whose decisions are explained. */
  readonly queries: number;
}

/** All methods by all protocols, at a size that takes minutes. */
export const EVALUATE_DEFAULTS: EvaluateOptions = {
  protocols: Object.keys(PROTOCOLS) as ProtocolName[],
  methods: Object.keys(EVALUATED_METHODS),
  queries: 40,
  keep: [0.5, 0.9],
  subsets: 50,
  freshOrder: false,
  removals: 10,
  noise: 0.1,
  seed: 0,
};

/** Test examples whose mean loss label errors are judged by. */
const HELD_OUT = 500;

/** Fewer subsets rank nothing. */
const FEWEST_SUBSETS = 4;

/** A run, and how it is judged. */
export interface EvaluateRequest extends Reporting {
  readonly run: Omit<ReplayRequest, 'memory'>;
  /** Normalises what it is fed. */
  readonly classifier: Classifier;
  readonly options: EvaluateOptions;
  /** Bytes that states of past steps, cotangents and effects may take. */
  readonly memory: number;
  /** Which trainings and effects are computed here; all by default. */
  readonly division?: Division | undefined;
  /** What the result says of where it comes from. */
  readonly provenance: Pick<EvaluateResult, 'model' | 'data' | 'options' | 'classNames'>;
}

/**
 * Checks options before anything costly.
 * @throws InputError naming the first that makes no sense
 */
export function checkEvaluation(options: EvaluateOptions): void {
  const { protocols, methods, queries, keep, subsets, removals, noise } = options;
  const known = (name: string, of: object, option: string) => {
    if (Object.hasOwn(of, name)) return;
    throw new InputError(`\`${option}\` ${name}: choose of ${Object.keys(of).join(', ')}`);
  };
  const whole = (value: number, option: string, least: number) => {
    if (Number.isSafeInteger(value) && value >= least) return;
    throw new InputError(`\`${option}\` ${value}: expected a whole number from ${least}`);
  };
  const between = (value: number, option: string) => {
    if (!(value > 0 && value < 1)) throw new InputError(`\`${option}\` ${value}: expected a share between 0 and 1`);
  };
  if (protocols.length === 0) throw new InputError('`protocol`: name at least one');
  if (methods.length === 0) throw new InputError('`methods`: name at least one');
  protocols.forEach((name) => known(name, PROTOCOLS, 'protocol'));
  methods.forEach((name) => known(name, EVALUATED_METHODS, 'methods'));
  whole(queries, 'queries', 1);
  whole(subsets, 'subsets', FEWEST_SUBSETS);
  whole(removals, 'removals', 1);
  if (keep.length === 0) throw new InputError('`keep`: name at least one share');
  keep.forEach((share) => between(share, 'keep'));
  between(noise, 'noise');
}

/** What of the memory a replay may take; the rest is for cotangents and effects. */
const REPLAY_SHARE = 0.4;

/**
 * Judges methods on a run.
 * @throws InputError when the run cannot be replayed, has no test split, or the effects would not fit in memory
 */
export async function evaluate(request: EvaluateRequest): Promise<EvaluateResult> {
  const { classifier, options, memory, provenance, division = WHOLE, onNotice, onProgress } = request;
  checkEvaluation(options);
  const began = performance.now();
  const { train, test } = request.run;
  if (!test) throw new InputError('evaluate asks about test examples: add a test split to the data');
  const protocols = unique(options.protocols).map((name) => PROTOCOLS[name]);
  const methods = unique(options.methods).map((name) => EVALUATED_METHODS[name]!);
  checkSize(options.queries, methods, train, memory);
  const layered = methods.flatMap(({ name, ofLastLayer }) => (ofLastLayer ? [name] : []));
  checkLastLayer(classifier, layered, request.run.manifest.model.path);
  if (layered.length > 0 && request.run.sampleWeights?.some((weight) => weight !== 1)) {
    onNotice?.(`the run has weights of its examples; ${layered.join(', ')} take every example to weigh 1`);
  }
  const queries = await drawQueries(classifier, test, options.queries, options.seed);
  const heldOut = await drawQueries(classifier, test, Math.max(HELD_OUT, options.queries), options.seed);

  const { steps } = request.run.manifest;
  const facts = { queries: queries.labels.length, methods, options };
  const asked = protocols.some(({ needsEffects }) => needsEffects) ? forQueries(methods) : [];
  const trainings =
    1 +
    asked.reduce((sum, method) => sum + method.cost(facts.queries), 0) +
    protocols.reduce((sum, protocol) => sum + protocol.cost(facts), 0);
  const total = trainings * steps;
  let done = 0;
  let what = 'replaying';
  const onWork = (more: number) => onProgress?.(what, Math.round(Math.min(total, (done += more))), Math.round(total));

  const run = { ...request.run, memory: REPLAY_SHARE * memory };
  const replay = await openReplay(run, onWork);
  try {
    const short = shortOfMemory(memory, { ...replay.room, least: replay.room.least / REPLAY_SHARE });
    if (short !== undefined) onNotice?.(short);
    const bench = await openBench({
      run,
      classifier,
      replay,
      queries,
      heldOut,
      methods,
      options,
      division,
      memory: 0.2 * memory,
      onWork,
      onNotice,
    });
    try {
      const figures: Figure[] = [];
      await inFull([
        ...asked.map((method) => async () => {
          what = method.name;
          await bench.effects(method);
        }),
        ...protocols.map((protocol) => async () => {
          what = protocol.name;
          figures.push(...(await protocol.figures(bench)));
        }),
      ]);
      if (division.kind === 'shard') throw new PartComputed();
      const right = bench.predicted.filter((target, q) => target === queries.labels[q]).length;
      return assembleResult('evaluate', {
        ...provenance,
        protocols: protocols.map(({ name, asks, unit }) => ({ name, asks, unit })),
        methods: methods.map(({ name, says }) => ({ name, says })),
        fits: [...bench.fits],
        trainingExamples: train.length,
        queries: [...queries.indices],
        queryOrigins: Array.from(queries.indices, (index) => test.origin(index)),
        accuracy: right / queries.labels.length,
        chance: accuracyOn({ split: 'test', labels: queries.labels }, 0)?.chance,
        steps,
        drift: replay.drift,
        seconds: (performance.now() - began) / 1000,
        figures: figures.map((found) => ({ ...found, interval: found.interval && [...found.interval] })),
      });
    } finally {
      await bench.release();
    }
  } finally {
    await replay.release();
  }
}

function checkSize(queries: number, methods: readonly EvaluatedMethod[], { length }: Dataset, memory: number): void {
  const bytes = 8 * queries * length * methods.length;
  const room = 0.2 * memory;
  if (bytes <= room) return;
  const fitting = Math.floor(room / (8 * length * methods.length));
  throw new InputError(
    `\`queries\` ${queries}: effects of ${methods.length} methods on ${length} examples take ${Math.ceil(bytes / 2 ** 20)} MB; ` +
      (fitting > 0 ? `ask ${fitting}, ` : '') +
      `name fewer \`methods\`, or set \`memory\` to ${Math.ceil((5 * bytes) / 2 ** 20)}`,
  );
}

const unique = <T>(names: readonly T[]): T[] => [...new Set(names)];
