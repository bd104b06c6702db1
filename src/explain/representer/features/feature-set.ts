/** Features of data and of inputs: computed by a model's body and kept in the cache, or given in a file. */
import type { Dataset } from '../../../data/dataset.js';
import type { Input } from '../../../data/input.js';
import { normalize, UNIT_RANGE } from '../../../data/normalization.js';
import { countText, shapeText } from '../../../data/printable.js';
import { InputError } from '../../../errors.js';
import type { Runtime } from '../../../runtime/runtime.js';
import { WHOLE } from '../../../shards/division.js';
import type { Tensor } from '../../../tensor.js';
import { datasetFeatures, type Body, type FeaturesAndScores } from './body.js';
import type { Cache, CacheKey } from './cache.js';
import { checkFinite } from './features.js';
import type { Network } from '../network.js';
import { scoresAt } from '../fit/objective.js';
import { featureCount, type LinearLayer } from '../linear-layer.js';
import type { LayerDataRequest } from '../layer-data-request.js';

/** Examples of one split with their features. */
export interface FeatureSet extends FeaturesAndScores {
  readonly data: Dataset;
  readonly labels: Int32Array;
}

/** What the model's body computes of a data set, or what an earlier call kept of it. @throws InputError */
export async function computedFeatures(
  request: LayerDataRequest,
  { body, explained }: Network,
  data: Dataset,
  cache: Cache,
  key: CacheKey,
): Promise<FeatureSet> {
  const { columns, outputs } = explained;
  const { division = WHOLE } = request;
  const kept = await cache.read('features', key);
  const found = kept && {
    features: { rows: data.length, columns, data: floatsOf(kept.tensors.features, [data.length, columns]) },
    scores: floatsOf(kept.tensors.scores, [data.length, outputs]),
  };
  const what = `features of the ${data.split} split`;
  const onProgress = (done: number, total: number) => request.onProgress?.(what, done, total);
  const pass = { name: `the ${data.split} split`, division, onProgress };
  const computed = found ?? (await datasetFeatures(body, explained, data, pass));
  checkFinite(computed.features, data.spec);
  if (!found) {
    const tensor = (values: Float32Array, width: number): Tensor => {
      return { type: 'float32', dims: [data.length, width], data: values };
    };
    const tensors = {
      features: tensor(computed.features.data as Float32Array, columns),
      scores: tensor(computed.scores, outputs),
    };
    await cache.write('features', key, { tensors, facts: {} });
  }
  return { ...computed, data, labels: data.labels };
}

function floatsOf(tensor: Tensor | undefined, dims: readonly number[]): Float32Array {
  if (tensor?.type === 'float32' && tensor.dims.join() === dims.join()) return tensor.data as Float32Array;
  throw new InputError(`the cache holds features of another shape than ${shapeText(dims)}; delete it`);
}

/** Features that the examples themselves are. @throws InputError where the layer takes others */
export async function givenFeatures(
  data: Dataset,
  layer: LinearLayer,
  { mean, std, runtime }: LayerDataRequest,
): Promise<FeatureSet> {
  const columns = featureCount(data);
  if (columns !== layer.columns) {
    throw new InputError(
      `${data.spec}: examples have ${countText(columns)} features, but layer "${layer.name}" takes ${countText(layer.columns)}; ` +
        'save what the layer takes',
    );
  }
  const all = await data.examples(Int32Array.from({ length: data.length }, (_, i) => i));
  const normalization = { mean: mean ?? UNIT_RANGE.mean, std: std ?? UNIT_RANGE.std };
  const features = { rows: data.length, columns, data: normalize(all, data.shape, normalization) };
  checkFinite(features, data.spec);
  return { features, scores: await givenScores(features, layer, runtime), data, labels: data.labels };
}

async function givenScores(
  features: FeaturesAndScores['features'],
  { weights, outputs }: LinearLayer,
  runtime: Runtime,
): Promise<Float32Array> {
  if (!weights) return new Float32Array(features.rows * outputs);
  return Float32Array.from(await scoresAt(features, weights, outputs, runtime));
}

/** Features of what is to be explained: an input of the model, or a row of features. @throws InputError for neither */
export async function inputFeatures(
  inputs: readonly Input[],
  layer: LinearLayer,
  network: Network | undefined,
  runtime: Runtime,
): Promise<FeaturesAndScores> {
  const { columns, outputs } = layer;
  const features = { rows: inputs.length, columns, data: new Float32Array(inputs.length * columns) };
  const scores = new Float32Array(inputs.length * outputs);
  for (const [i, { name, data, shape }] of inputs.entries()) {
    const isFeatures = shape.length === 1 && shape[0] === columns && !(network && fitsBody(network.body, shape));
    if (!network && !isFeatures) {
      throw new InputError(
        `${name}: holds ${shapeText(shape)}, expected ${countText(columns)} features; without \`model\`, inputs are rows of a feature file`,
      );
    }
    const part = isFeatures
      ? await asFeatures(Float32Array.from(data), layer, runtime)
      : await network!.body.compute(data, shape, name);
    features.data.set(part.features.data, i * columns);
    scores.set(part.scores, i * outputs);
  }
  checkFinite(features, inputs.map(({ name }) => name).join(', '));
  return { features, scores };
}

function fitsBody({ dims }: Body, shape: readonly number[]): boolean {
  return dims.join() === shape.join();
}

async function asFeatures(data: Float32Array, layer: LinearLayer, runtime: Runtime): Promise<FeaturesAndScores> {
  const features = { rows: 1, columns: data.length, data };
  return { features, scores: await givenScores(features, layer, runtime) };
}
