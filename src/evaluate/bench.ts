/** What protocols work with: a run, the queries, effects by method, and training again. */
import type { Classifier } from '../classifier/classifier.js';
import { ofAllExamples, withoutDropped } from '../data/corrections/taking-part.js';
import type { Dataset } from '../data/dataset.js';
import { openOutcome, type Outcome } from '../explain/influence/outcome.js';
import type { EffectMatrix } from '../explain/influence/subject.js';
import type { Notice } from '../progress.js';
import { openReplay, type ReplayRequest, type RecordedReplay } from '../replay/recorded.js';
import type { MeasureName } from '../explain/influence/measures.js';
import type { EvaluateFit } from '../results/evaluate.js';
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
  /** Effects on the margins, computed once: [queries, examples]. */
  effects(method: EvaluatedMethod): Promise<EffectMatrix>;
  /** Trains again. @returns the margin of what the run decides on each query */
  retrained(weights: Float32Array, seed?: number): Promise<Float64Array>;
  /**
   * The same training of something else.
   * @param name what it is called
   * @param changes other labels, other options
   */
  variant<T>(
    name: string,
    changes: Partial<Pick<ReplayRequest, 'train' | 'options'>>,
    work: (replay: RecordedReplay) => Promise<T>,
  ): Promise<T>;
  /** Effects by another training: on the margins of the same classes, or on the mean loss over what is held out. */
  effectsBy(
    replay: RecordedReplay,
    train: Dataset,
    method: EvaluatedMethod,
    measure: 'margin' | 'loss',
  ): Promise<EffectMatrix>;
  /** The layers that methods fitted so far, each once for every training. */
  readonly fits: readonly EvaluateFit[];
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
  const { run, classifier, replay, queries, heldOut, options, memory, onWork, onNotice } = request;
  const { runtime, train } = run;
  const open = (measure: MeasureName) => openOutcome(classifier, replay.carried, measure, run.options.loss, runtime);
  const outcomes: Record<'margin' | 'loss', Outcome> = { margin: await open('margin'), loss: await open('loss') };
  const marginsAt = async (state: RecordedReplay['final'], targets: Int32Array) =>
    Float64Array.from(await scoresOf(outcomes.margin, classifier, state, queries), (scores, q) =>
      marginOf(scores, targets[q]!),
    );
  const predicted = decided(await scoresOf(outcomes.margin, classifier, replay.final, queries));
  const computed = new Map<string, EffectMatrix>();
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
  const effectsBy: Bench['effectsBy'] = async (of, ofTrain, method, measure) => {
    const training = trainings.get(of)!;
    const learnt = withoutDropped(ofTrain);
    const subject: MethodSubject = {
      replay: of,
      classifier,
      runtime,
      outcome: outcomes[measure],
      queries: measure === 'loss' ? [meanQuery(heldOut, classifier)] : queriesFor(queries, predicted),
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
    const fit = { method: method.name, training: training.name };
    const isNew = !fits.some((known) => known.method === fit.method && known.training === fit.training);
    if (layer?.fit && isNew) fits.push({ ...fit, layer });
    return effects;
  };
  return {
    ...request,
    train,
    predicted,
    margins: await marginsAt(replay.final, predicted),
    effects: async (method) => {
      const known = computed.get(method.name) ?? (await effectsBy(replay, train, method, 'margin'));
      computed.set(method.name, known);
      return known;
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
      const other = await openReplay({ ...run, ...changes, manifest }, onWork);
      trainings.set(other, { name, lastLayer: undefined });
      try {
        return await work(other);
      } finally {
        await forget(other);
        await other.release();
      }
    },
    effectsBy,
    fits,
    work: onWork,
    release: async () => {
      await forget(replay);
      await outcomes.margin.release();
      await outcomes.loss.release();
    },
  };
}

/** Weights of a training without some examples. */
export function without(weights: Float32Array, isLeft: (example: number) => boolean): Float32Array {
  return weights.map((weight, i) => (isLeft(i) ? 0 : weight));
}

/** How much the loss of what was decided rises where its margin goes from one value to another. */
export const lossRise = (before: number, after: number): number => lossOf(after) - lossOf(before);
