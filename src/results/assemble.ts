/** How a result gets the head that all kinds have in common. */
import { TOOL } from '../tool.js';
import { schemaVersion, sign } from './header.js';
import type { ResultKind, ResultOf } from './kinds.js';

/** What every kind of result is assembled with. */
type FilledIn = 'kind' | 'schemaVersion' | 'tool' | 'sign';

/**
 * A result of one kind: what it was computed from, the options in effect, and what was found.
 * @param found all but the head's constants; the schema's order of keys
 */
export function assembleResult<K extends ResultKind>(kind: K, found: Omit<ResultOf<K>, FilledIn>): ResultOf<K> {
  const { model, data, options, classNames, ...rest } = found as Omit<ResultOf<ResultKind>, FilledIn>;
  const head = { kind, schemaVersion, tool: TOOL, model, data, options, sign, classNames };
  return { ...head, ...rest } as unknown as ResultOf<K>;
}
