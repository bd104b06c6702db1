/** Brings a model as exported into the form that training, tracing and attribution work on. */
import { graphOf, type Model } from '../onnx/model.js';
import { validateModel } from '../onnx/validate.js';
import type { Runtime } from '../runtime/runtime.js';
import { dropDead } from './drop-dead.js';
import { dynamicBatch } from './dynamic-batch.js';
import { foldConstants } from './fold-constants.js';
import { liftConstants } from './lift-constants.js';
import { parametersOf } from './parameters.js';
import { upgradeOpset } from './upgrade-opset.js';

/** What the rewrites may need besides the model. */
export interface Preparation {
  readonly runtime: Runtime;
  /** Per input, the dimensions of one example, where the model leaves them open. */
  readonly exampleDims: Readonly<Record<string, readonly number[]>>;
}

type Rewrite = (model: Model, preparation: Preparation) => Model | Promise<Model>;

/** The rewrites in the order in which they build on each other. Each computes the same as what it is given. */
const REWRITES: readonly Rewrite[] = [
  // Attributes become inputs, as constants, …
  upgradeOpset,
  // … which stand among the weights like all others from here on.
  liftConstants,
  // Shapes that depend on a fixed batch are computed, so that the constants in them are seen; parameters stay as they are.
  (model, { runtime }) => foldConstants(model, runtime, parametersOf(graphOf(model))),
  (model, { runtime, exampleDims }) => dynamicBatch(model, runtime, exampleDims),
  dropDead,
];

/**
 * The model in our operator set, with a free batch dimension and constants in one place. It computes what the given one
 * does; names of weights and of values that remain are kept.
 * @throws InputError for a model that cannot be brought into this form
 */
export async function prepareModel(
  model: Model,
  runtime: Runtime,
  exampleDims: Readonly<Record<string, readonly number[]>> = {},
): Promise<Model> {
  let prepared = model;
  for (const rewrite of REWRITES) prepared = await rewrite(prepared, { runtime, exampleDims });
  validateModel(prepared, 'the prepared model');
  return prepared;
}
