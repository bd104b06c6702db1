/** A traced decision in a few sentences: its largest parts in their order, and what a mistake lost by. */
import { formatNumber, formatPercent, formatSigned } from '../../../plot/format.js';
import type { LogitParts, TraceLayer, TraceQuery, TraceResult } from '../../../results/trace.js';
import { shareOf } from '../../trace/figures.js';
import { groupName, leadingGroup, MIXED_BATCHES, mixesClasses } from '../../trace/words.js';
import { inShort, negative, scoreParts } from './score.js';

/**
 * The parts of the logits, where the layer of the class scores was traced. A single score is the logit of class 1; that of class
 * 0 is its negative.
 */
export function logitsOf({ layers, predicted }: TraceQuery): readonly LogitParts[] | undefined {
  const logits = layers.find(({ logits: own }) => own)?.logits;
  return logits?.length === 1 && logits[0]!.class === 1 && predicted.class === 0 ? [negative(logits[0]!)] : logits;
}

/** The last layer whose lists of examples say something of the input. */
export function lastEvidence({ layers }: TraceQuery): TraceLayer | undefined {
  return layers.findLast(({ evidence }) => evidence !== false);
}

/** The point of a decision. */
export function says(result: TraceResult, query: TraceQuery): string {
  if (query.undecided !== undefined) return query.undecided;
  if (query.layers.length === 0) return 'No layer was traced.';
  return [scoreSentence(result, query), lostSentence(result, query), layerSentence(result, query)]
    .filter(Boolean)
    .join(' ');
}

/** Parts that are so many times what they sum to are hardly told by their sum. */
const CANCELS = 20;

function scoreSentence({ classNames }: TraceResult, query: TraceQuery): string {
  const { predicted } = query;
  const logit = logitsOf(query)?.find((one) => one.class === predicted.class);
  if (!logit) return '';
  const parts = inShort(logit, classNames);
  const said = parts.map(({ value, source }) => `${formatSigned(value)} ${source}`);
  const size = parts.reduce((sum, { value }) => sum + Math.abs(value), 0);
  const cancels = size > CANCELS * Math.abs(logit.logit) ? ' For and against nearly cancel out.' : '';
  return (
    `${predicted.label} scores ${formatNumber(logit.logit)}: ${said.slice(0, -1).join(', ')} and ${said.at(-1)!}.` +
    cancels
  );
}

function lostSentence({ classNames }: TraceResult, query: TraceQuery): string {
  const { predicted, truth } = query;
  if (!truth || truth.class === predicted.class) return '';
  const logits = logitsOf(query);
  const [won, lost] = [predicted.class, truth.class].map((index) => logits?.find((logit) => logit.class === index));
  if (!won || !lost) return `The true class, ${truth.label}, lost.`;
  const parts = scoreParts(won, lost, classNames).sort((a, b) => b.value - a.value);
  const { value, source } = parts[0]!;
  const lead = won.logit - lost.logit;
  return (
    `The true class, ${truth.label}, lost by ${formatNumber(lead)}` +
    `${value > 0 ? `, most of all ${source} (${formatSigned(value)})` : ''}.`
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
  const whose = `In ${layer.layer}, ${what} of ${groupName(lead, classNames)}`;
  const share = (value: number) => `${formatPercent(shareOf(layer, value))} of its output`;
  if (lead.contrast === undefined) return `${whose} had the largest part (${share(lead.gamma)}).`;
  return `${whose} stand out most from what the average input sees (by ${share(lead.contrast)}).`;
}
