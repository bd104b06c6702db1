/** Runs a classifier one example at a time: its scores, and whatever else flows through it. */
import { cutBefore } from '../graph/cut.js';
import { feedLargeWeights } from '../graph/fed-weights.js';
import { encodeModel } from '../onnx/codec.js';
import { graphOf } from '../onnx/model.js';
import type { Runtime } from '../runtime/runtime.js';
import { elementCount, type Tensor } from '../tensor.js';
import type { Classifier } from './classifier.js';
import { feedTensor } from './feeds.js';

/** A classifier that gives away what flows through it. */
export interface Activations {
  /**
   * Computes a value for each example, alone in its batch.
   * @param examples as the model takes them, one array each
   * @returns tensors whose first dimension is what one example has (1, mostly)
   */
  of(value: string, examples: readonly Float32Array[]): Promise<Tensor[]>;
  /**
   * Computes several values of one example, alone in its batch, at once.
   * @returns by name, as `of` gives them
   */
  allOf(values: readonly string[], example: Float32Array): Promise<Readonly<Record<string, Tensor>>>;
  /** Computes values for several examples in one batch. */
  together(values: readonly string[], examples: readonly Float32Array[]): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}

/** As many runs with weights that are fed take less time than it takes to load them. */
const FEW_RUNS = 32;

/**
 * Opens a classifier, in inference form, to be asked for values.
 * @param values the values that may be asked for; what none of them needs is not computed
 * @param runs about how many examples it is asked for: for a few, large weights are not loaded but fed
 */
export async function openActivations(
  classifier: Pick<Classifier, 'model' | 'input' | 'batch'>,
  runtime: Runtime,
  values: readonly string[],
  runs = Infinity,
): Promise<Activations> {
  const { model, input, batch } = classifier;
  const inputs = new Set(graphOf(model).input.map(({ name }) => name));
  const computed = [...new Set(values)].filter((name) => !inputs.has(name));
  const cut = cutBefore(model, computed);
  const { model: loaded, weights } = runs <= FEW_RUNS ? feedLargeWeights(cut, runtime) : { model: cut, weights: {} };
  const session = await runtime.createSession(encodeModel(loaded));
  const run = (names: readonly string[], rows: readonly Float32Array[]) => {
    const size = elementCount(input.dims);
    const all = new Float32Array(rows.length * size);
    rows.forEach((row, i) => all.set(row, i * size));
    return session.run({ ...weights, [input.name]: feedTensor(input, all, rows.length) }, [...names]);
  };
  const allOf = async (names: readonly string[], example: Float32Array) => {
    // A model of a fixed batch gets copies of the example, and what it gives is that of the first.
    const copies = batch ?? 1;
    const asked = names.filter((name) => name !== input.name);
    const found = asked.length > 0 ? await run(asked, new Array<Float32Array>(copies).fill(example)) : {};
    const first = asked.map((name) => [name, copies === 1 ? found[name]! : firstPart(found[name]!, copies)] as const);
    const own = names.includes(input.name) ? [[input.name, feedTensor(input, example, 1)] as const] : [];
    return Object.fromEntries([...first, ...own]);
  };
  return {
    of: async (value, examples) => {
      const results: Tensor[] = [];
      for (const example of examples) results.push((await allOf([value], example))[value]!);
      return results;
    },
    allOf,
    together: run,
    release: () => session.release(),
  };
}

/** What belongs to the first of several examples. */
function firstPart({ type, dims, data }: Tensor, examples: number): Tensor {
  const [rows = 1, ...rest] = dims;
  return {
    type,
    dims: [rows / examples, ...rest],
    data: data.slice(0, data.length / examples),
  };
}
