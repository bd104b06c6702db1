/** From paths and flags to what is explained: a linear layer, and the features of the data at it (Node only). */
import type { Dataset, Size } from '../../data/dataset.js';
import type { Input } from '../../data/input.js';
import { normalizationFor } from '../../data/model-normalization.js';
import { normalize, UNIT_RANGE, type Normalization } from '../../data/normalization.js';
import { openDataset } from '../../data/open-dataset.js';
import { count, printable, shapeText } from '../../data/printable.js';
import { InputError } from '../../errors.js';
import { sha256OfFile } from '../../files.js';
import { channelsFirst, takesChannelsLast } from '../../graph/channels-first.js';
import { prepareModel } from '../../graph/prepare.js';
import { inferValues } from '../../graph/values.js';
import { readModelFile } from '../../onnx/file.js';
import { feedsOf, graphOf, type Model } from '../../onnx/model.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Tensor } from '../../tensor.js';
import { datasetFeatures, openBody, type Body, type FeaturesAndScores } from './body.js';
import { contentHash, noCache, openCache, type Cache, type CacheKey } from './cache.js';
import { readStoredLayer } from './feature-file.js';
import { checkFinite } from './features.js';
import { explainedLayer, type ExplainedLayer } from './last-layer.js';
import { scoresAt, type FlatWeights } from './objective.js';

/** What the user names. */
export interface SubjectRequest {
  readonly modelPath?: string | undefined;
  readonly dataSpec?: string | undefined;
  /** An `.npz` file of features, in place of what the model's body computes. */
  readonly featureFile?: string | undefined;
  /** Without a model, take the examples themselves for features: a linear classifier on the inputs. */
  readonly inputsAsFeatures?: boolean;
  readonly layer?: string | undefined;
  readonly resize?: Size | undefined;
  readonly channels?: 1 | 3 | undefined;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  /** Folder of the cache; undefined for the one beside the model, null for none. */
  readonly cache?: string | null | undefined;
  readonly runtime: Runtime;
  readonly onProgress?: (what: string, done: number, total: number) => void;
  readonly onNotice?: (line: string) => void;
}

/** Examples of one split with their features. */
export interface FeatureSet extends FeaturesAndScores {
  readonly data: Dataset;
  readonly labels: Int32Array;
}

/** The layer that is explained. Without a model and without weights, it is still to be trained. */
export type SubjectLayer = Pick<ExplainedLayer, 'activation' | 'columns' | 'outputs' | 'bias' | 'isLast'> & {
  readonly name: string;
  readonly weight: string;
  /** Θ of the given model. */
  readonly weights: FlatWeights | undefined;
};

/** What is explained. Release it when done. */
export interface Subject {
  readonly layer: SubjectLayer;
  readonly train: FeatureSet;
  /** Undefined where the data have no test split. */
  readonly test: FeatureSet | undefined;
  readonly classNames: readonly string[];
  /** Where pictures of the training examples come from. */
  readonly pictures: Dataset | undefined;
  readonly provenance: {
    readonly model: { readonly path: string; readonly sha256: string };
    readonly data: { readonly spec: string; readonly fingerprint: string };
  };
  /** The prepared model and how it is fed, for what needs more than features. */
  readonly network: Network | undefined;
  readonly cache: Cache;
  /** Says what the features were computed from. */
  readonly key: CacheKey;
  /** Features and scores of inputs. @throws InputError for one that does not fit */
  featuresOf(inputs: readonly Input[]): Promise<FeaturesAndScores>;
  release(): Promise<void>;
}

/** A model that runs. */
export interface Network {
  readonly model: Model;
  readonly explained: ExplainedLayer;
  readonly normalization: Normalization;
  readonly body: Body;
}

/**
 * Opens model, data and features.
 * @throws InputError for files that cannot be used, and where model and data do not belong together
 */
export async function openSubject(request: SubjectRequest): Promise<Subject> {
  const { modelPath, dataSpec, featureFile } = request;
  const spec = featureFile ?? dataSpec;
  if (spec === undefined) throw new InputError('--data is missing: name the training data (or a file of --features)');
  const isRaw = modelPath === undefined && featureFile === undefined && request.inputsAsFeatures === true;
  if (modelPath === undefined && featureFile === undefined && !isRaw) {
    throw new InputError('--model is missing: name the .onnx classifier to explain (or a file of --features)');
  }
  const open = { resize: request.resize, channels: request.channels, onNotice: request.onNotice, onDemand: true };
  const trainData = await openDataset(spec, { ...open, split: 'train' });
  const pictures = featureFile === undefined ? trainData : await picturesFor(request, trainData);
  checkClasses(trainData);
  const testData = await openDataset(spec, { ...open, split: 'test' }).catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    request.onNotice?.(`nothing is compared on test data: ${error.message}`);
    return undefined;
  });
  const file = modelPath === undefined ? undefined : await readModelFile(modelPath);
  const network = file && (await openNetwork(request, file.model, pictures ?? trainData));
  try {
    const layer = network ? subjectLayer(network.explained) : await storedLayer(featureFile, trainData);
    checkLabels(trainData, layer);
    const { cache: folder } = request;
    // There is nothing to lie beside where the data set is all there is.
    const usual = isRaw ? null : `${modelPath ?? featureFile!}.cache`;
    const beside = folder === undefined ? usual : folder;
    const cache = beside === null ? noCache : openCache(beside, request.onNotice ?? (() => undefined));
    const modelHash = file && contentHash(file.model, file.sha256);
    const key: CacheKey = {
      model: modelHash ?? (featureFile === undefined ? 'none' : await sha256OfFile(featureFile)),
      layer: layer.name,
      normalization: network?.normalization ?? 'none',
      data: trainData.fingerprint,
      features: featureFile === undefined ? 'computed' : 'given',
    };
    const load = (data: Dataset) =>
      featureFile === undefined && network
        ? computedFeatures(request, network, data, cache, { ...key, data: data.fingerprint, split: data.split })
        : givenFeatures(data, layer, request);
    const train = await load(trainData);
    const test = testData && (await load(testData));
    return {
      layer,
      train,
      test,
      classNames: trainData.classNames,
      pictures,
      provenance: {
        model: file
          ? { path: file.path, sha256: file.sha256 }
          : featureFile === undefined
            ? { path: '(none: a linear classifier on the inputs)', sha256: trainData.fingerprint }
            : { path: featureFile, sha256: await sha256OfFile(featureFile) },
        data: { spec, fingerprint: trainData.fingerprint },
      },
      network,
      cache,
      key,
      featuresOf: (inputs) => inputFeatures(inputs, layer, network, request.runtime),
      release: async () => network?.body.release(),
    };
  } catch (error) {
    await network?.body.release();
    throw error;
  }
}

async function openNetwork(
  { modelPath, layer, mean, std, runtime }: SubjectRequest,
  model: Model,
  data: Dataset,
): Promise<Network> {
  const place = printable(modelPath!);
  const feeds = feedsOf(graphOf(model));
  if (feeds.length !== 1) {
    throw new InputError(`${place}: takes ${feeds.length} inputs, but examples are one; export it with one input`);
  }
  const exampleDims = { [feeds[0]!.name]: data.shape };
  const turned = takesChannelsLast(model, data.shape) ? channelsFirst(model) : model;
  const prepared = await prepareModel(turned, runtime, exampleDims);
  const explained = explainedLayer(prepared, await inferValues(prepared, runtime, exampleDims), layer, place);
  const normalization = normalizationFor(model, { ...(mean ? { mean } : {}), ...(std ? { std } : {}) });
  const body = await openBody(prepared, explained, normalization, runtime);
  return { model: prepared, explained, normalization, body };
}

function subjectLayer({ layer, activation, columns, outputs, bias, isLast, weights }: ExplainedLayer): SubjectLayer {
  return { name: layer.name, weight: layer.weight, activation, columns, outputs, bias, isLast, weights };
}

async function storedLayer(featureFile: string | undefined, data: Dataset): Promise<SubjectLayer> {
  const stored = featureFile === undefined ? undefined : await readStoredLayer(featureFile);
  const classes = data.classNames.length;
  const outputs = stored?.outputs ?? classes;
  const columns = columnsOf(data);
  if (stored && stored.columns !== columns) {
    throw new InputError(
      `${data.spec}: weight takes ${count(stored.columns)} features, but examples have ${count(columns)}; save both of one layer`,
    );
  }
  return {
    name: featureFile === undefined ? 'inputs' : 'features',
    weight: 'weight',
    activation: outputs === 1 ? 'sigmoid' : 'softmax',
    columns,
    outputs,
    bias: stored?.bias ?? true,
    isLast: true,
    weights: stored?.weights,
  };
}

const columnsOf = ({ shape }: Dataset) => shape.reduce((a, b) => a * b, 1);

async function picturesFor(request: SubjectRequest, features: Dataset): Promise<Dataset | undefined> {
  const { dataSpec, resize, channels, onNotice } = request;
  if (dataSpec === undefined) return undefined;
  const data = await openDataset(dataSpec, { resize, channels, onNotice, onDemand: true });
  const same = data.length === features.length && data.labels.every((label, i) => label === features.labels[i]);
  if (same) return data;
  throw new InputError(
    `${features.spec}: its labels are not those of ${data.spec}; save the features of the training split in its order`,
  );
}

function checkClasses({ spec, labels, classNames }: Dataset): void {
  if (labels.some((label) => label !== labels[0])) return;
  const only = printable(classNames[labels[0] ?? 0] ?? '', 60);
  throw new InputError(`${spec}: all training examples are of one class (${only}); give data of at least two`);
}

function checkLabels({ spec, labels, split }: Dataset, { outputs, isLast }: SubjectLayer): void {
  const classes = outputs === 1 ? 2 : outputs;
  const wrong = isLast ? labels.findIndex((label) => label >= classes) : -1;
  if (wrong < 0) return;
  throw new InputError(
    `${spec}: example ${count(wrong)} of the ${split} split has label ${labels[wrong]!}, but the model has classes 0 to ` +
      `${classes - 1}; give the data that the model was trained on`,
  );
}

async function computedFeatures(
  request: SubjectRequest,
  { body, explained }: Network,
  data: Dataset,
  cache: Cache,
  key: CacheKey,
): Promise<FeatureSet> {
  const { columns, outputs } = explained;
  const kept = await cache.read('features', key);
  const found = kept && {
    features: { rows: data.length, columns, data: floatsOf(kept.tensors.features, [data.length, columns]) },
    scores: floatsOf(kept.tensors.scores, [data.length, outputs]),
  };
  const what = `features of the ${data.split} split`;
  const computed =
    found ?? (await datasetFeatures(body, explained, data, (done, total) => request.onProgress?.(what, done, total)));
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

async function givenFeatures(
  data: Dataset,
  layer: SubjectLayer,
  { mean, std, runtime }: SubjectRequest,
): Promise<FeatureSet> {
  const columns = columnsOf(data);
  if (columns !== layer.columns) {
    throw new InputError(
      `${data.spec}: examples have ${count(columns)} features, but layer "${layer.name}" takes ${count(layer.columns)}; ` +
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
  { weights, outputs }: SubjectLayer,
  runtime: Runtime,
): Promise<Float32Array> {
  if (!weights) return new Float32Array(features.rows * outputs);
  return Float32Array.from(await scoresAt(features, weights, outputs, runtime));
}

async function inputFeatures(
  inputs: readonly Input[],
  layer: SubjectLayer,
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
        `${name}: holds ${shapeText(shape)}, expected ${count(columns)} features; without --model, inputs are rows of a feature file`,
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

function fitsBody({ wanted }: Body, shape: readonly number[]): boolean {
  return wanted.length === shape.length && wanted.every((dim, axis) => dim === null || dim === shape[axis]);
}

async function asFeatures(data: Float32Array, layer: SubjectLayer, runtime: Runtime): Promise<FeaturesAndScores> {
  const features = { rows: 1, columns: data.length, data };
  return { features, scores: await givenScores(features, layer, runtime) };
}
