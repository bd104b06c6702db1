/** The normalization that a model was trained with, kept in the model's own metadata. */
import { InputError } from '../errors.js';
import { metadata, setMetadata, type Model } from '../onnx/model.js';
import { readingOf, type Preprocessing } from './preprocessing.js';
import { UNIT_RANGE, type Normalization } from './normalization.js';

const MEAN = 'onnx-explain.mean';
const STD = 'onnx-explain.std';

/** Names of the metadata properties. */
export const NORMALIZATION_KEYS = { mean: MEAN, std: STD } as const;

/**
 * How pixels become a model's input: as the caller says, else as the model's metadata says, else x / 255.
 * @throws InputError when the metadata are no lists of numbers
 */
export function normalizationFor(model: Model, given: Unsure = {}): Normalization {
  const own = metadataNormalization(model);
  return {
    mean: given.mean ?? own.mean ?? UNIT_RANGE.mean,
    std: given.std ?? own.std ?? UNIT_RANGE.std,
  };
}

/** A normalization of which parts may not be known. */
type Unsure = { readonly [K in keyof Normalization]?: Normalization[K] | undefined };

/**
 * What the model's metadata say.
 * @throws InputError when they are no lists of numbers
 */
export function metadataNormalization(model: Model): Unsure {
  return { mean: numbers(model, MEAN), std: numbers(model, STD) };
}

/**
 * What is known of how examples are prepared, before any of them is read: as the caller says, and else as the model's
 * metadata say. Data sets are opened with it, because bytes that are no pictures are pixels only where it has a mean or std.
 * @throws InputError when the metadata are no lists of numbers
 */
export function knownPreprocessing(model: Model | undefined, given: Preprocessing): Preprocessing {
  const own = model ? metadataNormalization(model) : {};
  const { mean = own.mean, std = own.std } = given;
  return { ...readingOf(given), mean, std, corrections: given.corrections };
}

function numbers(model: Model, key: string): number[] | undefined {
  const text = metadata(model, key);
  if (text === undefined) return undefined;
  const values = text.split(',').map(Number);
  if (values.some((value) => !Number.isFinite(value))) {
    throw new InputError(`the model's metadata ${key} "${text}" is not a list of numbers; give \`mean\` and \`std\``);
  }
  return values;
}

/** Writes a normalization into a model's metadata, so that whoever gets the model feeds it rightly. */
export function recordNormalization(model: Model, { mean, std }: Normalization): void {
  setMetadata(model, MEAN, mean.join(','));
  setMetadata(model, STD, std.join(','));
}
