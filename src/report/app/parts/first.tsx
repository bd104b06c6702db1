/** The first of many things, and more of them when asked for. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { usePage } from '../context.js';

/** By how much a list grows each time. */
const GROWTH = 4;

/**
 * The first of all, and what stands below them where there are more: a button, or on paper how many are left out.
 * @param shown how many there are until more are asked for
 */
export function useFirst<T>(
  all: readonly T[],
  shown: number,
): { readonly first: readonly T[]; readonly more: VNode | null } {
  const { isPaper } = usePage();
  const [limit, setLimit] = useState(shown);
  const hidden = all.length - limit;
  if (hidden <= 0) return { first: all, more: null };
  const text = `${hidden.toLocaleString('en')} more`;
  const more = isPaper ? (
    <p class="small muted">{text} in result.json.</p>
  ) : (
    <p>
      <button type="button" onClick={() => setLimit(limit * GROWTH)}>
        {text}
      </button>
    </p>
  );
  return { first: all.slice(0, limit), more };
}
