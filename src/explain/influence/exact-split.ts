/** γ of a trace for single examples: the updates of each layer split exactly into the rows that made them. */
import type { Classifier } from '../../classifier/classifier.js';
import { InputError } from '../../errors.js';
import type { Replay } from '../../replay/replay.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { ExampleGammas } from '../trace/example-gammas.js';
import { openLayerDirections } from './layer-directions.js';
import { splitByRows, type Direction } from './split-by-rows.js';
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
 * Splits the updates of layers into rows by going back over the run once for each: for the inputs, for the mean over the
 * references, and for the first references one by one.
 */
export function exactSplit({ replay, classifier, runtime, memory, onProgress }: ExactSplit): ExampleGammas {
  let done = 0;
  return {
    /** @throws InputError for a layer whose updates are not its own (one inside a loop that was rolled up) */
    of: async ({ layer, layers, reference, inputs, references }) => {
      if (reference === 'delta') {
        throw new InputError('`split` exact compares with the layer’s whole output: leave `reference` at full');
      }
      const opened = await openLayerDirections(classifier, replay.carried, runtime);
      try {
        const at = opened.layers.indexOf(layer);
        if (at < 0) {
          throw new InputError(
            `\`split\` exact: the updates of layer "${layer}" cannot be told apart by rows; use batch`,
          );
        }
        const directions: Direction[] = [];
        for (const x of inputs) directions.push((await opened.at(replay.final, x))[at]!.gradients);
        const shares: Direction[] = [];
        for (const x of references) {
          const { squares, gradients } = (await opened.at(replay.final, x))[at]!;
          shares.push(gradients.map((part) => part?.map((value) => (squares > 0 ? value / squares : 0))));
        }
        if (shares.length > 0) directions.push(mean(shares), ...shares.slice(0, LISTED_REFERENCES));
        const atOnce = queriesAtOnce({ replay, memory });
        const total = layers.length * replay.steps * Math.ceil(directions.length / atOnce);
        const { values, examples } = await splitByRows(replay, directions, atOnce, () => onProgress?.(++done, total));
        const found = directions.map((_, i) => values.slice(i * examples, (i + 1) * examples));
        const [average, ...lists] = found.slice(inputs.length);
        return { queries: found.slice(0, inputs.length), ...(average && { mean: average, references: lists }) };
      } finally {
        await opened.release();
      }
    },
  };
}

function mean(directions: readonly Direction[]): Direction {
  return directions[0]!.map((first, place) => {
    if (!first) return undefined;
    const sum = new Float64Array(first.length);
    for (const direction of directions) direction[place]!.forEach((value, i) => (sum[i]! += value));
    return Float32Array.from(sum, (value) => value / directions.length);
  });
}
