/** How a result gets the head that all kinds have in common. */
import { TOOL } from '../tool.js';
import { schemaVersion, sign as USUAL_SIGN } from './header.js';
import type { ResultKind, ResultOf } from './kinds.js';

/** What every kind of result is assembled with. */
type FilledIn = 'kind' | 'schemaVersion' | 'tool' | 'sign';

/** What a kind of result is assembled from; `sign` where a positive score means something else than it usually does. */
type Found<K extends ResultKind> = Omit<ResultOf<K>, FilledIn> & { readonly sign?: string | undefined };

/**
 * A result of one kind: what it was computed from, the options in effect, and what was found.
 * @param found all but the head's constants; the schema's order of keys
 */
export function assembleResult<K extends ResultKind, F extends Found<K>>(kind: K, found: F): ResultOf<K> & F {
  const {
    model,
    data,
    options,
    accuracy,
    classNames,
    sign = USUAL_SIGN,
    ...rest
  } = found as unknown as Found<ResultKind>;
  const head = { kind, schemaVersion, tool: TOOL, model, data, options, accuracy, sign, classNames };
  return { ...head, ...rest } as unknown as ResultOf<K> & F;
}
