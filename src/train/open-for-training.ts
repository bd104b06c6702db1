/** A model opened to be trained. */
import { examine } from '../classifier/examine.js';
import { firstExamples } from '../classifier/feeds.js';
import {
  openClassifier,
  type InterfaceChoice,
  type OpenClassifier,
  type OpenedClassifier,
} from '../classifier/open.js';
import type { Dataset } from '../data/dataset.js';
import type { Model } from '../onnx/model.js';
import type { LossName } from './losses/registry.js';

/** What a model is opened with. */
export interface OpenForTraining extends Pick<OpenClassifier, 'runtime' | 'onNotice'> {
  readonly options: InterfaceChoice & { readonly loss: LossName };
}

/**
 * A model opened for the examples that it is trained on.
 * @param place what messages call the model: its file
 * @throws InputError as `openClassifier` does, and where the first examples cannot be run
 */
export async function openForTraining(
  model: Model,
  place: string,
  { runtime, options, onNotice }: OpenForTraining,
  data: Dataset,
  how: Pick<OpenClassifier, 'preprocessing' | 'isPrepared' | 'rollsUp'>,
): Promise<OpenedClassifier> {
  const { inputShape, output, at, loss } = options;
  const found = await openClassifier(model, {
    rollsUp: true,
    ...how,
    runtime,
    place,
    form: data,
    examples: data.spec,
    classes: data.classNames.length,
    inputShape,
    output,
    at,
    keepWeights: true,
    onNotice,
  });
  if (found.activation === 'sigmoid' && found.outputs > 1 && loss === 'cross-entropy') {
    onNotice?.('the model ends in a sigmoid for each class, which `loss` binary-cross-entropy goes with');
  }
  const tried = await firstExamples(found, data);
  return (await examine(found, tried, runtime, onNotice)).classifier;
}
