/** γ of a trace for single examples: the updates of each layer split exactly into the rows that made them. */
import * as v from 'valibot';
import type { Classifier } from '../../classifier/classifier.js';
import { InputError } from '../../errors.js';
import type { Replay } from '../../replay/replay.js';
import { weightRows } from '../../replay/weight-rows.js';
import type { Runtime } from '../../runtime/runtime.js';
import { count } from '../../schema/fields.js';
import type { ExampleGammaRequest, ExampleGammas, LayerExampleGammas } from '../trace/example-gammas.js';
import { openLayerDirections, type LayerDirection } from './layer-directions.js';
import { splitByRows, splitWeightsByRows, directionsAtOnce, type Direction } from './split-by-rows.js';
import { queriesAtOnce, type EffectMatrix } from './subject.js';

/** A replayed run whose updates are split. */
export interface ExactSplit {
  readonly replay: Replay;
  /** The run's classifier; or one that computes the same, such as one whose loops are written out. */
  readonly classifier: Classifier;
  readonly runtime: Runtime;
  /** Bytes that directions may take. */
  readonly memory: number;
  /** Is told how many of all steps are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Whether layers whose examples cannot be followed are split all the same, however long it takes; by default they are. */
  readonly mayTakeLong?: boolean;
}

/** What the vectors of a split are, layer by layer: γ of inputs, their mean over the references, and of references and single outputs. */
type SplitForms = v.InferOutput<typeof splitForms>;

const splitForms = v.array(
  v.object({
    inputs: count,
    references: count,
    hasMean: v.boolean(),
    /** For each input, outputs of the layer that are told apart. */
    units: v.optional(v.array(v.array(count))),
  }),
);

/** The first unit says what the others are: γ of every example along each direction, layer by layer. */
export type SplitUnit = SplitForms | Float64Array;

/** A unit, as a shard hands it over. */
export const splitUnit: v.GenericSchema<unknown, SplitUnit> = v.union([splitForms, v.instance(Float64Array)]);

/** Directions that are walked back one by one, in as many times the training's time, where nobody asks for it. */
const MOST_ALONE = 20;

/**
 * References whose own lists tell whether a layer's list is the same for everything. Each costs as much as an input: a few
 * hundredths of the training's time where it is walked back with the inputs, and else about the training's time.
 */
const LISTED_REFERENCES = { atMost: 8, atLeast: 4 };

/** An exact split that can be computed in parts. */
export interface DividedSplit extends ExampleGammas {
  /**
   * What `splitUnits` take.
   * @param isOwn which of the units are asked for; what is split along the directions of others is not computed
   * @throws InputError for a layer whose updates are not its own (one inside a loop that was rolled up)
   */
  units(request: ExampleGammaRequest, isOwn?: (unit: number) => boolean): AsyncIterable<SplitUnit>;
}

/**
 * Splits the updates of layers into rows by going back over the run: for the inputs, for the mean over the references, and
 * for the first references one by one. All layers go together, but for those whose rows cannot be followed through the model:
 * these are split by the losses of rows, which takes about as long as the training for each direction.
 */
export function exactSplit(split: ExactSplit): DividedSplit {
  async function* units(
    request: ExampleGammaRequest,
    isOwn: (unit: number) => boolean = () => true,
  ): AsyncGenerator<SplitUnit> {
    const { layers, inputs } = request;
    const directions = await directionsOf(split, request, listedReferences(split, request));
    const units = await unitDirectionsOf(split, request);
    const seeded = layers.indexOf(request.units?.layer ?? '');
    const all = directions.map((own, at) => [
      ...own,
      ...(at === seeded ? units.flatMap((each) => [...each.values()]) : []),
    ]);
    refuseLong(split, layers, all);
    if (isOwn(0)) {
      yield directions.map((own, at) => ({
        inputs: inputs.length,
        references: Math.max(0, own.length - inputs.length - 1),
        hasMean: own.length > inputs.length,
        units: at === seeded && units.length > 0 ? units.map((each) => [...each.keys()]) : undefined,
      }));
    }
    let unit = 1;
    const asked = all.map((own) => own.filter(() => isOwn(unit++)));
    for (const values of await splitLayers(split, layers, asked)) yield* values;
  }
  return { units, of: (request) => gammasFrom(units(request)) };
}

/**
 * γ of examples from the units of a split.
 * @param units all of them, in order
 */
export async function gammasFrom(units: AsyncIterable<SplitUnit>): Promise<LayerExampleGammas[]> {
  const each = units[Symbol.asyncIterator]();
  const forms = (await each.next()).value as SplitForms;
  const values = async (count: number) => {
    const found: Float64Array[] = [];
    while (found.length < count) found.push((await each.next()).value as Float64Array);
    return found;
  };
  const layers: LayerExampleGammas[] = [];
  for (const { inputs, references, hasMean, units: kept } of forms) {
    const queries = await values(inputs);
    const [mean] = await values(hasMean ? 1 : 0);
    const lists = await values(references);
    const outputs = [];
    for (const keys of kept ?? []) {
      const own = await values(keys.length);
      outputs.push(new Map(keys.map((unit, i) => [unit, own[i]!])));
    }
    layers.push({ queries, ...(mean && { mean, references: lists }), ...(kept && { units: outputs }) });
  }
  await each.next();
  return layers;
}

/**
 * For each input the directions of single outputs of a layer, by unit; none where its examples cannot be followed, as each
 * would take as long as the training.
 */
async function unitDirectionsOf(
  { classifier, replay, runtime }: ExactSplit,
  { inputs, units }: ExampleGammaRequest,
): Promise<ReadonlyMap<number, Direction>[]> {
  if (!units || groupsOf(classifier, replay, [units.layer]).length === 0) return [];
  const opened = await openLayerDirections(classifier, replay.carried, runtime, { seeded: units.layer });
  try {
    const at = opened.layers.indexOf(units.layer);
    const found: ReadonlyMap<number, Direction>[] = [];
    for (const [i, x] of inputs.entries()) {
      const own = new Map<number, Direction>();
      for (const unit of units.of[i]!) {
        const seed = Float32Array.from({ length: units.count }, (_, k) => (k === unit ? 1 : 0));
        own.set(unit, (await opened.at(replay.final, x, seed))[at]!.gradients);
      }
      found.push(own);
    }
    return found;
  } finally {
    await opened.release();
  }
}

/** How many references are listed: as many as go with the inputs and the mean, within the bounds. */
function listedReferences({ replay, classifier, memory }: ExactSplit, { layers, inputs }: ExampleGammaRequest): number {
  const groups = groupsOf(classifier, replay, layers).map(({ rows }) => rows);
  const { atLeast, atMost } = LISTED_REFERENCES;
  const fitting = groups.length > 0 ? directionsAtOnce(replay, groups, memory) : 0;
  return Math.max(atLeast, Math.min(atMost, fitting - inputs.length - 1));
}

/** Layers by the weights that they share, with their places among those that are asked for. */
function groupsOf(classifier: Classifier, { setup }: Replay, layers: readonly string[]) {
  return weightRows(classifier, setup.graphOptions.parameters).flatMap((rows) => {
    const places = rows.layers.map(({ name }) => layers.indexOf(name)).filter((at) => at >= 0);
    return places.length > 0 ? [{ rows, places }] : [];
  });
}

/** For each layer its directions: those of the inputs, the mean over the references, and those of the first of them. */
async function directionsOf(
  { classifier, replay, runtime }: ExactSplit,
  { layers, reference, inputs, references }: ExampleGammaRequest,
  listedReferences: number,
): Promise<Direction[][]> {
  const initial = reference === 'delta' ? replay.initial : undefined;
  const opened = await openLayerDirections(classifier, replay.carried, runtime, { initial });
  try {
    const places = layers.map((layer) => {
      const at = opened.layers.indexOf(layer);
      if (at >= 0) return at;
      throw new InputError(`\`split\` exact: the updates of layer "${layer}" cannot be told apart by rows; use batch`);
    });
    const directions = layers.map((): Direction[] => []);
    for (const x of inputs) {
      const found = await opened.at(replay.final, x);
      places.forEach((at, i) => directions[i]!.push(found[at]!.gradients));
    }
    if (references.length === 0) return directions;
    const sums = layers.map((): (Float64Array | undefined)[] => replay.carried.map(() => undefined));
    const listed = layers.map((): Direction[] => []);
    for (const x of references) {
      const found = await opened.at(replay.final, x);
      places.forEach((at, i) => {
        const shares = sharesOf(found[at]!);
        if (listed[i]!.length < listedReferences) listed[i]!.push(shares);
        addTo(sums[i]!, shares);
      });
    }
    return directions.map((own, i) => {
      const mean = sums[i]!.map((sum) => sum && Float32Array.from(sum, (value) => value / references.length));
      return [...own, mean, ...listed[i]!];
    });
  } finally {
    await opened.release();
  }
}

/** G / ‖r‖² */
function sharesOf({ squares, gradients }: LayerDirection): Direction {
  return gradients.map((part) => part?.map((value) => (squares > 0 ? value / squares : 0)));
}

function addTo(sums: (Float64Array | undefined)[], direction: Direction): void {
  direction.forEach((part, place) => {
    if (!part) return;
    const sum = (sums[place] ??= new Float64Array(part.length));
    for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
  });
}

/** @throws InputError where examples cannot be followed through layers, and a split would take as long as many trainings */
function refuseLong(
  { classifier, replay, mayTakeLong = true }: ExactSplit,
  layers: readonly string[],
  directions: readonly (readonly Direction[])[],
): void {
  const followed = new Set(groupsOf(classifier, replay, layers).flatMap(({ places }) => places));
  const others = layers.flatMap((_, at) => (followed.has(at) ? [] : [at]));
  const alone = others.reduce((sum, at) => sum + directions[at]!.length, 0);
  if (mayTakeLong || alone <= MOST_ALONE) return;
  throw new InputError(
    `examples cannot be followed through layers ${others.map((at) => layers[at]!).join(', ')}, so that an exact split takes some ` +
      `${alone} times as long as the training; ask for it with \`split\` exact`,
  );
}

/** @returns for each layer and each of its directions, γ of every example */
async function splitLayers(
  split: ExactSplit,
  layers: readonly string[],
  directions: readonly (readonly Direction[])[],
): Promise<Float64Array[][]> {
  const { replay, classifier, onProgress } = split;
  const groups = groupsOf(classifier, replay, layers);
  const followed = new Set(groups.flatMap(({ places }) => places));
  const others = layers.flatMap((_, at) => (followed.has(at) ? [] : [at]));
  const alone = others.flatMap((at) => directions[at]!);
  // Layers that share weights have directions of the same weights, and so one after the other; all else goes together.
  const together = groups.map(({ places }) => places.flatMap((at) => directions[at]!));
  const most = Math.max(0, ...together.map(({ length }) => length));
  const weights = groups.map(({ rows }) => rows);
  const counts = together.map(({ length }) => length);
  const atOnce = { together: directionsAtOnce(replay, weights, split.memory, counts), alone: queriesAtOnce(split) };
  const walks = Math.ceil(most / atOnce.together) + Math.ceil(alone.length / atOnce.alone);
  let done = 0;
  const onStep = () => onProgress?.(++done, walks * replay.steps);

  const found: Float64Array[][] = layers.map(() => []);
  if (most > 0) {
    const how = { written: classifier, onStep };
    const effects = await splitWeightsByRows(replay, weights, together, atOnce.together, how);
    groups.forEach(({ places }, group) => dealRows(effects[group]!, places));
  }
  if (alone.length > 0) {
    const effects = await splitByRows(replay, alone, atOnce.alone, onStep);
    dealRows(effects, others);
  }
  return found;

  /** Rows in the order of the layers that they are of. */
  function dealRows({ values, examples }: EffectMatrix, places: readonly number[]): void {
    let end = 0;
    for (const at of places) {
      found[at] = directions[at]!.map(() => {
        const first = end;
        end += examples;
        return values.slice(first, end);
      });
    }
  }
}
