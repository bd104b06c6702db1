/** The model that is explained, prepared, with the part before the explained layer ready to run (Node only). */
import type { Dataset } from '../../data/dataset.js';
import { normalizationFor } from '../../data/model-normalization.js';
import type { Normalization } from '../../data/normalization.js';
import { printable } from '../../data/printable.js';
import { InputError } from '../../errors.js';
import { channelsFirst, takesChannelsLast } from '../../graph/channels-first.js';
import { prepareModel } from '../../graph/prepare.js';
import { inferValues } from '../../graph/values.js';
import { feedsOf, graphOf, type Model } from '../../onnx/model.js';
import { openBody, type Body } from './body.js';
import { explainedLayer, type ExplainedLayer } from './last-layer.js';
import type { SubjectRequest } from './subject.js';

/** A model that runs. */
export interface Network {
  readonly model: Model;
  readonly explained: ExplainedLayer;
  readonly normalization: Normalization;
  readonly body: Body;
}

/**
 * Prepares a model for examples of a data set.
 * @throws InputError for a model that cannot be explained, or that does not take such examples
 */
export async function openNetwork(
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
