/** Which training examples results list, in the order in which a map has room for them. */
import type { AuditResult } from '../../results/audit.js';
import type { InfluenceQuery } from '../../results/influence.js';
import type { RepresenterResult } from '../../results/representer.js';
import type { TraceQuery } from '../../results/trace.js';

interface Indexed {
  readonly index: number;
}

const indicesOf = (...lists: readonly (readonly Indexed[] | undefined)[]) =>
  lists.flatMap((list = []) => list.map(({ index }) => index));

/** By layers from the last on, which say most of a decision. */
export function listedInTrace(queries: readonly Pick<TraceQuery, 'layers'>[]): number[] {
  const most = Math.max(0, ...queries.map(({ layers }) => layers.length));
  return Array.from({ length: most }, (_, i) => most - 1 - i).flatMap((layer) =>
    queries.flatMap(({ layers }) => indicesOf(layers[layer]?.examples, layers[layer]?.opponents)),
  );
}

/** Both sides. */
export function listedInInfluence(queries: readonly InfluenceQuery[]): number[] {
  return queries.flatMap(({ examples, opponents }) => indicesOf(examples, opponents));
}

/** Both sides, then what influence functions list, then those behind mistakes. */
export function listedInRepresenter({ queries, mistakes = [] }: RepresenterResult): number[] {
  return [
    ...queries.flatMap(({ excitatory, inhibitory }) => indicesOf(excitatory, inhibitory)),
    ...queries.flatMap(({ influence }) => indicesOf(influence?.helpful, influence?.harmful)),
    ...mistakes.flatMap(({ inhibitory }) => indicesOf(inhibitory)),
  ];
}

/** Suspects, then their opponents. */
export function listedInAudit({ suspects }: Pick<AuditResult, 'suspects'>): number[] {
  return [...indicesOf(suspects), ...suspects.flatMap(({ opponents }) => indicesOf(opponents))];
}
