/** The part of a model before the explained layer: examples in, features out. */
import type { Dataset } from '../../data/dataset.js';
import type { FloatArray } from '../../data/encode-npy.js';
import { exampleDims } from '../../data/example-shape.js';
import { normalize, type Normalization } from '../../data/normalization.js';
import { bytesText, count } from '../../data/printable.js';
import { InputError } from '../../errors.js';
import { cutBefore } from '../../graph/cut.js';
import { encodeModel } from '../../onnx/codec.js';
import { feedsOf, graphOf, toNumber, type Model } from '../../onnx/model.js';
import type { Runtime } from '../../runtime/runtime.js';
import { float32, type Tensor } from '../../tensor.js';
import type { FeatureMatrix } from './features.js';
import type { ExplainedLayer } from './last-layer.js';

/** Features f and scores Φ of some examples. */
export interface FeaturesAndScores {
  readonly features: FeatureMatrix;
  /** Of the model as given, [rows, outputs]. */
  readonly scores: Float32Array;
}

/** A loaded body; release it when done. */
export interface Body {
  /** Dimensions of one example; null where any size will do. */
  readonly wanted: readonly (number | null)[];
  /** One example as the model takes it. @throws InputError when it does not fit */
  prepare(example: Uint8Array | Float32Array, shape: readonly number[], what: string): FloatArray;
  /** @param examples as they are stored, `[rows, …shape]` */
  compute(examples: Uint8Array | Float32Array, shape: readonly number[], what: string): Promise<FeaturesAndScores>;
  release(): Promise<void>;
}

/** Examples in one call. */
const ROWS = 128;

/** More would not fit into the memory of an ordinary machine beside the data. */
const LARGEST_FEATURES = 6 * 2 ** 30;

/** What a body ends at. */
export interface BodyEnd extends Pick<ExplainedLayer, 'columns' | 'outputs'> {
  readonly layer: Pick<ExplainedLayer['layer'], 'name' | 'input' | 'preActivation'>;
}

/** Loads the body of a prepared model. */
export async function openBody(
  model: Model,
  { layer, columns, outputs }: BodyEnd,
  normalization: Normalization,
  runtime: Runtime,
): Promise<Body> {
  const feed = feedsOf(graphOf(model))[0]!;
  const isFed = layer.input === feed.name;
  const part = cutBefore(model, isFed ? [layer.preActivation] : [layer.input, layer.preActivation]);
  const session = await runtime.createSession(encodeModel(part));
  const wanted = (feed.type?.tensorType?.shape?.dim ?? []).slice(1).map(({ dimValue }) => toNumber(dimValue) || null);
  return {
    wanted,
    prepare: (example, shape, what) => ({
      shape: exampleDims(what, shape, wanted),
      data: normalize(example, shape, normalization),
    }),
    compute: async (examples, shape, what) => {
      const dims = exampleDims(what, shape, wanted);
      const values = normalize(examples, shape, normalization);
      const rows = values.length / shape.reduce((a, b) => a * b, 1);
      const input = float32(values, [rows, ...dims]);
      const results = await session.run({ [feed.name]: input });
      const features = isFed ? values : floatsOf(results[layer.input]!);
      const scores = floatsOf(results[layer.preActivation]!);
      if (features.length !== rows * columns || scores.length !== rows * outputs) {
        throw new Error(`internal: layer ${layer.name} gave ${features.length} features for ${rows} examples`);
      }
      return { features: { rows, columns, data: features }, scores };
    },
    release: () => session.release(),
  };
}

function floatsOf({ type, data }: Tensor): Float32Array {
  return type === 'float32' ? (data as Float32Array) : Float32Array.from(data as Float64Array);
}

/**
 * Streams a data set through the body.
 * @throws InputError when the examples do not fit the model, or their features would not fit in memory
 */
export async function datasetFeatures(
  body: Body,
  { columns, outputs }: Pick<ExplainedLayer, 'columns' | 'outputs'>,
  data: Pick<Dataset, 'spec' | 'length' | 'shape' | 'examples'>,
  onProgress?: (done: number, total: number) => void,
): Promise<FeaturesAndScores> {
  const { length, shape, spec } = data;
  if (length * columns * 4 > LARGEST_FEATURES) {
    throw new InputError(
      `${spec}: ${count(length)} examples of ${count(columns)} features take ${bytesText(length * columns * 4)}, ` +
        `more than ${bytesText(LARGEST_FEATURES)}; give a part of the data, or a later layer`,
    );
  }
  const features = new Float32Array(length * columns);
  const scores = new Float32Array(length * outputs);
  for (let start = 0; start < length; start += ROWS) {
    const rows = Int32Array.from({ length: Math.min(ROWS, length - start) }, (_, i) => start + i);
    const part = await body.compute(await data.examples(rows), shape, spec);
    features.set(part.features.data, start * columns);
    scores.set(part.scores, start * outputs);
    onProgress?.(start + rows.length, length);
  }
  return { features: { rows: length, columns, data: features }, scores };
}
