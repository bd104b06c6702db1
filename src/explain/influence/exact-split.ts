/** γ of a trace for single examples: the updates of each layer split exactly into the rows that made them. */
import type { Classifier } from '../../classifier/classifier.js';
import { InputError } from '../../errors.js';
import type { Replay } from '../../replay/replay.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { ExampleGammas } from '../trace/example-gammas.js';
import { openLayerDirections, type LayerDirection } from './layer-directions.js';
import { splitByRows, type Direction } from './split-by-rows.js';
import { queriesAtOnce } from './subject.js';

/** What is split for whom. */
export interface ExactSplit {
  readonly replay: Replay;
  /** The run's classifier. */
  readonly classifier: Classifier;
  readonly runtime: Runtime;
  /** The traced inputs, as the model takes them. */
  readonly inputs: readonly Float32Array[];
  /** Reference inputs, likewise. */
  readonly references: readonly Float32Array[];
  /** Layers to split, by name. */
  readonly layers: readonly string[];
  /** Bytes that directions may take. */
  readonly memory: number;
  /** Is told how many of all steps are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** References whose own lists tell whether a layer's list is the same for everything: each costs as much as an input. */
const LISTED_REFERENCES = 4;

/**
 * Goes back over the run once for each layer and splits its updates into rows: for the inputs, for the mean over the
 * references, and for the first references one by one.
 * @throws InputError for a layer whose updates are not its own (one inside a loop that was rolled up)
 */
export async function splitExactly(request: ExactSplit): Promise<ExampleGammas> {
  const { replay, classifier, runtime, inputs, references, layers, onProgress } = request;
  const opened = await openLayerDirections(classifier, replay.carried, runtime);
  const directionsOf = async (xs: readonly Float32Array[]) => {
    const found: LayerDirection[][] = [];
    for (const x of xs) found.push(await opened.at(replay.final, x));
    return found;
  };
  try {
    const missing = layers.find((layer) => !opened.layers.includes(layer));
    if (missing !== undefined) {
      throw new InputError(
        `\`split\` exact: the updates of layer "${missing}" cannot be told apart by rows; use batch`,
      );
    }
    const ofInputs = await directionsOf(inputs);
    const ofReferences = await directionsOf(references);
    const listed = Math.min(LISTED_REFERENCES, references.length);
    const parts = new Map<string, readonly Float64Array[]>();
    const total = layers.length * replay.steps;
    let done = 0;
    for (const layer of layers) {
      const at = opened.layers.indexOf(layer);
      const shares = ofReferences.map((found) => scaled(found[at]!.gradients, 1 / (found[at]!.squares || Infinity)));
      const directions: Direction[] = [
        ...ofInputs.map((found) => found[at]!.gradients),
        ...(shares.length > 0 ? [mean(shares)] : []),
        ...shares.slice(0, listed),
      ];
      const { values, examples } = await splitByRows(replay, directions, queriesAtOnce(request), () =>
        onProgress?.(++done, total),
      );
      parts.set(
        layer,
        directions.map((_, i) => values.slice(i * examples, (i + 1) * examples)),
      );
    }
    return {
      of: (layer) => {
        const found = parts.get(layer)!;
        const rest = found.slice(inputs.length);
        const contrast = rest.length > 0 ? { mean: rest[0]!, references: rest.slice(1) } : {};
        return Promise.resolve({ queries: found.slice(0, inputs.length), ...contrast });
      },
    };
  } finally {
    await opened.release();
  }
}

function scaled(direction: Direction, factor: number): Direction {
  return direction.map((part) => part?.map((value) => value * factor));
}

function mean(directions: readonly Direction[]): Direction {
  return directions[0]!.map((first, place) => {
    if (!first) return undefined;
    const sum = new Float64Array(first.length);
    for (const direction of directions) direction[place]!.forEach((value, i) => (sum[i]! += value));
    return Float32Array.from(sum, (value) => value / directions.length);
  });
}
