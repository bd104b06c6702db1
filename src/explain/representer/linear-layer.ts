/** The linear layer that is explained, whether a model, a feature file or nothing but the data says what it is. */
import type { Dataset } from '../../data/dataset.js';
import { countText, printable } from '../../data/printable.js';
import { InputError } from '../../errors.js';
import { readStoredLayer } from './features/feature-file.js';
import type { ExplainedLayer } from './last-layer.js';
import type { FlatWeights } from './fit/objective.js';

/** The layer that is explained. Without a model and without weights, it is still to be trained. */
export type LinearLayer = Pick<ExplainedLayer, 'activation' | 'columns' | 'outputs' | 'bias' | 'isLast'> & {
  readonly name: string;
  readonly weight: string;
  /** Θ of the given model. */
  readonly weights: FlatWeights | undefined;
};

/** What is needed of a layer that a model ends in, or that stands before one of its ReLUs. */
export function layerOfModel({
  layer,
  activation,
  columns,
  outputs,
  bias,
  isLast,
  weights,
}: ExplainedLayer): LinearLayer {
  return { name: layer.name, weight: layer.weight, activation, columns, outputs, bias, isLast, weights };
}

/**
 * The layer that takes the examples themselves: the one of a feature file, or one that is still to be trained.
 * @throws InputError for weights that do not fit the examples
 */
export async function storedLayer(featureFile: string | undefined, data: Dataset): Promise<LinearLayer> {
  const stored = featureFile === undefined ? undefined : await readStoredLayer(featureFile);
  const classes = data.classNames.length;
  const outputs = stored?.outputs ?? classes;
  const columns = featureCount(data);
  if (stored && stored.columns !== columns) {
    throw new InputError(
      `${data.spec}: weight takes ${countText(stored.columns)} features, but examples have ${countText(columns)}; save both of one layer`,
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

/** Numbers of one example. */
export const featureCount = ({ shape }: Dataset): number => shape.reduce((a, b) => a * b, 1);

/** @throws InputError where there is nothing to tell apart */
export function checkClasses({ spec, labels, classNames }: Dataset): void {
  if (labels.some((label) => label !== labels[0])) return;
  const only = printable(classNames[labels[0] ?? 0] ?? '', 60);
  throw new InputError(`${spec}: all training examples are of one class (${only}); give data of at least two`);
}

/** @throws InputError for labels that are no classes of the layer */
export function checkLabels({ spec, labels, split }: Dataset, { outputs, isLast }: LinearLayer): void {
  const classes = outputs === 1 ? 2 : outputs;
  const wrong = isLast ? labels.findIndex((label) => label >= classes) : -1;
  if (wrong < 0) return;
  throw new InputError(
    `${spec}: example ${countText(wrong)} of the ${split} split has label ${labels[wrong]!}, but the model has classes 0 to ` +
      `${classes - 1}; give the data that the model was trained on`,
  );
}
