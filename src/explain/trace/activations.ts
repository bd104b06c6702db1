/** Runs the trained model on what is to be explained: class scores, and the inputs of layers. */
import { softmax } from '../../numeric/probabilities.js';
import { InputError } from '../../errors.js';
import { cutBefore } from '../../graph/cut.js';
import { encodeModel } from '../../onnx/codec.js';
import { graphOf, type Model } from '../../onnx/model.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Tensor } from '../../tensor.js';

/** Something to explain: what the model is fed, with a batch of one. */
export type Feeds = Readonly<Record<string, Tensor>>;

/** A model that gives away what flows through it. */
export interface Activations {
  /** Computes one value for each query. */
  of(value: string, queries: readonly Feeds[]): Promise<Tensor[]>;
  release(): Promise<void>;
}

/**
 * Opens a model, in inference form, to be asked for values.
 * @param values the values that may be asked for; what none of them needs is not computed
 */
export async function openActivations(model: Model, runtime: Runtime, values: readonly string[]): Promise<Activations> {
  const inputs = new Set(graphOf(model).input.map(({ name }) => name));
  const computed = [...new Set(values)].filter((name) => !inputs.has(name));
  const session = await runtime.createSession(encodeModel(cutBefore(model, computed)));
  return {
    of: async (value, queries) => {
      const results: Tensor[] = [];
      for (const feeds of queries) {
        const given = feeds[value];
        results.push(given ?? (await session.run(feeds, [value]))[value]!);
      }
      return results;
    },
    release: () => session.release(),
  };
}

/** A class and its probability. */
export interface Probability {
  readonly class: number;
  readonly probability: number;
}

/**
 * Probabilities of all classes, most probable first: softmax of the scores; of a single score s, class 1 has σ(s).
 * @param scores class scores of one example
 * @throws InputError when a score is not a number
 */
export function probabilitiesOf(scores: ArrayLike<number>): Probability[] {
  const probabilities = softmax(scores.length === 1 ? [0, scores[0]!] : scores);
  if (!probabilities.every(Number.isFinite))
    throw new InputError('the model’s class scores are not numbers; was its training cut short?');
  return Array.from(probabilities, (probability, index) => ({ class: index, probability })).sort(
    (a, b) => b.probability - a.probability || a.class - b.class,
  );
}
