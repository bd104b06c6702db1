import type { AttributeResult } from '../results/attribute.js';
import { exampleColumns, inputColumns, originColumns, queryColumns, type ListContext } from './columns.js';
import { integer, list, number, text, type List } from './list.js';

/**
 * Lists of an attribution: inputs, maps, what each node absorbed of the relevance, ranked layers, their strongest units, and the
 * examples that activate these most.
 */
export function attributeLists({ queries }: AttributeResult, context: ListContext): List[] {
  const maps = queries.map((entry) => ({ ...entry, query: entry.index }));
  const inputs = maps.filter(({ query }, i) => maps.findIndex((other) => other.query === query) === i);
  const of = ({ query, input, method, layer }: (typeof maps)[number]) => ({ query, input, method, at: layer });
  const ledger = maps.flatMap((entry) => (entry.ledger ?? []).map((row) => ({ ...row, ...of(entry) })));
  const ranking = maps.flatMap((entry) => (entry.layered?.ranking ?? []).map((row) => ({ ...row, ...of(entry) })));
  const units = maps.flatMap((entry) =>
    (entry.layered?.layers ?? []).flatMap(({ layer, strongest }) =>
      strongest.map((unit, i) => ({ ...unit, ...of(entry), layer, rank: i + 1 })),
    ),
  );
  const activating = units.flatMap(({ examples = [], unit, layer, query, input }) =>
    examples.map((example, i) => ({ ...example, unit, layer, query, input, rank: i + 1 })),
  );
  type Activating = (typeof activating)[number];
  const features = maps.flatMap((entry) =>
    (entry.features ?? []).map((feature, i) => ({ ...feature, ...of(entry), rank: i + 1 })),
  );
  const tokens = maps.flatMap((entry) =>
    (entry.tokens ?? []).map((token, position) => ({ ...token, ...of(entry), position })),
  );
  return [
    list('inputs', inputs, inputColumns(inputs, context)),
    list('maps', maps, [
      ...queryColumns(),
      text('method', ({ method }) => method),
      text('layer', ({ layer }) => layer),
      integer('target', ({ target }) => target.class),
      text('target_name', ({ target }) => target.label),
      number('output', ({ output }) => output),
      number('sum', ({ sum }) => sum),
      number('expected', ({ expected }) => expected),
      number('conservation_error', ({ conservationError }) => conservationError),
      text('map', ({ file }) => file),
    ]),
    list('features', features, [
      ...queryColumns(),
      text('method', ({ method }) => method),
      integer('rank', ({ rank }) => rank),
      integer('feature', ({ feature }) => feature),
      text('feature_name', ({ name }) => name),
      number('value', ({ value }) => value),
      number('relevance', ({ relevance }) => relevance),
    ]),
    list('tokens', tokens, [
      ...queryColumns(),
      text('method', ({ method }) => method),
      integer('position', ({ position }) => position),
      text('token', ({ token }) => token),
      number('relevance', ({ relevance }) => relevance),
    ]),
    list('ledger', ledger, [
      ...queryColumns(),
      text('method', ({ method }) => method),
      text('node', ({ node }) => node),
      text('op', ({ op }) => op),
      text('rule', ({ rule }) => rule),
      number('in', (row) => row.in),
      number('out', (row) => row.out),
      number('bias', ({ bias }) => bias),
    ]),
    list('layers', ranking, [
      ...queryColumns(),
      text('layer', ({ layer }) => layer),
      number('fidelity', ({ fidelity }) => fidelity),
      number('spread', ({ spread }) => spread),
      integer('fidelity_rank', ({ fidelityRank }) => fidelityRank),
      integer('spread_rank', ({ spreadRank }) => spreadRank),
    ]),
    list('units', units, [
      ...queryColumns(),
      text('layer', ({ layer }) => layer),
      integer('rank', ({ rank }) => rank),
      integer('unit', ({ unit }) => unit),
      number('phi', ({ phi }) => phi),
      number('activation', ({ activation }) => activation),
    ]),
    list('unit-examples', activating, [
      ...queryColumns(),
      text('layer', ({ layer }) => layer),
      integer('unit', ({ unit }) => unit),
      integer('rank', ({ rank }) => rank),
      ...exampleColumns<Activating>(context),
      number('activation', ({ activation }) => activation),
      ...originColumns<Activating>(activating, context, (example) => example),
    ]),
  ];
}
