/**
 * Building blocks of the schemas of results, manifests and baselines.
 *
 * valibot rather than a larger validator: types and schema come from one declaration, errors carry the path to the bad
 * value, it runs in the browser, and it loads in some 20 ms where others take over 100, which every command would pay.
 */
import * as v from 'valibot';

/** A finite number: JSON has no NaN, and a result that would hold one is wrong. */
export const number = v.pipe(v.number(), v.finite('expected a finite number'));

/** A finite number that is not below zero. */
export const magnitude = v.pipe(number, v.minValue(0));

/** A share of a whole, 0 to 1. */
export const share = v.pipe(magnitude, v.maxValue(1));

/** A count, or a 0-based index. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** A list that its readers do not change. */
export function list<const S extends v.GenericSchema>(item: S) {
  return v.pipe(v.array(item), v.readonly());
}

/** Any JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Any JSON value; NaN and the infinities are none. */
export const json: v.GenericSchema<Json> = v.lazy(() =>
  v.union([v.string(), number, v.boolean(), v.null(), v.array(json), v.record(v.string(), json)]),
);
