/** Which training examples a result lists. */
import { useMemo } from 'preact/hooks';
import type { Result } from '../../../results/kinds.js';
import { usePage } from '../context.js';

/** Their indices. */
export function useListedIndices(result: Result): ReadonlySet<number> {
  const { kinds } = usePage();
  return useMemo(() => new Set(kinds.linksOf(result).map(({ example }) => example.index)), [kinds, result]);
}
