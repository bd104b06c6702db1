/** The model that is checked, made ready to be explained. */
import type { Classifier } from '../../classifier/classifier.js';
import { openClassifier } from '../../classifier/open.js';
import { feedsOf, graphOf, type Model } from '../../onnx/model.js';
import type { Runtime } from '../../runtime/runtime.js';
import { withoutQuantization } from './dequantize.js';
import type { ProbeFeed } from './feeds.js';
import { CouldNotRun } from '../unavailable.js';

/**
 * Prepares a model for explanations: in our operator set, quantised layers in floating point.
 * @throws InputError, CouldNotRun when the model is no classifier of one input, or has operators without a rule
 */
export async function explainable(model: Model, feeds: readonly ProbeFeed[], runtime: Runtime): Promise<Classifier> {
  const inputs = feedsOf(graphOf(model));
  if (inputs.length !== 1) throw new CouldNotRun(`the model has ${inputs.length} inputs, and one can be explained`);
  return openClassifier(withoutQuantization(model), { runtime, form: { shape: feeds[0]!.dims.slice(1) } });
}
