/** Traces queries through the layers of a model whose training was logged. */
import { partly, PartComputed, WHOLE, type Division } from '../../shards/division.js';
import { undecided } from '../../classifier/undecided.js';
import { openActivations, type Activations } from '../../classifier/activations.js';
import type { Classifier } from '../../classifier/classifier.js';
import { describeInput, type DescribedInput } from '../../classifier/describe.js';
import { probabilitiesOf } from '../../classifier/probabilities.js';
import type { Input } from '../../data/input.js';
import type { TraceableLayer } from '../../graph/layers.js';
import { codecOf } from '../../log/codecs/registry.js';
import type { LoggedLayer } from '../../log/format/layer.js';
import { graphOf, type Model } from '../../onnx/model.js';
import type { Bandwidth } from '../../numeric/kernel-density.js';
import type { TraceLayer, TraceQuery } from '../../results/trace.js';
import { shareSessions } from '../../runtime/shared-sessions.js';
import { elementCount, type Tensor } from '../../tensor.js';
import type { ExampleGammas, UnitRequest } from './example-gammas.js';
import { openLayerInputs } from './layer-inputs.js';
import { planLayer, type LayerPlan } from './layer-plan.js';
import { unitsToTellApart } from './logits.js';
import { inTurn } from './in-turn.js';
import { measureLayer, type StepsToMeasure } from './measure/measure-layer.js';
import { logsBias, weightsOf } from './logged-weights.js';
import type { Reference } from './query-factors.js';
import { beginPass, type LayerLog, type LayerPass, type LayerTask } from './trace-layer.js';
import { openStepUses } from './step-uses.js';
import type { Similarity } from './step-use.js';
import type { Progress } from '../../progress.js';

/** What steps are ranked by, and how much of them the result lists. */
export interface TraceOptions {
  /** What ranks examples and steps. */
  readonly similarity: Similarity;
  /** What γ is measured against. */
  readonly reference: Reference;
  /** How many examples, opponents and steps are listed. */
  readonly topK: number;
  /** Of the ridge plots. */
  readonly bandwidth: Bandwidth;
  /** Whether the series of all steps are part of the result. */
  readonly steps: boolean;
  /** Whether what a step does to reference inputs on average is taken away before anything is ranked. */
  readonly contrast: boolean;
  /** How many reference inputs there are; none are drawn where it is 0. */
  readonly references: number;
}

/** Defaults: the paper's Eq. 6, and scipy's `bw_method=0.1` as its ridge plots use it. */
export const TRACE_DEFAULTS: TraceOptions = {
  similarity: 'dot',
  reference: 'full',
  topK: 10,
  bandwidth: { factor: 0.1 },
  steps: false,
  contrast: true,
  references: 32,
};

/** Something to explain. */
export interface TraceInput extends Pick<Input, 'name' | 'label' | 'classNames' | 'folder' | 'origin'> {
  /** Its elements as the model takes them. */
  readonly x: Float32Array;
}

/** Everything a trace is made from. */
export interface TraceRequest extends Omit<StepsToMeasure, 'log' | 'division'> {
  /** Which parts of the log are read here; all of it by default. */
  readonly division?: Division | undefined;
  /** The model before the logged steps, in inference form. */
  readonly initial: Model;
  /** The model after them. */
  readonly trained: Classifier;
  readonly log: LayerLog & StepsToMeasure['log'];
  /** Last step of the log that counts: the one that led to `trained`. */
  readonly lastStep: number;
  /** Layers to explain, and what the log holds of each. */
  readonly layers: readonly { readonly layer: TraceableLayer; readonly logged: LoggedLayer }[];
  /** Class of every training example. */
  readonly labels: Int32Array;
  /** What the loss of every training example was multiplied by; 1 by default. */
  readonly sampleWeights?: Float32Array | undefined;
  readonly classNames: readonly string[];
  readonly inputs: readonly TraceInput[];
  /** Reference inputs as the model takes them; without any nothing is contrasted, and no lists are compared. */
  readonly references?: readonly Float32Array[] | undefined;
  /** γ of single examples, where batches were split exactly. */
  readonly exact?: ExampleGammas | undefined;
  readonly options: TraceOptions;
  readonly chunkSteps?: number | undefined;
  /** Bytes for what is kept of the inputs at a layer; for those that exceed it the log is read again. */
  readonly queryBytes?: number | undefined;
  /** Told of the steps read of all layers so far, and the layer at hand. */
  readonly onProgress?: Progress | undefined;
}

type DividedRequest = TraceRequest & Pick<StepsToMeasure, 'division'>;

/**
 * Explains inputs by the training steps.
 * @returns one entry for each input, with its layers in the model's order
 * @throws InputError when log, models and data do not belong together
 */
export async function trace(request: TraceRequest): Promise<TraceQuery[]> {
  if (request.inputs.length === 0) return [];
  const sessions = shareSessions(request.runtime);
  try {
    return await traceLayers({ ...request, runtime: sessions.runtime, division: request.division ?? WHOLE });
  } finally {
    await sessions.release();
  }
}

async function traceLayers(request: DividedRequest): Promise<TraceQuery[]> {
  const { runtime, trained, inputs, options, labels, onProgress } = request;
  const { scores } = trained;
  const layers = [...request.layers].sort((a, b) => a.layer.index - b.layer.index);
  const values = layers.flatMap(({ layer }) => [layer.input, layer.preActivation]);
  const xs = inputs.map(({ x }) => x);
  const fed = [...new Set(layers.map(({ layer }) => layer.input))];
  const examples = inputs.length + (request.references?.length ?? 0);
  const activations = await openActivations(trained, runtime, [scores, ...values], 2 * examples);
  try {
    const ownScores = await activations.of(scores, xs);
    const queries = ownScores.map(({ data }, i) => ({
      query: describeInput(inputs[i]!, data as Float32Array, trained, request.classNames),
      layers: [] as TraceLayer[],
    }));
    const references = request.references ?? [];
    const referenceScores = await activations.of(scores, references);
    const decided = referenceScores.map(
      ({ data }) => probabilitiesOf(data as Float32Array, trained.activation)[0]!.class,
    );
    const inputsOf = await openLayerInputs(activations, fed, xs);
    const referencesOf = await openLayerInputs(activations, fed, references);
    const plans = await planLayers(request, layers, activations);
    const classes = Math.max(request.classNames.length, trained.classes);
    const givers = sameElements(trained.model, scores);
    const total = request.lastStep * layers.length;
    const giver = layers.findIndex(
      ({ layer }, i) => givers.has(layer.preActivation) && plans[i]!.matrix.positions === 1,
    );
    const steps = openStepUses(request.log, { lastStep: request.lastStep, labels, weights: request.sampleWeights });
    const exact = await partly(async () =>
      request.exact?.of({
        layers: layers.map(({ layer }) => layer.name),
        reference: options.reference,
        inputs: xs,
        references,
        units: giver >= 0 ? unitsOf(layers[giver]!.layer, plans[giver]!, queries) : undefined,
      }),
    );
    const plotted = queries.map(({ query }) => query.topClasses.map((entry) => entry.class));
    const decisions = queries.map(({ query: { topClasses, truth } }) => [
      ...new Set([...topClasses, ...(truth ? [truth] : [])].map((entry) => entry.class)),
    ]);
    /** The inputs of the layer at hand, which may have several passes. */
    let held: { readonly layer: number; readonly inputs: readonly Tensor[] } | undefined;
    const begin = async (i: number, first: number): Promise<LayerPass> => {
      const { layer, logged } = layers[i]!;
      const plan = plans[i]!;
      if (held?.layer !== i) held = { layer: i, inputs: await inputsOf(layer.input) };
      const members = held.inputs.map((input, query) => ({
        input,
        plotted: plotted[query]!,
        decision: decisions[query]!,
      }));
      const onShare = (share: number) => {
        const done = (first / plan.together + share) / Math.ceil(inputs.length / plan.together);
        onProgress?.(layer.name, Math.round((i + done) * request.lastStep), total);
      };
      const task: LayerTask = {
        runtime,
        layer,
        steps,
        plan,
        measure: (measured) =>
          measureLayer(
            request,
            { task: `steps of ${layer.name}, ${first}`, logName: logged.name, plan, onProgress: onShare },
            measured,
          ),
        lastStep: request.lastStep,
        ...weightsOf(request, layer, logged),
        reference: options.reference,
        givesLogits: i === giver,
        aggregate: { ...options, labels, weights: request.sampleWeights, classes, series: options.steps },
        references: references.length > 0 ? { inputs: await referencesOf(layer.input), classes: decided } : undefined,
        contrast: options.contrast && references.length > 0,
        exact: exact?.[i],
      };
      return beginPass(task, { first, queries: members.slice(first, first + plan.together) });
    };
    const passes = layers.flatMap((_, i) => starts(inputs.length, plans[i]!).map((first) => ({ layer: i, first })));
    const begins = passes.map(
      ({ layer, first }) =>
        () =>
          begin(layer, first),
    );
    onProgress?.(layers[0]?.layer.name ?? '', 0, total);
    let done = 0;
    for await (const results of inTurn(begins, request.pool !== undefined)) {
      const { layer, first } = passes[done++]!;
      results?.forEach((result, i) => {
        // The references' lists are the same in each pass, and kept in the first.
        const { listOverlap, evidence } = first === 0 ? result : queries[0]!.layers[layer]!;
        queries[first + i]!.layers.push({ ...result, listOverlap, evidence });
      });
      const following = passes[done];
      if (following && following.layer !== layer)
        onProgress?.(layers[following.layer]!.layer.name, following.layer * request.lastStep, total);
    }
    if (request.division.kind === 'shard') throw new PartComputed();
    return queries.map(({ query, layers: results }, i) => ({
      ...query,
      undecided: undecided({
        scores: ownScores[i]!.data as Float32Array,
        activation: trained.activation,
        references: referenceScores.map(({ data }) => data as Float32Array),
        layers: results,
      }),
      topClasses: [...query.topClasses],
      layers: results,
    }));
  } finally {
    await activations.release();
  }
}

/** Outputs whose training is to be told apart by examples. */
function unitsOf(
  { name }: TraceableLayer,
  { matrix: { groups, units } }: LayerPlan,
  queries: readonly { readonly query: DescribedInput }[],
): UnitRequest {
  const count = groups * units;
  return {
    layer: name,
    count,
    of: unitsToTellApart(
      queries.map(({ query }) => query),
      count,
    ),
  };
}

/** The place of the first query of each pass over a layer. */
const starts = (queries: number, { together }: LayerPlan) =>
  Array.from({ length: Math.ceil(queries / together) }, (_, i) => i * together);

/** Threads that plans of shards are made for, whatever each of their machines has. */
const DIVIDED_THREADS = 2;

/** Each thread holds the queries of two passes, and so does the one that asks them. */
const copiesFor = (threads: number) => 2 * (1 + threads);

/** How each layer is traced. Sizes follow from one run of the classifier. */
async function planLayers(
  { inputs, labels, log, lastStep, options, chunkSteps, queryBytes, pool, division }: DividedRequest,
  layers: TraceRequest['layers'],
  activations: Activations,
): Promise<LayerPlan[]> {
  const values = layers.flatMap(({ layer }) => [layer.input, layer.preActivation]);
  const found = await activations.allOf([...new Set(values)], inputs[0]!.x);
  return layers.map(({ layer, logged }) =>
    planLayer(layer, {
      inputDims: found[layer.input]!.dims,
      outputSize: elementCount(found[layer.preActivation]!.dims),
      hasBias: logsBias(logged),
      sumBytes: labels.length * (options.similarity === 'dot' ? 8 : 16),
      chunkSteps,
      queryBytes,
      queries: inputs.length,
      steps: lastStep,
      factored: isFactored(log, logged.name),
      // What is divided is planned alike everywhere.
      copies: division.kind === 'whole' ? pool && copiesFor(pool.threads) : copiesFor(DIVIDED_THREADS),
    }),
  );
}

function isFactored({ layers }: TraceRequest['log'], name: string): boolean {
  const column = layers.find((each) => each.name === name);
  return column !== undefined && codecOf(column.codec, column.codecVersion).form === 'factors';
}

/** Operators that hand on elements as they are, in the same order. */
const PASSING = new Set(['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

/** A value, and those that it is a mere copy of. */
function sameElements(model: Model, value: string): Set<string> {
  const names = new Set([value]);
  for (const node of [...graphOf(model).node].reverse()) {
    if (PASSING.has(node.opType) && names.has(node.output[0]!)) names.add(node.input[0]!);
  }
  return names;
}
