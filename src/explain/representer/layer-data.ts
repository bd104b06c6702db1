/** From paths and flags to what is explained: a linear layer, and the features of the data at it (Node only). */
import type { LayerDataRequest } from './layer-data-request.js';
import { withoutDropped } from '../../data/corrections/taking-part.js';
import type { Dataset } from '../../data/dataset.js';
import type { Input } from '../../data/input.js';
import { knownPreprocessing } from '../../data/model-normalization.js';
import { openDataset } from '../../data/open-dataset.js';
import { readingOf, type Preprocessing } from '../../data/preprocessing.js';
import { InputError } from '../../errors.js';
import { accuracyOfScores, type Accuracy } from '../../results/accuracy.js';
import { sha256OfFile } from '../../files.js';
import { readModelFile } from '../../onnx/file.js';
import type { FeaturesAndScores } from './features/body.js';
import { contentHash, noCache, openCache, type Cache, type CacheKey } from './features/cache.js';
import { computedFeatures, givenFeatures, inputFeatures, type FeatureSet } from './features/feature-set.js';
import { inFull, PartComputed, WHOLE } from '../../shards/division.js';
import { openNetwork, type Network } from './network.js';
import { checkClasses, checkLabels, storedLayer, layerOfModel, type LinearLayer } from './linear-layer.js';

/** A linear layer and what it sees of the training examples: what fits of it are made from. */
export interface LayerExamples {
  readonly layer: LinearLayer;
  readonly train: Omit<FeatureSet, 'data'>;
  readonly cache: Cache;
  /** Says what the features were computed from. */
  readonly key: CacheKey;
}

/** What is explained. Release it when done. */
export interface LayerData extends LayerExamples {
  /** The examples that take part: `data.members` says which of the training split they are, where some were dropped. */
  readonly train: FeatureSet;
  /** Undefined where the data have no test split. */
  readonly test: FeatureSet | undefined;
  readonly classNames: readonly string[];
  /** Where pictures of the training examples come from. */
  readonly pictures: Dataset | undefined;
  /** Where the training examples are: in the data that pictures come from, or else in the file of features. */
  readonly examplesFrom: Pick<Dataset, 'origin' | 'path' | 'labels' | 'dropped'>;
  /** How the data were opened, and inputs are to be. */
  readonly preprocessing: Preprocessing;
  readonly provenance: {
    readonly model: { readonly path: string; readonly sha256: string };
    readonly data: { readonly spec: string; readonly fingerprint: string };
    readonly accuracy?: Accuracy | undefined;
  };
  /** Whether there is no model, and the features are the inputs themselves. */
  readonly inputsAreFeatures: boolean;
  /** The prepared model and how it is fed, for what needs more than features. */
  readonly network: Network | undefined;
  /** Features and scores of inputs. @throws InputError for one that does not fit */
  featuresOf(inputs: readonly Input[]): Promise<FeaturesAndScores>;
  release(): Promise<void>;
}

/**
 * Opens model, data and features.
 * @throws InputError for files that cannot be used, and where model and data do not belong together
 */
export async function openLayerData(request: LayerDataRequest): Promise<LayerData> {
  const { modelPath, dataSpec, featureFile } = request;
  const spec = featureFile ?? dataSpec;
  if (spec === undefined) throw new InputError('`data` is missing: name the training data (or a file of `features`)');
  const isRaw = modelPath === undefined && featureFile === undefined && request.inputsAsFeatures === true;
  if (modelPath === undefined && featureFile === undefined && !isRaw) {
    throw new InputError('`model` is missing: name the .onnx classifier to explain (or a file of `features`)');
  }
  const file = modelPath === undefined ? undefined : await readModelFile(modelPath);
  const { onNotice } = request;
  // Features are numbers, however they are stored.
  const preprocessing = featureFile === undefined ? knownPreprocessing(file?.model, request) : readingOf(request);
  const open = { ...preprocessing, onNotice, onDemand: true };
  const trainData = await openDataset(spec, { ...open, split: 'train' });
  const pictures = featureFile === undefined ? trainData : await picturesFor(request, trainData);
  checkClasses(trainData);
  const learnt = withoutDropped(trainData);
  const testData = await openDataset(spec, { ...open, split: 'test' }).catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    request.onNotice?.(`nothing is compared on test data: ${error.message}`);
    return undefined;
  });
  const network = file && (await openNetwork(request, file.model, pictures ?? trainData));
  try {
    const layer = network ? layerOfModel(network.explained) : await storedLayer(featureFile, trainData);
    checkLabels(trainData, layer);
    const { cache: folder, division = WHOLE } = request;
    // There is nothing to lie beside where the data set is all there is.
    // What is merged is the same whatever this machine has computed before.
    const usual = isRaw || division.kind !== 'whole' ? null : `${modelPath ?? featureFile!}.cache`;
    const beside = folder === undefined || division.kind !== 'whole' ? usual : folder;
    const cache = beside === null ? noCache : openCache(beside, request.onNotice ?? (() => undefined));
    const modelHash = file && contentHash(file.model, file.sha256);
    const key: CacheKey = {
      model: modelHash ?? (featureFile === undefined ? 'none' : await sha256OfFile(featureFile)),
      layer: layer.name,
      normalization: network?.classifier.normalization ?? 'none',
      ...(request.inputShape && { inputShape: request.inputShape }),
      data: cacheName(trainData),
      features: featureFile === undefined ? 'computed' : 'given',
    };
    const load = (data: Dataset) =>
      featureFile === undefined && network
        ? computedFeatures(request, network, data, cache, { ...key, data: cacheName(data), split: data.split })
        : givenFeatures(data, layer, request);
    division.madeFrom({ model: String(key.model), 'training data': trainData.fingerprint });
    const splits = [learnt, ...(testData ? [testData] : [])];
    const [train, test] = (await inFull(splits.map((data) => () => load(data)))) as [FeatureSet, FeatureSet?];
    if (division.kind === 'shard') throw new PartComputed();
    return {
      layer,
      train,
      test,
      classNames: namesOf(trainData, pictures),
      pictures,
      examplesFrom: pictures ?? trainData,
      preprocessing,
      provenance: {
        model: file
          ? { path: file.path, sha256: file.sha256 }
          : featureFile === undefined
            ? { path: '(none: a linear classifier on the inputs)', sha256: trainData.fingerprint }
            : { path: featureFile, sha256: await sha256OfFile(featureFile) },
        data: { spec, fingerprint: trainData.fingerprint },
        accuracy: accuracyAt(layer, test ?? train),
      },
      inputsAreFeatures: isRaw,
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

/** How good the model is, where the layer gives its scores. */
function accuracyAt(
  { isLast, weights, outputs }: LinearLayer,
  { data, labels, scores }: FeatureSet,
): Accuracy | undefined {
  return isLast && weights ? accuracyOfScores({ split: data.split, labels }, scores, outputs) : undefined;
}

/** What features of a data set are kept under: the order in which a flat input gets its elements is no part of its fingerprint. */
function cacheName({ fingerprint, channelsLast }: Dataset): string {
  return channelsLast ? `${fingerprint}, channels last` : fingerprint;
}

/** Names of the classes; a feature file that only numbers them leaves them to the data that its pictures come from. */
function namesOf({ classNames }: Dataset, pictures: Dataset | undefined): readonly string[] {
  const areNumbers = classNames.every((name, i) => name === String(i));
  return areNumbers && pictures?.classNames.length === classNames.length ? pictures.classNames : classNames;
}

async function picturesFor(request: LayerDataRequest, features: Dataset): Promise<Dataset | undefined> {
  const { dataSpec, onNotice } = request;
  if (dataSpec === undefined) return undefined;
  const data = await openDataset(dataSpec, { ...readingOf(request), onNotice, onDemand: true });
  const same = data.length === features.length && data.labels.every((label, i) => label === features.labels[i]);
  if (same) return data;
  throw new InputError(
    `${features.spec}: its labels are not those of ${data.spec}; save the features of the training split in its order`,
  );
}
