/** The part of a model before the explained layer: examples in, features out. */
import * as v from 'valibot';
import { mostRows, type Classifier } from '../../../classifier/classifier.js';
import { asFed, padded } from '../../../classifier/feeds.js';
import type { Dataset } from '../../../data/dataset.js';
import type { FloatArray } from '../../../tensor.js';
import { bytesText, countText } from '../../../data/printable.js';
import { InputError } from '../../../errors.js';
import { cutBefore } from '../../../graph/cut.js';
import { encodeModel } from '../../../onnx/codec.js';
import type { Runtime } from '../../../runtime/runtime.js';
import { elementCount, type Tensor } from '../../../tensor.js';
import { WHOLE, type Division } from '../../../shards/division.js';
import { withFedWeights } from '../../../graph/fed-weights.js';
import type { FeatureMatrix } from './features.js';
import type { ExplainedLayer } from '../last-layer.js';

/** Features f and scores Φ of some examples. */
export interface FeaturesAndScores {
  readonly features: FeatureMatrix;
  /** Of the model as given, [rows, outputs]. */
  readonly scores: Float32Array;
}

/** A loaded body; release it when done. */
export interface Body {
  /** Dimensions of one example. */
  readonly dims: readonly number[];
  /** One example as the model takes it. @throws InputError when it does not fit */
  prepare(example: Uint8Array | Float32Array, shape: readonly number[], what: string): FloatArray;
  /**
   * @param examples as they are stored, `[rows, …shape]`
   * @param weights of a body that was opened for them: those that are fed, by name
   */
  compute(
    examples: Uint8Array | Float32Array,
    shape: readonly number[],
    what: string,
    weights?: Weights,
  ): Promise<FeaturesAndScores>;
  release(): Promise<void>;
}

/** Weights by name. */
export type Weights = Readonly<Record<string, Tensor>>;

/** Examples in one call. */
const ROWS = 128;

/** More would not fit into the memory of an ordinary machine beside the data. */
const LARGEST_FEATURES = 6 * 2 ** 30;

/** The layer whose inputs are the features, and whose outputs are the scores. */
export interface BodyEnd extends Pick<ExplainedLayer, 'columns' | 'outputs'> {
  readonly layer: Pick<ExplainedLayer['layer'], 'name' | 'input' | 'preActivation'>;
}

/**
 * Loads the body of a classifier.
 * @param changing names of weights that are fed with each call, so that one session serves all states of a training
 */
export async function openBody(
  classifier: Classifier,
  { layer, columns, outputs }: BodyEnd,
  runtime: Runtime,
  changing: readonly string[] = [],
): Promise<Body> {
  const { model, input, batch } = classifier;
  const isFed = layer.input === input.name;
  const most = mostRows(classifier);
  const run = async (values: Float32Array, rows: number, weights: Weights = {}): Promise<FeaturesAndScores> => {
    const feeds: Record<string, Tensor> = { [input.name]: padded(input, values, rows, batch) };
    for (const name of fed) feeds[name] = weights[name]!;
    const results = await session.run(feeds);
    const features = isFed ? values : floatsOf(results[layer.input]!).subarray(0, rows * columns);
    const scores = floatsOf(results[layer.preActivation]!).subarray(0, rows * outputs);
    if (features.length !== rows * columns || scores.length !== rows * outputs) {
      throw new Error(`internal: layer ${layer.name} gave ${features.length} features for ${rows} examples`);
    }
    return { features: { rows, columns, data: features }, scores };
  };
  const part = cutBefore(model, isFed ? [layer.preActivation] : [layer.input, layer.preActivation]);
  const { model: open, fed } = withFedWeights(part, changing);
  const session = await runtime.createSession(encodeModel(open));
  return {
    dims: input.dims,
    prepare: (example, shape, what) => ({ shape: [...input.dims], data: asFed(classifier, example, shape, what) }),
    compute: async (examples, shape, what, weights) => {
      const values = asFed(classifier, examples, shape, what);
      const size = elementCount(input.dims);
      const rows = values.length / size;
      if (rows <= most) return run(values, rows, weights);
      const features = new Float32Array(rows * columns);
      const scores = new Float32Array(rows * outputs);
      for (let row = 0; row < rows; row += most) {
        const count = Math.min(most, rows - row);
        const part = await run(values.subarray(row * size, (row + count) * size), count, weights);
        features.set(part.features.data, row * columns);
        scores.set(part.scores, row * outputs);
      }
      return { features: { rows, columns, data: features }, scores };
    },
    release: () => session.release(),
  };
}

function floatsOf({ type, data }: Tensor): Float32Array {
  return type === 'float32' ? (data as Float32Array) : Float32Array.from(data as Float64Array);
}

/** How a data set goes through a body. */
export interface DataPass {
  /** What it is called, where blocks are computed elsewhere. */
  readonly name?: string;
  /** Which blocks are computed here; all by default. */
  readonly division?: Division | undefined;
  readonly onProgress?: (done: number, total: number) => void;
  /** Of a body that was opened for them. */
  readonly weights?: Weights;
}

/**
 * Streams a data set through the body, a block of examples at a time.
 * @throws InputError when the examples do not fit the model, or their features would not fit in memory
 */
export async function datasetFeatures(
  body: Body,
  { columns, outputs }: Pick<ExplainedLayer, 'columns' | 'outputs'>,
  data: Pick<Dataset, 'spec' | 'length' | 'shape' | 'examples'>,
  { name = '', division = WHOLE, onProgress, weights }: DataPass = {},
): Promise<FeaturesAndScores> {
  const { length, shape, spec } = data;
  if (length * columns * 4 > LARGEST_FEATURES) {
    throw new InputError(
      `${spec}: ${countText(length)} examples of ${countText(columns)} features take ${bytesText(length * columns * 4)}, ` +
        `more than ${bytesText(LARGEST_FEATURES)}; give a part of the data, or a later layer`,
    );
  }
  const all = {
    name: `features of ${name}`,
    schema: blockSchema,
    compute: async function* (isOwn: (block: number) => boolean) {
      for (let block = 0, start = 0; start < length; block++, start += ROWS) {
        if (!isOwn(block)) continue;
        const rows = Int32Array.from({ length: Math.min(ROWS, length - start) }, (_, i) => start + i);
        const part = await body.compute(await data.examples(rows), shape, spec, weights);
        yield { features: part.features.data as Float32Array, scores: part.scores };
        onProgress?.(start + rows.length, length);
      }
    },
  };
  const features = new Float32Array(length * columns);
  const scores = new Float32Array(length * outputs);
  let rows = 0;
  for await (const block of division.units(all)) {
    const count = Math.min(ROWS, length - rows);
    if (block.features.length !== count * columns || block.scores.length !== count * outputs) {
      throw new InputError(`${spec}: its features were computed in other blocks; compute the shards again`);
    }
    features.set(block.features, rows * columns);
    scores.set(block.scores, rows * outputs);
    rows += count;
  }
  return { features: { rows: length, columns, data: features }, scores };
}

const floats = v.instance(Float32Array);
const blockSchema = v.object({ features: floats, scores: floats });
