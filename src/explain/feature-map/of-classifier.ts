/** Features that a classifier computes of chosen examples. */
import type { Classifier } from '../../classifier/classifier.js';
import type { Dataset } from '../../data/dataset.js';
import type { Input } from '../../data/input.js';
import { InputError } from '../../errors.js';
import { traceableLayers } from '../../graph/layers.js';
import { graphOf } from '../../onnx/model.js';
import type { Runtime } from '../../runtime/runtime.js';
import { elementCount } from '../../tensor.js';
import { openBody, type Weights } from '../representer/features/body.js';
import type { FeatureMatrix } from '../representer/features/features.js';
import { explainedLayer } from '../representer/last-layer.js';
import type { FeatureMap } from '../../results/feature-map.js';
import { featureMap, type FeatureSource, type MapRequest } from './feature-map.js';

/** What a network is run over. */
interface Shown {
  readonly data: Pick<Dataset, 'spec' | 'shape' | 'labels' | 'dropped' | 'examples'>;
  readonly inputs: readonly Pick<Input, 'data' | 'shape' | 'name'>[];
}

/** A source to be released when done. */
interface OpenedFeatures extends FeatureSource {
  release(): Promise<void>;
}

/** Examples in one call. */
const ROWS = 128;

/** Multiplications that take a second or two on two cores; no clock says it, as the map must be the same wherever it is made. */
const AFFORDABLE = 5e10;

/**
 * Makes a map by what a classifier's last layer sees.
 * @param weights that training changed, where they are others than the classifier's
 * @returns undefined where it does not end in a layer that is applied once, is too large, or has too few examples
 */
export async function mapOfClassifier(
  classifier: Classifier,
  request: MapRequest & Shown,
  runtime: Runtime,
  weights: Weights = {},
): Promise<FeatureMap | undefined> {
  const source = await openFeatures(classifier, request, runtime, weights);
  try {
    return source && (await featureMap(source, request));
  } finally {
    await source?.release();
  }
}

/**
 * Opens what a classifier's last layer sees.
 * @returns undefined where the classifier does not end in a layer that is applied once
 */
async function openFeatures(
  classifier: Classifier,
  { data, inputs }: Shown,
  runtime: Runtime,
  weights: Weights,
): Promise<OpenedFeatures | undefined> {
  const explained = lastLayerOf(classifier);
  if (!explained) return undefined;
  const body = await openBody(classifier, explained, runtime, Object.keys(weights));
  const { columns } = explained;
  return {
    layer: explained.layer.name,
    affordable: Math.floor(AFFORDABLE / multiplications(classifier)),
    ofExamples: async (indices) => {
      const found = new Float32Array(indices.length * columns);
      for (let start = 0; start < indices.length; start += ROWS) {
        const part = await data.examples(indices.subarray(start, start + ROWS));
        found.set((await body.compute(part, data.shape, data.spec, weights)).features.data, start * columns);
      }
      return { rows: indices.length, columns, data: found };
    },
    ofQueries: async (): Promise<FeatureMatrix> => {
      const found = new Float32Array(inputs.length * columns);
      for (const [q, { data: example, shape, name }] of inputs.entries()) {
        found.set((await body.compute(example, shape, name, weights)).features.data, q * columns);
      }
      return { rows: inputs.length, columns, data: found };
    },
    release: () => body.release(),
  };
}

function lastLayerOf(classifier: Classifier) {
  try {
    return explainedLayer(classifier, undefined, 'the model');
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return undefined;
  }
}

/** Of one example, in layers. */
function multiplications({ model, values }: Classifier): number {
  return traceableLayers(graphOf(model)).reduce((sum, { columns, preActivation }) => {
    const [, ...dims] = values.of(preActivation).dims;
    return sum + columns * elementCount(dims.map((size) => (typeof size === 'number' ? size : 1)));
  }, 1);
}
