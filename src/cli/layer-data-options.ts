/** Flags of the commands that explain a linear layer by its training data. */
import type { Argv } from 'yargs';
import type { LayerDataRequest } from '../explain/representer/layer-data-request.js';
import {
  interfaceChoice,
  interfaceOptions,
  readingFrom,
  readingOptions,
  runtimeFor,
  type InterfaceArguments,
  type ReadingArguments,
} from './options.js';

/** Flags that say what is explained. */
export function layerDataOptions<T>(yargs: Argv<T>) {
  return interfaceOptions(readingOptions(yargs))
    .option('model', { type: 'string', describe: 'The .onnx classifier to explain' })
    .option('data', { type: 'string', describe: 'Its training data: a folder, a file, or fashion-mnist-sample' })
    .option('features', {
      type: 'string',
      describe: 'An .npz file of features (x, y, x_test, y_test) that stands in for the model’s body',
    })
    .option('layer', { type: 'string', describe: 'A hidden layer before a ReLU, by name, weight or number' })
    .option('cache', {
      type: 'string',
      describe: 'Folder that keeps features and fit, by default beside the model; --no-cache keeps nothing',
    });
}

/** The parsed flags of {@link layerDataOptions}. */
interface LayerDataArguments extends InterfaceArguments, ReadingArguments {
  readonly model?: string | undefined;
  readonly data?: string | undefined;
  readonly features?: string | undefined;
  readonly layer?: string | undefined;
  readonly cache?: string | boolean | undefined;
  readonly threads?: number | undefined;
  readonly executionProvider?: string;
}

/** What the flags name. @throws InputError for flags that make no sense */
export async function layerDataRequest(args: LayerDataArguments): Promise<LayerDataRequest> {
  return {
    ...interfaceChoice(args),
    modelPath: args.model,
    dataSpec: args.data,
    featureFile: args.features,
    layer: args.layer,
    ...(await readingFrom(args)),
    // yargs makes --no-cache the opposite of --cache.
    cache: args.cache === false ? null : typeof args.cache === 'string' ? args.cache : undefined,
    runtime: runtimeFor(args),
  };
}
