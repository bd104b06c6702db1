/** Classes in results. */
import * as v from 'valibot';
import { count, share } from '../schema/fields.js';

/** A class with its name. */
export const namedClass = { class: count, label: v.string() };

/** The true class, with the probability that the model gives it; results of earlier versions do not say that. */
export const trueClass = v.object({ ...namedClass, probability: v.optional(share) });

/** A class with its name and its probability, 0 to 1. */
export const probableClass = v.object({ ...namedClass, probability: share });
