/** The trained network up to its last layer, run over training examples and queries. */
import type { Classifier } from '../../classifier/classifier.js';
import type { Dataset } from '../../data/dataset.js';
import { InputError } from '../../errors.js';
import { datasetFeatures, openBody, type Weights } from '../../explain/representer/features/body.js';
import { memoryCache } from '../../explain/representer/features/cache.js';
import { checkFinite, type FeatureMatrix } from '../../explain/representer/features/features.js';
import { explainedLayer } from '../../explain/representer/last-layer.js';
import type { LayerExamples } from '../../explain/representer/layer-data.js';
import { layerOfModel } from '../../explain/representer/linear-layer.js';
import { sigmoid, softmax } from '../../numeric/probabilities.js';
import type { RecordedReplay } from '../../replay/recorded.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { LossName } from '../../train/losses/registry.js';

/** What the last layer is fed of the training examples, and what it gives; fits of it are made once. Release it when done. */
export interface LastLayer extends LayerExamples {
  /** Of one or more examples as the model is fed them. */
  features(x: Float32Array): Promise<FeatureMatrix>;
  release(): Promise<void>;
}

/** A training whose last layer is looked at. */
export interface Trained {
  readonly replay: RecordedReplay;
  readonly classifier: Classifier;
  readonly train: Dataset;
  readonly runtime: Runtime;
}

/**
 * Opens the network that a training ended with.
 * @throws InputError where it does not end in a linear layer, or its features are not finite numbers
 */
export async function openLastLayer({ replay, classifier, train, runtime }: Trained): Promise<LastLayer> {
  const explained = explainedLayer(classifier, undefined, replay.manifest.model.path);
  const weights: Record<string, Weights[string]> = {};
  for (const { input, weight } of replay.carried) if (weight !== undefined) weights[weight] = replay.final[input]!;
  const body = await openBody(classifier, explained, runtime, Object.keys(weights));
  try {
    const found = await datasetFeatures(body, explained, train, { weights });
    checkFinite(found.features, train.spec);
    return {
      // Its weights are those that training began with; fits only start from them.
      layer: layerOfModel(explained),
      train: { ...found, labels: train.labels },
      cache: memoryCache(),
      key: {},
      // The examples are fed as they are: a stored example of floats is not normalised again.
      features: async (x) => (await body.compute(x, classifier.input.dims, 'queries', weights)).features,
      release: () => body.release(),
    };
  } catch (error) {
    await body.release();
    throw error;
  }
}

/**
 * Checks, before anything costly, that methods have the last layer that they look at.
 * @param methods names of those that do
 * @param place what messages call the model
 */
export function checkLastLayer(classifier: Classifier, methods: readonly string[], place: string): void {
  if (methods.length === 0) return;
  try {
    explainedLayer(classifier, undefined, place);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `\`methods\` ${methods.join(', ')}: ${place} does not end in a linear layer that is applied once, which they look at; name others`,
    );
  }
}

/** p − y of every training example: the gradient of its loss to its scores, [examples, outputs]. */
export function residuals({ layer: { outputs }, train }: LayerExamples, loss: LossName): Float64Array {
  const { scores, labels } = train;
  const found = new Float64Array(scores.length);
  labels.forEach((label, i) => {
    const row = scores.subarray(i * outputs, (i + 1) * outputs);
    const given =
      outputs > 1 && loss === 'cross-entropy' ? softmax(row) : Float64Array.from(row, (score) => sigmoid(score));
    given.forEach((p, k) => {
      const truth = outputs > 1 ? Number(k === label) : label;
      found[i * outputs + k] = p - truth;
    });
  });
  return found;
}
