import type { EvaluateResult } from '../results/evaluate.js';
import { originColumns, type ListContext } from './columns.js';
import { flag, integer, list, number, text, type List } from './list.js';

/** Lists of an evaluation: every figure, and the examples that were asked about. */
export function evaluateLists({ figures, queries, queryOrigins }: EvaluateResult, context: ListContext): List[] {
  const asked = queries.map((index, i) => ({ index, ...queryOrigins?.[i] }));
  return [
    list('figures', figures, [
      text('protocol', ({ protocol }) => protocol),
      text('figure', ({ figure }) => figure),
      text('method', ({ method }) => method),
      number('value', ({ value }) => value),
      number('standard_error', ({ standardError }) => standardError),
      number('low', ({ interval }) => interval?.[0]),
      number('high', ({ interval }) => interval?.[1]),
      number('chance', ({ chance }) => chance),
      flag('told_from_chance', ({ distinguishable }) => distinguishable),
      integer('count', ({ count }) => count),
    ]),
    list('queries', asked, [
      integer('index', ({ index }) => index),
      ...originColumns<(typeof asked)[number]>(asked, context, (query) => query),
    ]),
  ];
}
