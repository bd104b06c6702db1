/** Influence of training examples on decisions by the last layer alone: what a model without a recorded training allows. */
import type { Classifier } from '../../classifier/classifier.js';
import { describeInput, type DescribedInput, type NamedClass } from '../../classifier/describe.js';
import { asFed } from '../../classifier/feeds.js';
import { ofAllExamples } from '../../data/corrections/taking-part.js';
import type { Input } from '../../data/input.js';
import { InputError } from '../../errors.js';
import type { Reporting } from '../../progress.js';
import { assembleResult } from '../../results/assemble.js';
import type { Replay } from '../../replay/replay.js';
import type { InfluenceResult, InfluenceVerification } from '../../results/influence.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { LossName } from '../../train/losses/registry.js';
import { rowOf } from '../representer/features/features.js';
import type { LayerData } from '../representer/layer-data.js';
import { explainedScore } from '../representer/targets.js';
import { describeEffects, verifiedOver } from './describe-effects.js';
import { signOf, unitOf, type AskedMeasure, type Influence, type InfluenceOptions } from './influence.js';
import type { LayerEffects, LayerMethod, LayerQuery } from './layer-methods/method.js';
import { LAYER_METHODS, type LayerMethodName } from './layer-methods/registry.js';
import type { MeasureName } from './measures.js';
import { openOutcome } from './outcome.js';
import { queryOf, queryOfSplit, splitName } from './queries.js';
import { measureRow } from './row-measures.js';
import { measureAt, type Query } from './subject.js';
import { noticeUnsupported, verify } from './verify.js';

/** How influence is computed where nothing is replayed. */
export interface LayerInfluenceOptions extends Pick<InfluenceOptions, 'target' | 'topK'> {
  readonly method: LayerMethodName;
  /** By default the first one that the method has. */
  readonly measure?: AskedMeasure | undefined;
}

/** A run that is trained again. */
export interface TrainedAgain {
  readonly replay: Replay;
  /** The run's classifier. */
  readonly classifier: Classifier;
  /** How many of the strongest supporters are left out. */
  readonly count: number;
}

/** A model's last layer, and what is asked about it. */
export interface LayerInfluenceRequest extends Reporting {
  readonly layerData: LayerData;
  /** Explained one by one; none with the measure `test-loss`. */
  readonly inputs: readonly Input[];
  readonly options: LayerInfluenceOptions;
  /** What the model was trained with, where that is known: what the measures `loss` and `test-loss` are. */
  readonly loss?: LossName | undefined;
  /** What the result says of the options besides. */
  readonly further: InfluenceResult['options'];
  /** The run that trained the model: it is trained again without the strongest supporters of each query. */
  readonly again?: TrainedAgain | undefined;
  /** Commands for the result's `fineTuning`. */
  readonly fineTuning?: readonly string[] | undefined;
  readonly runtime: Runtime;
}

/**
 * The measure that a method is asked for.
 * @throws InputError for one that it has no values for
 */
export function measureOf({ method: name, measure }: Pick<LayerInfluenceOptions, 'method' | 'measure'>): AskedMeasure {
  const { measures }: LayerMethod = LAYER_METHODS[name];
  if (measure === undefined) return measures[0]!;
  if (measures.includes(measure)) return measure;
  throw new InputError(
    `\`measure\` ${measure}: \`method\` ${name} has values for ${measures.join(', ')} only; influence-function has them for every measure`,
  );
}

/**
 * Values every training example for each query.
 * @throws InputError for a layer that this cannot be done with, and for measures and classes that there are not
 */
export async function layerInfluence(request: LayerInfluenceRequest): Promise<Influence> {
  const { layerData, options, runtime, onProgress, onNotice } = request;
  const began = performance.now();
  const { layer, train, examplesFrom, provenance, classNames } = layerData;
  const measure = measureOf(options);
  checkLayer(layerData);
  const loss = request.loss ?? (layer.activation === 'softmax' ? 'cross-entropy' : 'binary-cross-entropy');
  const own = measure === 'test-loss' ? 'loss' : measure;
  const queries = await askedQueries(request, measure);
  const method: LayerMethod = LAYER_METHODS[options.method];
  const subject = { layerData, queries, measure: own, loss, runtime, onProgress, onNotice };
  const { effects: ofLearnt, ...found } = await method.effects(subject);
  const effects = ofAllExamples(ofLearnt, train.data, examplesFrom.labels.length);
  const { again } = request;
  const verifications = again ? await trainAgain(request, again, { measure, own, loss, queries, effects }) : [];
  const result = assembleResult('influence', {
    ...provenance,
    options: {
      method: options.method,
      measure,
      target: options.target,
      'top-k': options.topK,
      ...request.further,
    },
    classNames: [...classNames],
    method: { name: method.name, says: method.says, predicts: method.predicts },
    sign: signOf(measure),
    unit: method.unit ?? unitOf(measure),
    trainingExamples: train.features.rows,
    layer: found.layer,
    replay: again && { steps: again.replay.steps, drift: again.replay.drift },
    fineTuning: request.fineTuning,
    seconds: (performance.now() - began) / 1000,
    queries: queries.map((query, q) => ({
      ...query.facts,
      topClasses: query.facts.topClasses && [...query.facts.topClasses],
      measure: { name: measure, value: meanOf(query, layer.outputs, { own, loss }), fitted: found.fitted?.[q] },
      ...describeEffects(effects, q, { train: examplesFrom, topK: options.topK }),
      verification: verifications[q],
    })),
    verified: verifiedOver(verifications, again?.replay.seed ?? 0),
  });
  return { result, effects };
}

/** What training again without the strongest supporters does to the measure of the whole model. */
async function trainAgain(
  request: LayerInfluenceRequest,
  { replay, classifier, count }: TrainedAgain,
  { measure, own, loss, queries, effects }: Found,
): Promise<(InfluenceVerification | undefined)[]> {
  const { layerData, inputs, options, runtime } = request;
  const outcome = await openOutcome(classifier, replay.carried, own, loss, runtime);
  try {
    const asked: Query[] =
      measure === 'test-loss'
        ? [queryOfSplit(classifier, layerData.test!.data)]
        : inputs.map(({ data, shape, name }, q) =>
            queryOf(asFed(classifier, data, shape, name), queries[q]!.targets[0]!),
          );
    const values: number[] = [];
    for (const query of asked) values.push((await measureAt(outcome, replay.final, query)).value);
    const { predicts } = LAYER_METHODS[options.method];
    const found = await verify({ replay, outcome, queries: asked }, { effects, values, predicts }, count, request);
    noticeUnsupported(found, request.onNotice);
    return found;
  } finally {
    await outcome.release();
  }
}

/** What was found, and of what. */
interface Found extends Pick<LayerEffects, 'effects'> {
  readonly measure: AskedMeasure;
  /** The same for one example. */
  readonly own: MeasureName;
  readonly loss: LossName;
  readonly queries: readonly AskedQuery[];
}

function checkLayer({ layer }: LayerData): void {
  if (!layer.isLast) {
    throw new InputError('`layer`: influence is computed of the last layer; leave `layer` out, or use representer');
  }
  if (!layer.weights) {
    throw new InputError(
      '`features`: the file has no weight and bias of the last layer, so nothing is decided; add them, or give a `model`',
    );
  }
}

/** A query with the model's scores, and what a result says of it. */
interface AskedQuery extends LayerQuery {
  readonly facts: Partial<DescribedInput> & { readonly input: string; readonly target?: NamedClass | undefined };
  /** [rows, outputs] */
  readonly scores: Float64Array;
}

async function askedQueries(request: LayerInfluenceRequest, measure: AskedMeasure): Promise<AskedQuery[]> {
  const { layerData, inputs } = request;
  if (measure !== 'test-loss') {
    if (inputs.length === 0) throw new InputError('`input` is missing: name what is to be explained');
    const { features, scores } = await layerData.featuresOf(inputs);
    const { columns, outputs } = layerData.layer;
    return inputs.map((input, i) => {
      const part = { rows: 1, columns, data: rowOf(features.data, columns, i) };
      return ofInput(request, input, part, Float64Array.from(scores.subarray(i * outputs, (i + 1) * outputs)));
    });
  }
  if (inputs.length > 0) throw new InputError('`measure` test-loss is of the whole test split: leave out `input`');
  const { test } = layerData;
  if (!test) throw new InputError('`measure` test-loss needs test data: add a test split to the data');
  const { data, labels, features, scores } = test;
  return [{ facts: { input: splitName(data) }, features, targets: labels, scores: Float64Array.from(scores) }];
}

function ofInput(
  { layerData, options }: LayerInfluenceRequest,
  input: Input,
  features: LayerQuery['features'],
  scores: Float64Array,
): AskedQuery {
  const { layer, classNames } = layerData;
  const ending = layer.activation === 'sigmoid' ? 'sigmoid' : 'softmax';
  const facts = describeInput(input, scores, { activation: ending }, classNames);
  const target = explainedScore(layerData, input, scores, options.target);
  return {
    facts: { ...facts, target: { class: target, label: classNames[target] ?? String(target) } },
    features,
    targets: [target],
    scores,
  };
}

/** The measure as the model has it: the mean over a query's examples. */
function meanOf(
  { scores, targets }: AskedQuery,
  outputs: number,
  { own, loss }: { readonly own: Parameters<typeof measureRow>[0]; readonly loss: LossName },
): number {
  const rows = scores.length / outputs;
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += measureRow(own, rowOf(scores, outputs, i), { target: targets[i]!, loss }).value;
  return sum / rows;
}
