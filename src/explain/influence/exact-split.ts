/** γ of a trace for single examples: the updates of each layer split exactly into the rows that made them. */
import type { Classifier } from '../../classifier/classifier.js';
import { InputError } from '../../errors.js';
import type { Replay } from '../../replay/replay.js';
import { weightRows, type WeightRows } from '../../replay/weight-rows.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { ExampleGammaRequest, ExampleGammas, LayerExampleGammas } from '../trace/example-gammas.js';
import { openLayerDirections, type LayerDirection } from './layer-directions.js';
import { splitByRows, splitWeightsByRows, type Direction } from './split-by-rows.js';
import { queriesAtOnce } from './subject.js';

/** A replayed run whose updates are split. */
export interface ExactSplit {
  readonly replay: Replay;
  /** The run's classifier. */
  readonly classifier: Classifier;
  readonly runtime: Runtime;
  /** Bytes that directions may take. */
  readonly memory: number;
  /** Is told how many of all steps are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** References whose own lists tell whether a layer's list is the same for everything: each costs as much as an input. */
const LISTED_REFERENCES = 4;

/**
 * Splits the updates of layers into rows by going back over the run: for the inputs, for the mean over the references, and
 * for the first references one by one. Once is enough for all layers but those that share their weights, or whose rows
 * cannot be followed through the model.
 */
export function exactSplit(split: ExactSplit): ExampleGammas {
  return {
    /** @throws InputError for a layer whose updates are not its own (one inside a loop that was rolled up) */
    of: async (request) => {
      if (request.reference === 'delta') {
        throw new InputError('`split` exact compares with the layer’s whole output: leave `reference` at full');
      }
      const directions = await directionsOf(split, request);
      const found = await splitLayers(split, request.layers, directions);
      return found.map((values): LayerExampleGammas => {
        const [average, ...lists] = values.slice(request.inputs.length);
        return {
          queries: values.slice(0, request.inputs.length),
          ...(average && { mean: average, references: lists }),
        };
      });
    },
  };
}

/** For each layer its directions: those of the inputs, the mean over the references, and those of the first of them. */
async function directionsOf(
  { classifier, replay, runtime }: ExactSplit,
  { layers, inputs, references }: ExampleGammaRequest,
): Promise<Direction[][]> {
  const opened = await openLayerDirections(classifier, replay.carried, runtime);
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
        if (listed[i]!.length < LISTED_REFERENCES) listed[i]!.push(shares);
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

/** A walk back over the run, and which layers' directions it takes along. */
interface Walk {
  /** Weights that are split by their own rows; without any, all are by the rows of the loss. */
  readonly groups?: readonly WeightRows[];
  /** The layer of each group, by its place among those that are asked for; undefined where one has no more. */
  readonly layers: readonly (number | undefined)[];
}

/** @returns for each layer and direction, γ of every example */
async function splitLayers(
  { replay, classifier, memory, onProgress }: ExactSplit,
  layers: readonly string[],
  directions: readonly (readonly Direction[])[],
): Promise<Float64Array[][]> {
  const count = directions[0]?.length ?? 0;
  const walks = planWalks(classifier, replay, layers);
  const atOnce = queriesAtOnce({ replay, memory });
  let done = 0;
  const total = walks.length * Math.ceil(count / atOnce) * replay.steps;
  const onStep = () => onProgress?.(++done, total);
  const found: Float64Array[][] = layers.map(() => []);
  for (const { groups, layers: own } of walks) {
    const together = Array.from({ length: count }, (_, d) =>
      replay.carried.map((_, place) => {
        const layer = own.find((at) => at !== undefined && directions[at]![d]![place] !== undefined);
        return layer === undefined ? undefined : directions[layer]![d]![place];
      }),
    );
    const effects = groups
      ? await splitWeightsByRows(replay, groups, together, atOnce, onStep)
      : [await splitByRows(replay, together, atOnce, onStep)];
    effects.forEach(({ values, examples }, group) => {
      const layer = own[group];
      if (layer === undefined) return;
      found[layer] = together.map((_, d) => values.slice(d * examples, (d + 1) * examples));
    });
  }
  return found;
}

/** As few walks as there can be: one for a layer of each weight, then for further layers of the same weights, then alone. */
function planWalks(classifier: Classifier, { setup }: Replay, layers: readonly string[]): Walk[] {
  const { parameters } = setup.graphOptions;
  const own = weightRows(classifier, parameters).map((rows) => ({
    rows,
    places: rows.layers.map(({ name }) => layers.indexOf(name)).filter((at) => at >= 0),
  }));
  const walks: Walk[] = [];
  for (let round = 0; ; round++) {
    const left = own.filter(({ places }) => places.length > round);
    if (left.length === 0) break;
    walks.push({ groups: left.map(({ rows }) => rows), layers: left.map(({ places }) => places[round]) });
  }
  const followed = new Set(walks.flatMap((walk) => walk.layers));
  const alone = layers.flatMap((_, at): Walk[] => (followed.has(at) ? [] : [{ layers: [at] }]));
  return [...walks, ...alone];
}
