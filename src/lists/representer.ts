import type { RepresenterResult } from '../results/representer.js';
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

/** Lists of a decomposition into training points: inputs, points, classes, the points by influence functions, mistakes. */
export function representerLists({ queries, mistakes = [] }: RepresenterResult, context: ListContext): List[] {
  const inputs = queries.map((query, i) => ({ query: i, ...query }));
  const points = ofQueries(queries, ({ excitatory, inhibitory }) => bothSides(excitatory, inhibitory));
  const classes = ofQueries(queries, (query) => query.classes);
  const influence = ofQueries(queries, (query) =>
    query.influence ? bothSides(query.influence.helpful, query.influence.harmful) : [],
  );
  const groups = mistakes.map((mistake, i) => ({
    mistake: i,
    truth: mistake.truth.label,
    predicted: mistake.predicted.label,
    of: mistake,
  }));
  const members = groups.flatMap(({ of, ...group }) =>
    of.members.map((index, i) => ({ ...group, index, ...of.memberOrigins?.[i] })),
  );
  const inhibitors = groups.flatMap(({ of, ...group }) =>
    of.inhibitory.map((point, i) => ({ ...point, mistake: group.mistake, rank: i + 1 })),
  );
  const pointColumns = [
    ...queryColumns<(typeof points)[number]>(),
    ...sideColumns<(typeof points)[number]>(),
    ...exampleColumns<(typeof points)[number]>(context),
  ];
  return [
    list('inputs', inputs, [
      ...inputColumns(queries, context),
      integer('target', ({ target }) => target.class),
      text('target_name', ({ target }) => target.label),
      number('logit', ({ logit }) => logit),
      number('reconstructed', ({ reconstructed }) => reconstructed),
    ]),
    list('points', points, [
      ...pointColumns,
      number('alpha', ({ alpha }) => alpha),
      number('similarity', ({ similarity }) => similarity),
      number('value', ({ value }) => value),
      ...originColumns(points, context, (point) => point),
    ]),
    list('classes', classes, [
      ...queryColumns(),
      ...classColumns<(typeof classes)[number]>('class', context, (entry) => entry.class),
      number('value', ({ value }) => value),
    ]),
    list('influence', influence, [
      ...queryColumns(),
      ...sideColumns(),
      ...exampleColumns(context),
      number('value', ({ value }) => value),
      ...originColumns(influence, context, (point) => point),
    ]),
    list('mistakes', members, [
      integer('mistake', ({ mistake }) => mistake),
      text('truth_name', ({ truth }) => truth),
      text('predicted_name', ({ predicted }) => predicted),
      integer('index', ({ index }) => index),
      ...originColumns(members, context, (member) => member),
    ]),
    list('mistake-inhibitors', inhibitors, [
      integer('mistake', ({ mistake }) => mistake),
      integer('rank', ({ rank }) => rank),
      ...exampleColumns(context),
      ...classColumns<(typeof inhibitors)[number]>('predicted', context, ({ predicted }) => predicted),
      number('value', ({ value }) => value),
      number('alpha', ({ alpha }) => alpha),
      integer('among', ({ among }) => among),
      ...originColumns(inhibitors, context, (point) => point),
    ]),
  ];
}
