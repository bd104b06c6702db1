/** Attributions on the terminal. */
import { formatSigned } from '../../plot/format.js';
import type { AttributeFeature, AttributeQuery, AttributeResult, AttributeToken } from '../../results/attribute.js';
import { numbers, paths, type Column } from '../table.js';
import type { Terminal } from '../terminal.js';
import { decisionLine, showDecisions } from './decisions.js';

const HEADING: readonly (string | Column)[] = [
  'method',
  'layer',
  numbers('sum'),
  numbers('conservation error'),
  paths('map'),
];

/** Features or tokens that are named of an input that is no image; more of them are in the result. */
const NAMED = 5;

function strongest({ method, features, tokens }: AttributeQuery): string | undefined {
  const named = tokens ? tokens.map(namedToken) : features?.map(namedFeature);
  if (!named) return undefined;
  const first = named.sort((a, b) => Math.abs(b.relevance) - Math.abs(a.relevance)).slice(0, NAMED);
  return `strongest by ${method}: ${first.map(({ name, relevance }) => `${name} ${formatSigned(relevance)}`).join(', ')}`;
}

const namedFeature = ({ name, feature, relevance }: AttributeFeature) => ({
  name: name ?? `feature ${feature}`,
  relevance,
});

const namedToken = ({ token, relevance }: AttributeToken, place: number) => ({
  name: token === '' ? `padding at ${place + 1}` : `“${token}”`,
  relevance,
});

/** Prints what each method found for each input, or many inputs in short. */
export function showAttributions(ui: Terminal, { queries }: AttributeResult, file: string): void {
  // An input has an entry a method.
  const inputs = queries.filter(({ index }, i) => queries.findIndex((query) => query.index === index) === i);
  const score = ({ target, output }: AttributeQuery) => `${target.label} ${output.toPrecision(4)}`;
  const inFull = (query: AttributeQuery) => {
    ui.verdict(decisionLine(query, `; score of ${score(query)}`));
    if (query.undecided !== undefined) return ui.print(query.undecided);
    const entries = queries.filter(({ index }) => index === query.index);
    const rows = entries.map(({ method, layer, sum, conservationError, file: map }) => [
      method,
      layer ?? '',
      sum.toPrecision(4),
      conservationError === null ? '' : conservationError.toExponential(1),
      map,
    ]);
    ui.table(HEADING, rows);
    for (const entry of entries) {
      const line = strongest(entry);
      if (line !== undefined) ui.print(line);
    }
    for (const { layered } of entries) if (layered) ui.print(`layer: ${layered.reason}`);
  };
  showDecisions(ui, inputs, file, inFull, { columns: ['score of'], cells: (query) => [score(query)] });
  ui.print('');
}
