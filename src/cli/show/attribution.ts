/** Attributions on the terminal. */
import { formatSigned } from '../../plot/format.js';
import type { AttributeFeature, AttributeQuery, AttributeResult } from '../../results/attribute.js';
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

/** Features that are named of an input that is no image; more of them are in the result. */
const NAMED = 5;

function strongest(method: string, features: readonly AttributeFeature[]): string {
  const named = features
    .slice(0, NAMED)
    .map(({ name, feature, relevance }) => `${name ?? `feature ${feature}`} ${formatSigned(relevance)}`);
  return `strongest by ${method}: ${named.join(', ')}`;
}

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
    for (const { method, features } of entries) if (features) ui.print(strongest(method, features));
    for (const { layered } of entries) if (layered) ui.print(`layer: ${layered.reason}`);
  };
  showDecisions(ui, inputs, file, inFull, { columns: ['score of'], cells: (query) => [score(query)] });
  ui.print('');
}
