/** The model that is explained, prepared, with the part before the explained layer ready to run (Node only). */
import type { Classifier } from '../../classifier/classifier.js';
import { examine } from '../../classifier/examine.js';
import { firstExamples } from '../../classifier/feeds.js';
import { openClassifier } from '../../classifier/open.js';
import type { Dataset } from '../../data/dataset.js';
import { printable } from '../../data/printable.js';
import type { Model } from '../../onnx/model.js';
import { openBody, type Body } from './features/body.js';
import { explainedLayer, type ExplainedLayer } from './last-layer.js';
import type { LayerDataRequest } from './layer-data-request.js';

/** A model that runs. */
export interface Network {
  readonly classifier: Classifier;
  readonly explained: ExplainedLayer;
  readonly body: Body;
}

/**
 * Prepares a model for examples of a data set.
 * @throws InputError for a model that cannot be explained, or that does not take such examples
 */
export async function openNetwork(request: LayerDataRequest, model: Model, data: Dataset): Promise<Network> {
  const { modelPath, layer, runtime, onNotice } = request;
  const place = printable(modelPath!);
  const opened = await openClassifier(model, {
    ...request,
    form: data,
    examples: data.spec,
    classes: data.classNames.length,
    preprocessing: request,
    keepWeights: true,
    place,
  });
  const { classifier } = await examine(opened, await firstExamples(opened, data), runtime, onNotice);
  const explained = explainedLayer(classifier, layer, place);
  return { classifier, explained, body: await openBody(classifier, explained, runtime) };
}
