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
import { describeEffects, verifiedOver } from './describe-effects.js';
import { MEASURES, type MeasureName } from './measures.js';
import type { RunMethod } from './methods/method.js';
import { RUN_METHODS, type RunMethodName } from './methods/registry.js';
import { openOutcome, type Outcome } from './outcome.js';
import { queryOf, queryOfSplit, splitName } from './queries.js';
import { measureAt, type EffectMatrix, type Query, type RunSubject } from './subject.js';
import { verify } from './verify.js';

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

/**
 * Values every training example for each query.
 * @throws InputError for inputs that the model cannot take, classes that there are not, and derivatives that are no numbers
 */
export async function influence(request: InfluenceRequest): Promise<Influence> {
  const { replay, classifier, loss, train, options, memory, runtime, onProgress, provenance } = request;
  const began = performance.now();
  const method: RunMethod = RUN_METHODS[options.method];
  const measure = options.measure === 'test-loss' ? 'loss' : options.measure;
  const outcome = await openOutcome(classifier, replay.carried, measure, loss, runtime);
  try {
    const queries = await askedQueries(request, outcome);
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
    const seconds = (performance.now() - began) / 1000;
    const verifications =
      options.verify > 0 ? await verify(subject, { effects, values, predicts }, options.verify, request) : [];
    const result = assembleResult('influence', {
      ...provenance,
      method: { name: method.name, says: method.says, predicts },
      sign: signOf(options.measure),
      unit: unitOf(options.measure),
      trainingExamples: train.length,
      replay: { steps: replay.steps, drift: replay.drift },
      seconds,
      queries: queries.map(({ facts }, q) => ({
        ...facts,
        topClasses: facts.topClasses && [...facts.topClasses],
        measure: { name: options.measure, value: values[q]! },
        ...describeEffects(effects, q, { train, plan: replay.plan, steps: replay.steps, topK: options.topK }),
        verification: verifications[q],
      })),
      verified: verifiedOver(verifications, replay.seed),
    });
    return { result, effects };
  } finally {
    await outcome.release();
  }
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
