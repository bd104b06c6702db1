/** Influence of training examples on decisions, by going through the recorded training. */
import type { Classifier } from '../../classifier/classifier.js';
import { describeInput, knownLabel, type DescribedInput, type NamedClass } from '../../classifier/describe.js';
import { asFed } from '../../classifier/feeds.js';
import { targetOf } from '../../classifier/targets.js';
import type { Dataset } from '../../data/dataset.js';
import type { Input } from '../../data/input.js';
import { InputError } from '../../errors.js';
import type { Reporting } from '../../progress.js';
import type { Replay } from '../../replay/replay.js';
import { assembleResult } from '../../results/assemble.js';
import type { InfluenceResult } from '../../results/influence.js';
import { isLoss } from '../../results/losses.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { LossName } from '../../train/losses/registry.js';
import { describeEffects, effectsOn, verifiedOver } from './describe-effects.js';
import { MEASURES, type MeasureName } from './measures.js';
import type { RunMethod } from './methods/method.js';
import { RUN_METHODS, type RunMethodName } from './methods/registry.js';
import { openOutcome, type Outcome } from './outcome.js';
import { queryOf, queryOfSplit, splitName } from './queries.js';
import { measureAt, noEffects, type EffectMatrix, type Query, type RunSubject } from './subject.js';
import { noticeUnsupported, verify } from './verify.js';

/** What effects can be on: a measure of each input's decision, or the mean loss of a test split. */
export type AskedMeasure = MeasureName | 'test-loss';

/** How influence is computed. */
export interface InfluenceOptions {
  readonly method: RunMethodName;
  readonly measure: AskedMeasure;
  /** `predicted`, `true`, or a class by name or number. */
  readonly target: string;
  /** How many supporters and opponents are listed. */
  readonly topK: number;
  /** Train again without so many of the strongest supporters of each query; 0 for not at all. */
  readonly verify: number;
}

/** The gradient through the whole training, on the margin of what the model decided. */
export const INFLUENCE_DEFAULTS: InfluenceOptions = {
  method: 'metagradient',
  measure: 'margin',
  target: 'predicted',
  topK: 10,
  verify: 0,
};

/** A run, what is asked about it, and what that is asked of. */
export interface InfluenceRequest extends Reporting {
  readonly replay: Replay;
  /** The run's classifier. */
  readonly classifier: Classifier;
  readonly loss: LossName;
  readonly train: Dataset;
  /** Explained one by one; none with the measure `test-loss`. */
  readonly inputs: readonly Input[];
  /** What the measure `test-loss` is taken over. */
  readonly test?: Dataset | undefined;
  readonly options: InfluenceOptions;
  /** Bytes that the queries' cotangents may take. */
  readonly memory: number;
  readonly runtime: Runtime;
  /** What the result says of where it comes from. */
  readonly provenance: Pick<InfluenceResult, 'model' | 'data' | 'options' | 'accuracy' | 'classNames'>;
}

/** A result with all effects behind it. */
export interface Influence {
  readonly result: InfluenceResult;
  readonly effects: EffectMatrix;
}

/** A query with what a result says of it. */
export interface AskedQuery extends Query {
  readonly facts: Partial<DescribedInput> & { readonly input: string; readonly target?: NamedClass | undefined };
}

/** What is found of one query, by itself. */
export interface QueryInfluence {
  readonly entry: InfluenceResult['queries'][number];
  /** Of every training example. */
  readonly effects: Float64Array;
}

/**
 * Values every training example for each query.
 * @throws InputError for inputs that the model cannot take, classes that there are not, and derivatives that are no numbers
 */
export async function influence(request: InfluenceRequest): Promise<Influence> {
  const began = performance.now();
  const found = await queryInfluences(request);
  const { steps, drift, seed } = request.replay;
  const seconds = (performance.now() - began) / 1000;
  return influenceOf(request, { steps, drift, seed, seconds }, found);
}

/** How many queries there are. */
export function queryCount({ inputs, options }: Pick<InfluenceRequest, 'inputs' | 'options'>): number {
  return options.measure === 'test-loss' ? 1 : inputs.length;
}

/**
 * Values every training example for some queries: what is found of one depends on no other.
 * @param isOwn which; all by default
 * @throws InputError as `influence` does
 */
export async function queryInfluences(
  request: InfluenceRequest,
  isOwn: (query: number) => boolean = () => true,
): Promise<QueryInfluence[]> {
  const { replay, classifier, loss, train, options, memory, runtime, onProgress } = request;
  const method: RunMethod = RUN_METHODS[options.method];
  const measure = options.measure === 'test-loss' ? 'loss' : options.measure;
  const outcome = await openOutcome(classifier, replay.carried, measure, loss, runtime);
  try {
    const queries = (await askedQueries(request, outcome)).filter((_, query) => isOwn(query));
    if (queries.length === 0) return [];
    const total = Math.ceil(method.cost(queries.length) * replay.steps);
    let done = 0;
    const onWork = (steps: number) => {
      done += steps;
      onProgress?.(options.method, Math.min(total, Math.round(done)), total);
    };
    const subject: RunSubject = { replay, classifier, runtime, outcome, queries, memory, onWork };
    const effects = await method.effects(subject);
    onProgress?.(options.method, total, total);
    const values: number[] = [];
    for (const query of queries) values.push((await measureAt(outcome, replay.final, query)).value);
    const predicts = method.predicts ?? true;
    const verifications =
      options.verify > 0 ? await verify(subject, { effects, values, predicts }, options.verify, request) : [];
    return queries.map(({ facts }, q) => ({
      entry: {
        ...facts,
        topClasses: facts.topClasses && [...facts.topClasses],
        measure: { name: options.measure, value: values[q]! },
        ...describeEffects(effects, q, { train, plan: replay.plan, steps: replay.steps, topK: options.topK }),
        verification: verifications[q],
      },
      effects: effectsOn(effects, q).slice(),
    }));
  } finally {
    await outcome.release();
  }
}

/** What was trained again, and how long it took. */
export interface ReplayFacts {
  readonly steps: number;
  readonly drift: number;
  readonly seed: number;
  /** How long all of it took. */
  readonly seconds: number;
}

/**
 * What was found of all queries, put together.
 * @throws InputError where nothing could be left out to verify it
 */
export function influenceOf(
  { options, train, provenance, onNotice }: Pick<InfluenceRequest, 'options' | 'train' | 'provenance' | 'onNotice'>,
  { steps, drift, seed, seconds }: ReplayFacts,
  found: readonly QueryInfluence[],
): Influence {
  const method: RunMethod = RUN_METHODS[options.method];
  const verifications = found.map(({ entry }) => entry.verification);
  if (options.verify > 0) noticeUnsupported(verifications, onNotice);
  const effects = noEffects(found.length, train.length);
  found.forEach((own, q) => effects.values.set(own.effects, q * train.length));
  const result = assembleResult('influence', {
    ...provenance,
    method: { name: method.name, says: method.says, predicts: method.predicts ?? true },
    sign: signOf(options.measure),
    unit: unitOf(options.measure),
    trainingExamples: train.length,
    replay: { steps, drift },
    seconds,
    queries: found.map(({ entry }) => entry),
    verified: verifiedOver(verifications, seed),
  });
  return { result, effects };
}

/** What a positive effect means, where it is no support of a decision. */
export function signOf(measure: AskedMeasure): string | undefined {
  return isLoss(measure) ? 'positive raises the loss' : undefined;
}

/** The unit of effects on a measure, in words. */
export function unitOf(measure: AskedMeasure): string {
  return measure === 'test-loss' ? 'the mean loss over the test split' : MEASURES[measure].title;
}

async function askedQueries(request: InfluenceRequest, outcome: Outcome): Promise<AskedQuery[]> {
  const { inputs, test, options } = request;
  if (options.measure !== 'test-loss') {
    if (inputs.length === 0) throw new InputError('`input` is missing: name what is to be explained');
    return Promise.all(inputs.map((input) => ofInput(request, outcome, input)));
  }
  if (inputs.length > 0) throw new InputError('`measure` test-loss is of the whole test split: leave out `input`');
  if (!test) throw new InputError('`measure` test-loss needs test data: add a test split to the data');
  return [{ facts: { input: splitName(test) }, ...queryOfSplit(request.classifier, test) }];
}

async function ofInput(
  { classifier, replay, options, provenance: { classNames } }: InfluenceRequest,
  outcome: Outcome,
  input: Input,
): Promise<AskedQuery> {
  const x = asFed(classifier, input.data, input.shape, input.name);
  const { scores } = await outcome.at(replay.final, { x, targets: [0] });
  const facts = describeInput(input, scores, classifier, classNames);
  const question = {
    wanted: options.target,
    predicted: facts.predicted.class,
    truth: knownLabel(input, classNames),
    input: input.name,
  };
  const target = targetOf(question, { kind: 'class', count: classifier.classes, names: classNames });
  return {
    facts: { ...facts, target: { class: target, label: classNames[target] ?? String(target) } },
    ...queryOf(x, target),
  };
}
