/** The trained network up to its last layer, run over training examples and queries. */
import {
  openBody,
  datasetFeatures,
  type FeaturesAndScores,
  type Weights,
} from '../../explain/representer/features/body.js';
import { explainedLayer } from '../../explain/representer/last-layer.js';
import { sigmoid, softmax } from '../../numeric/probabilities.js';
import type { LossName } from '../../train/losses/registry.js';
import type { MethodSubject } from './method.js';

/** What the last layer is fed, and what it gives. */
export interface LastLayer {
  readonly columns: number;
  readonly outputs: number;
  readonly train: FeaturesAndScores;
  /** Of one or more examples as the model is fed them. */
  features(x: Float32Array): Promise<FeaturesAndScores['features']['data']>;
}

/**
 * Opens the trained network for some work.
 * @throws InputError where it does not end in a linear layer
 */
export async function withLastLayer<T>(
  { classifier, replay, runtime, train }: MethodSubject,
  work: (last: LastLayer) => Promise<T>,
): Promise<T> {
  const explained = explainedLayer(classifier, undefined, replay.manifest.model.path);
  const weights: Record<string, Weights[string]> = {};
  for (const { input, weight } of replay.carried) if (weight !== undefined) weights[weight] = replay.final[input]!;
  const body = await openBody(classifier, explained, runtime, Object.keys(weights));
  try {
    return await work({
      columns: explained.columns,
      outputs: explained.outputs,
      train: await datasetFeatures(body, explained, train, undefined, weights),
      // The examples are fed as they are: a stored example of floats is not normalised again.
      features: async (x) => (await body.compute(x, classifier.input.dims, 'queries', weights)).features.data,
    });
  } finally {
    await body.release();
  }
}

/** p − y of every training example: the gradient of its loss to its scores, [examples, outputs]. */
export function residuals({ outputs, train }: LastLayer, labels: Int32Array, loss: LossName): Float64Array {
  const { scores } = train;
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
