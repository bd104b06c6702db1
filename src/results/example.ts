/** Examples in results, and where they are in the data set. */
import * as v from 'valibot';
import { count } from '../schema/fields.js';

/**
 * Where an example is: the file that it was read from, below the data set's folder, and its 0-based number in that file (or in the
 * data set's only one), whatever split it belongs to; and text that is stored beside it, by the name of its column. Results of
 * earlier versions have files only.
 */
export const origin = {
  file: v.optional(v.string()),
  row: v.optional(count),
  notes: v.optional(v.record(v.string(), v.string())),
};

/** A training example: index in the training split, class, and where it is. */
export const trainingExample = { index: count, label: count, ...origin };

/** An input that is explained. */
export const explainedInput = {
  /** What is explained: a file, or `<data>@<index>`. */
  input: v.string(),
  /** The file of an example that was named by its index, below the data set's folder. */
  inputFile: v.optional(v.string()),
  /** Its 0-based number in that file, or in the data set's only one. */
  inputRow: v.optional(count),
  /** Text that is stored beside it, by the name of its column. */
  inputNotes: v.optional(v.record(v.string(), v.string())),
};
