import type { InfluenceResult } from '../results/influence.js';
import {
  bothSides,
  classColumns,
  exampleColumns,
  inputColumns,
  ofQueries,
  originColumns,
  queryColumns,
  sideColumns,
  type ListContext,
} from './columns.js';
import { integer, list, number, text, type List } from './list.js';

/** Lists of influence: inputs with what training again showed, effects of examples and of classes. */
export function influenceLists({ queries }: InfluenceResult, context: ListContext): List[] {
  const inputs = queries.map((query, i) => ({ query: i, ...query }));
  const effects = ofQueries(queries, ({ examples, opponents }) => bothSides(examples, opponents));
  const classes = ofQueries(queries, (query) => query.classes);
  return [
    list('inputs', inputs, [
      ...inputColumns(queries, context),
      text('measure', ({ measure }) => measure.name),
      number('value', ({ measure }) => measure.value),
      integer('removed', ({ verification }) => verification?.examples),
      number('predicted_change', ({ verification }) => verification?.predicted),
      number('actual_change', ({ verification }) => verification?.actual),
    ]),
    list('effects', effects, [
      ...queryColumns(),
      ...sideColumns(),
      ...exampleColumns(context),
      number('effect', ({ effect }) => effect),
      integer('steps', ({ steps }) => steps?.length),
      ...originColumns(effects, context, (example) => example),
    ]),
    list('classes', classes, [
      ...queryColumns(),
      ...classColumns<(typeof classes)[number]>('class', context, (entry) => entry.class),
      number('effect', ({ effect }) => effect),
    ]),
  ];
}
