/** Classes in results. */
import * as v from 'valibot';
import { count, share } from '../schema/fields.js';

/** A class with its name. */
export const namedClass = { class: count, label: v.string() };

/** A class with its name and its probability, 0 to 1. */
export const probableClass = v.object({ ...namedClass, probability: share });
