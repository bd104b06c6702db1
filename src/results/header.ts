/** What every result begins with: what it is, and what it was computed from. */
import * as v from 'valibot';
import { json, list } from '../schema/fields.js';
import { accuracySchema } from './accuracy.js';

/** Version of the result format that this build writes, and the newest that it reads. */
export const schemaVersion = 1;

/** How scores are signed, unless a result says otherwise. */
export const sign = 'positive supports the prediction';

/** Provenance, spread into the schema of each kind. */
export const header = {
  /** Version of the format; a reader refuses a newer one than it knows. */
  schemaVersion: v.literal(schemaVersion),
  /** The program that wrote the result. */
  tool: v.object({ name: v.string(), version: v.string() }),
  /** The model that is explained: the file, and the SHA-256 of its bytes in hex. */
  model: v.object({
    path: v.string(),
    sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits')),
  }),
  /** The training data: the `--data` value, and a fingerprint of what it held. */
  data: v.object({ spec: v.string(), fingerprint: v.string() }),
  /** The options in effect, defaults included, as the command line names them. */
  options: v.record(v.string(), json),
  /**
   * How good the model is, and how good guessing would be: on the test split where that is known, else on the training split. Absent
   * where it is not known, and in results of earlier versions.
   */
  accuracy: v.optional(accuracySchema),
  /** What a positive score means. */
  sign: v.string(),
  /** Name of each class, by class index; numbers as text where no names are known. */
  classNames: list(v.string()),
};
