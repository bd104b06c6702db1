/** The kinds of result. A new kind is one file with its schema, and one line here. */
import type { InferOutput } from 'valibot';
import { attributeSchema } from './attribute.js';
import { auditSchema } from './audit.js';
import { checkSchema } from './check.js';
import { evaluateSchema } from './evaluate.js';
import { influenceSchema } from './influence.js';
import { representerSchema } from './representer.js';
import { traceSchema } from './trace.js';
import { trendsSchema } from './trends.js';

/** Schema of each kind of result. */
export const resultSchemas = {
  trace: traceSchema,
  representer: representerSchema,
  influence: influenceSchema,
  evaluate: evaluateSchema,
  audit: auditSchema,
  attribute: attributeSchema,
  trends: trendsSchema,
  check: checkSchema,
};

/** Name of a kind of result. */
export type ResultKind = keyof typeof resultSchemas;

/** The result of one kind. */
export type ResultOf<K extends ResultKind> = InferOutput<(typeof resultSchemas)[K]>;

/** A result of any kind. */
export type Result = { [K in ResultKind]: ResultOf<K> }[ResultKind];
