/** Training examples in results. */
import * as v from 'valibot';
import { count } from '../schema/fields.js';

/** A training example: index in the training split, class, and its file below the data set's folder where it has one. */
export const trainingExample = { index: count, label: count, file: v.optional(v.string()) };
