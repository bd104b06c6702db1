/** What protocols work with: a run, the queries, effects by method, and training again. */
import type { Classifier } from '../classifier/classifier.js';
import { ofAllExamples, withoutDropped } from '../data/corrections/taking-part.js';
import type { Dataset } from '../data/dataset.js';
import { openOutcome, type Outcome } from '../explain/influence/outcome.js';
import { noEffects, type EffectMatrix } from '../explain/influence/subject.js';
import type { Notice } from '../progress.js';
import { openReplay, type ReplayRequest, type RecordedReplay } from '../replay/recorded.js';
import type { MeasureName } from '../explain/influence/measures.js';
import type { EvaluateFit } from '../results/evaluate.js';
import { PartComputed, WHOLE, type Division } from '../shards/division.js';
import { dividedEffects, type FittedEffects } from './divided-effects.js';
import { openLastLayer, type LastLayer } from './methods/last-layer.js';
import type { EvaluatedMethod, MethodSubject } from './methods/method.js';
import { decided, lossOf, marginOf, meanQuery, queriesFor, scoresOf, type QuerySet } from './queries.js';

/** What protocols are run with. */
export interface BenchOptions {
  /** Shares of the training examples that are kept. */
  readonly keep: readonly number[];
  /** Subsets that are trained on, for each of them. */
  readonly subsets: number;
  /** Also train on the subsets in an order of batches of their own. */
  readonly freshOrder: boolean;
  /** Queries whose strongest supporters are removed. */
  readonly removals: number;
  /** Share of the labels that is flipped. */
  readonly noise: number;
  readonly seed: number;
}

/** A run under test. */
export interface Bench {
  readonly run: ReplayRequest;
  /** Normalises what it is fed. */
  readonly classifier: Classifier;
  readonly replay: RecordedReplay;
  readonly train: Dataset;
  readonly queries: QuerySet;
  /** Test examples whose mean loss label errors are judged by. */
  readonly heldOut: QuerySet;
  /** What the run decides on each query, and the margin of it. */
  readonly predicted: Int32Array;
  readonly margins: Float64Array;
  readonly methods: readonly EvaluatedMethod[];
  readonly options: BenchOptions;
  /** Which trainings and effects are computed here. */
  readonly division: Division;
  /** Effects on the margins, computed once: [queries, examples]. @throws PartComputed in a shard */
  effects(method: EvaluatedMethod): Promise<EffectMatrix>;
  /** What the task that computes these effects is called. */
  effectsTask(method: EvaluatedMethod): string;
  /** Effects on the margins of some queries, as far as they are not known. */
  effectsHere(method: EvaluatedMethod, queries: readonly number[]): Promise<EffectMatrix>;
  /** Trains again. @returns the margin of what the run decides on each query */
  retrained(weights: Float32Array, seed?: number): Promise<Float64Array>;
  /**
   * The same training of something else.
   * @param name what it is called
   * @param changes other labels, other options
   * @param work is handed what trains it, once it is needed
   */
  variant<T>(
    name: string,
    changes: Partial<Pick<ReplayRequest, 'train' | 'options'>>,
    work: (trained: () => Promise<RecordedReplay>) => Promise<T>,
  ): Promise<T>;
  /** Effects by another training: on the margins of the same classes, or on the mean loss over what is held out. */
  effectsBy(
    replay: RecordedReplay,
    train: Dataset,
    method: EvaluatedMethod,
    measure: 'margin' | 'loss',
    queries?: readonly number[],
  ): Promise<FittedEffects>;
  /** The layers that methods fitted so far, each once for every training. */
  readonly fits: readonly EvaluateFit[];
  /** Notes that a layer was fitted. */
  fitted(fit: EvaluateFit | undefined): void;
  /** Is told of work done, in training steps that take as long. */
  work(steps: number): void;
  release(): Promise<void>;
}

/** What a bench is opened with. */
export interface BenchRequest extends Pick<
  Bench,
  'run' | 'classifier' | 'replay' | 'queries' | 'heldOut' | 'methods' | 'options'
> {
  /** Bytes that cotangents may take. */
  readonly memory: number;
  /** All is computed here by default. */
  readonly division?: Division | undefined;
  readonly onWork: (steps: number) => void;
  readonly onNotice?: Notice | undefined;
}

/** What a bench knows of a training. */
interface Training {
  readonly name: string;
  /** Opened when a method first asks for it. */
  lastLayer: Promise<LastLayer> | undefined;
}

/** Opens a bench. */
export async function openBench(request: BenchRequest): Promise<Bench> {
  const { run, classifier, replay, queries, heldOut, options, memory, division = WHOLE, onWork, onNotice } = request;
  const { runtime, train } = run;
  const open = (measure: MeasureName) => openOutcome(classifier, replay.carried, measure, run.options.loss, runtime);
  const outcomes: Record<'margin' | 'loss', Outcome> = { margin: await open('margin'), loss: await open('loss') };
  const marginsAt = async (state: RecordedReplay['final'], targets: Int32Array) =>
    Float64Array.from(await scoresOf(outcomes.margin, classifier, state, queries), (scores, q) =>
      marginOf(scores, targets[q]!),
    );
  const predicted = decided(await scoresOf(outcomes.margin, classifier, replay.final, queries));
  const computed = new Map<string, EffectMatrix>();
  /** Methods whose effects were asked for: a shard computes its part of them once. */
  const parts = new Set<string>();
  const trainings = new Map<RecordedReplay, Training>([[replay, { name: 'the run', lastLayer: undefined }]]);
  const forget = async (of: RecordedReplay) => {
    const opened = trainings.get(of)?.lastLayer;
    trainings.delete(of);
    await opened?.then(
      (last) => last.release(),
      () => undefined,
    );
  };
  const fits: EvaluateFit[] = [];
  const fitted: Bench['fitted'] = (fit) => {
    if (!fit || fits.some(({ method, training }) => method === fit.method && training === fit.training)) return;
    fits.push(fit);
  };
  const effectsBy: Bench['effectsBy'] = async (of, ofTrain, method, measure, asked) => {
    const training = trainings.get(of)!;
    const learnt = withoutDropped(ofTrain);
    const subject: MethodSubject = {
      replay: of,
      classifier,
      runtime,
      outcome: outcomes[measure],
      queries: measure === 'loss' ? [meanQuery(heldOut, classifier)] : chosen(queriesFor(queries, predicted), asked),
      memory,
      onWork,
      train: ofTrain,
      ofLoss: measure === 'loss',
      lastLayer: () => (training.lastLayer ??= openLastLayer({ replay: of, classifier, train: learnt, runtime })),
      onNotice: onNotice && ((line) => onNotice(`${training.name}: ${line}`)),
      seed: options.seed,
    };
    const { layer, ...found } = await method.effects(subject);
    // The last layer sees nothing of examples that were dropped.
    const effects = found.examples === learnt.length ? ofAllExamples(found, learnt, ofTrain.length) : found;
    return layer?.fit ? { ...effects, fit: { method: method.name, training: training.name, layer } } : effects;
  };
  const own = ownEffects((method, asked) => effectsBy(replay, train, method, 'margin', asked));
  return {
    ...request,
    division,
    train,
    predicted,
    margins: await marginsAt(replay.final, predicted),
    effects: async (method) => {
      const known = computed.get(method.name);
      if (known) return known;
      if (division.kind === 'shard' && parts.has(method.name)) throw new PartComputed();
      parts.add(method.name);
      const { fit, ...effects } = await dividedEffects(division, {
        name: effectsTask(method),
        queries: predicted.length,
        byQuery: method.byQuery ?? false,
        compute: (asked) => own.of(method, asked),
      });
      fitted(fit);
      own.forget(method);
      computed.set(method.name, effects);
      return effects;
    },
    effectsTask,
    effectsHere: async (method, asked) => {
      const known = computed.get(method.name);
      return known ? rowsOf(known, asked) : own.of(method, asked);
    },
    retrained: async (weights, seed) => {
      let told = 0;
      const onStep = (done: number) => {
        onWork(done - told);
        told = done;
      };
      return marginsAt(await replay.retrain(weights, onStep, seed), predicted);
    },
    variant: async (name, changes, work) => {
      // Nothing was recorded that it could be compared with.
      const manifest = { ...run.manifest, checkpoints: [] };
      let other: Promise<RecordedReplay> | undefined;
      const open = async () => {
        const opened = await openReplay({ ...run, ...changes, manifest }, onWork);
        trainings.set(opened, { name, lastLayer: undefined });
        return opened;
      };
      try {
        return await work(() => (other ??= open()));
      } finally {
        const opened = await other?.catch(() => undefined);
        if (opened) await forget(opened);
        await opened?.release();
      }
    },
    effectsBy,
    fits,
    fitted,
    work: onWork,
    release: async () => {
      await forget(replay);
      await outcomes.margin.release();
      await outcomes.loss.release();
    },
  };
}

const effectsTask = ({ name }: EvaluatedMethod) => `effects of ${name}`;

const chosen = <T>(all: readonly T[], places: readonly number[] | undefined): readonly T[] =>
  places ? places.map((place) => all[place]!) : all;

/** Effects that are remembered: a shard may need them for more than one task. */
function ownEffects(
  compute: (method: EvaluatedMethod, queries: readonly number[] | undefined) => Promise<FittedEffects>,
) {
  const known = new Map<string, { readonly queries: readonly number[] | undefined; readonly effects: FittedEffects }>();
  return {
    /** @param queries those that are wanted; all by default */
    of: async (method: EvaluatedMethod, queries?: readonly number[]): Promise<FittedEffects> => {
      const found = known.get(method.name);
      const rows = found?.queries ? queries?.map((query) => found.queries!.indexOf(query)) : queries;
      if (found && rows?.every((row) => row >= 0) !== false) return rows ? rowsOf(found.effects, rows) : found.effects;
      const asked = method.byQuery === true ? queries : undefined;
      const effects = await compute(method, asked);
      known.set(method.name, { queries: asked, effects });
      return queries && !asked ? rowsOf(effects, queries) : effects;
    },
    forget: ({ name }: EvaluatedMethod) => known.delete(name),
  };
}

function rowsOf<E extends EffectMatrix>({ examples, values, ...rest }: E, rows: readonly number[]) {
  const own = noEffects(rows.length, examples);
  rows.forEach((row, i) => own.values.set(values.subarray(row * examples, (row + 1) * examples), i * examples));
  return { ...rest, ...own };
}

/** Weights of a training without some examples. */
export function without(weights: Float32Array, isLeft: (example: number) => boolean): Float32Array {
  return weights.map((weight, i) => (isLeft(i) ? 0 : weight));
}

/** How much the loss of what was decided rises where its margin goes from one value to another. */
export const lossRise = (before: number, after: number): number => lossOf(after) - lossOf(before);
