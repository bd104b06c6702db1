/** A traced decision in a few sentences: its largest parts in their order, and what a mistake lost by. */
import { formatNumber, formatPercent, formatSigned } from '../../../plot/format.js';
import type { LogitParts, TraceLayer, TraceQuery, TraceResult } from '../../../results/trace.js';
import { classGamma, shareOf } from '../../trace/figures.js';
import { groupName, leadingGroup, MIXED_BATCHES, mixesClasses } from '../../trace/words.js';

/** The parts of the logits, where the layer of the class scores was traced. */
export function logitsOf({ layers }: TraceQuery): readonly LogitParts[] | undefined {
  return layers.find(({ logits }) => logits)?.logits;
}

/** The last layer whose lists of examples say something of the input. */
export function lastEvidence({ layers }: TraceQuery): TraceLayer | undefined {
  return layers.findLast(({ evidence }) => evidence !== false);
}

/** What a logit is made of, by name. */
export function partsOf({ initial, training, bias }: LogitParts): { name: string; value: number }[] {
  return [
    { name: 'initial weights', value: initial },
    { name: 'training', value: training },
    { name: 'bias', value: bias },
  ];
}

/** The point of a decision. */
export function says(result: TraceResult, query: TraceQuery): string {
  if (query.undecided !== undefined) return query.undecided;
  if (query.layers.length === 0) return 'No layer was traced.';
  return [scoreSentence(query), lostSentence(query), layerSentence(result, query)].filter(Boolean).join(' ');
}

function scoreSentence(query: TraceQuery): string {
  const { predicted } = query;
  const parts = logitsOf(query)?.find((logit) => logit.class === predicted.class);
  if (!parts) return '';
  const sorted = partsOf(parts).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const [first, ...rest] = sorted.map(({ name, value }) => `${formatSigned(value)} ${SOURCES[name]!}`);
  return `${predicted.label} scores ${formatNumber(parts.logit)}: ${first}, ${rest.join(' and ')}.`;
}

const SOURCES: Readonly<Record<string, string>> = {
  'initial weights': 'from the weights before training',
  training: 'from training',
  bias: 'from the bias',
};

function lostSentence(query: TraceQuery): string {
  const { predicted, truth } = query;
  if (!truth || truth.class === predicted.class) return '';
  const logits = logitsOf(query);
  const [won, lost] = [predicted.class, truth.class].map((index) => logits?.find((logit) => logit.class === index));
  if (!won || !lost) return `The true class, ${truth.label}, lost.`;
  const [a, b] = [partsOf(won), partsOf(lost)];
  const differences = a
    .map(({ name, value }, i) => ({ name, value: value - b[i]!.value }))
    .sort((x, y) => Math.abs(y.value) - Math.abs(x.value));
  const most = differences[0]!;
  return (
    `The true class, ${truth.label}, lost by ${formatNumber(won.logit - lost.logit)}` +
    `${most.value > 0 ? `, most of it ${SOURCES[most.name]!} (${formatSigned(most.value)})` : ''}.`
  );
}

function layerSentence({ classNames, split = 'batch' }: TraceResult, query: TraceQuery): string {
  if (mixesClasses(query)) return MIXED_BATCHES;
  const layer = lastEvidence(query);
  if (!layer)
    return 'The lists of examples of all layers are much the same for whatever is looked at: they are no evidence.';
  const lead = leadingGroup(layer);
  if (!lead) return '';
  const what = split === 'exact' ? 'training examples' : 'batches';
  const share = lead.class === null ? undefined : shareOf(layer, classGamma(layer, lead.class));
  const how = lead.contrast === undefined ? 'had the largest part' : 'stand out most from what the average input sees';
  return (
    `In ${layer.layer}, ${what} of ${groupName(lead, classNames)} ${how}` +
    `${share === undefined ? '' : ` (${formatPercent(share)} of its output)`}.`
  );
}
