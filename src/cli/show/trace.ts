/** A trace in a few lines of text. */
import {
  groupName,
  layersNotSpecific,
  leadingGroup,
  MIXED_BATCHES,
  mixesClasses,
  stepGroups,
  type Split,
} from '../../report/trace/words.js';
import type { TraceLayer, TraceQuery, TraceResult } from '../../results/trace.js';
import { numbers, paths } from '../table.js';
import type { Terminal } from '../terminal.js';
import { decisionLine, showDecisions } from './decisions.js';
import { whereabouts } from './whereabouts.js';

/** The column of examples: equal parts of a batch single out none of its examples. */
const EXAMPLE_HEADING: Readonly<Record<Split, string>> = { batch: 'example of top batches', exact: 'top example' };

/** Prints what shaped each layer most: for each input, or for many in short. */
export function showTrace(ui: Terminal, result: TraceResult, file: string): void {
  const { queries, split = 'batch' } = result;
  const inFull = (query: TraceQuery) => {
    ui.verdict(decisionLine(query));
    if (query.undecided === undefined) showLayers(ui, query, result);
    else ui.print(query.undecided);
  };
  showDecisions(ui, queries, file, inFull, {
    columns: [paths(EXAMPLE_HEADING[split])],
    cells: (query) => [lastExample(query, result)],
  });
  ui.print('');
  // A layer is the same for all inputs.
  const layers = queries.find(({ undecided }) => undecided === undefined)?.layers ?? [];
  const remark = layersNotSpecific(layers);
  if (remark !== undefined) ui.notice(remark);
  if (queries.some(mixesClasses)) ui.notice(MIXED_BATCHES);
}

/** The first example of the last layer whose list is evidence. */
function lastExample({ undecided, layers }: TraceQuery, { data }: TraceResult): string {
  if (undecided !== undefined) return 'undecided';
  const [first] = layers.findLast(({ evidence }) => evidence !== false)?.examples ?? [];
  return first ? whereabouts(first, data) : '';
}

function showLayers(
  ui: Terminal,
  { predicted, layers }: TraceQuery,
  { classNames, data, split = 'batch' }: TraceResult,
): void {
  const contrasts = layers.some(({ classes }) => classes.some(({ contrast }) => contrast !== undefined));
  const rows = layers.map((layer) => {
    const lead = leadingGroup(layer);
    const own = stepGroups(layer).find((group) => group.class === predicted.class);
    return [
      layer.layer,
      lead ? `${groupName(lead, classNames)} (${signed(shareOf(layer, lead.contrast ?? lead.gamma), contrasts)})` : '',
      own ? percent(shareOf(layer, own.gamma)) : '',
      layer.evidence === false ? 'not specific' : layer.examples[0] ? whereabouts(layer.examples[0], data) : '',
      layer.completenessError.toExponential(1),
    ];
  });
  ui.table(
    [
      'layer',
      contrasts ? 'stands out from the average input' : 'shaped most by steps of',
      numbers('by the predicted class'),
      paths(EXAMPLE_HEADING[split]),
      numbers('unexplained'),
    ],
    rows,
  );
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

function signed(share: number, withPlus: boolean): string {
  return withPlus && share > 0 ? `+${percent(share)}` : percent(share);
}

/** Share of the layer's reference that a γ accounts for. */
function shareOf({ norm }: TraceLayer, gamma: number): number {
  return norm > 0 ? gamma / norm ** 2 : 0;
}
