/** A decision as a sum over training points, in a few sentences. */
import { formatNumber } from '../../../plot/format.js';
import type { RepresenterInfluence, RepresenterQuery, RepresenterResultPoint } from '../../../results/representer.js';
import { className, whereOf } from '../parts/text.js';

/** By how much a sum is off is said from this share of the model's score on. */
const CLOSE = 0.02;

/** The point of a decision: the model's own score first, then what the training points make of it. */
export function says(query: RepresenterQuery, classNames: readonly string[]): string {
  const { undecided, target, modelLogit, reconstructed, positive, negative, excitatory, inhibitory } = query;
  if (undecided !== undefined) return undecided;
  const [up] = excitatory;
  const [down] = inhibitory;
  if (!up && !down) return `No training point says anything about ${target.label}.`;
  const off = reconstructed - modelLogit;
  const isClose = Math.abs(off) <= CLOSE * Math.max(1, Math.abs(modelLogit));
  const strongest = [
    ...(up ? [`most for it speaks ${named(up, classNames)}`] : []),
    ...(down ? [`most against it ${named(down, classNames)}`] : []),
  ].join(', ');
  return (
    `${lost(query)}The model's score of ${target.label} is ${formatNumber(modelLogit)}; the training points sum to ` +
    `${formatNumber(reconstructed)}${isClose ? '' : `, ${formatNumber(Math.abs(off))} ${off < 0 ? 'less' : 'more'}`}: ${formatNumber(positive)} for it and ` +
    `${formatNumber(-negative)} against it. ${strongest.charAt(0).toUpperCase()}${strongest.slice(1)}.`
  );
}

function lost({ predicted, truth }: RepresenterQuery): string {
  return truth && truth.class !== predicted.class ? `${truth.label} lost to ${predicted.label}. ` : '';
}

function named(point: RepresenterResultPoint, classNames: readonly string[]): string {
  const { index, label, value } = point;
  return `${className(classNames, label)} ${whereOf(point) || `example ${index}`} (${formatNumber(value)})`;
}

/** Rank correlations from which two orders count as much the same, and below which as unrelated. */
const [ALIKE, UNRELATED] = [0.7, 0.3];

/** How far influence functions order the training points as representer values do. */
export function agreementSentence({ spearman }: RepresenterInfluence): string {
  const number = `rank correlation ${formatNumber(spearman)}`;
  if (spearman >= ALIKE) return `Influence functions order the training points much the same (${number}).`;
  if (spearman >= UNRELATED) return `Influence functions agree in part on which training points matter (${number}).`;
  return `Influence functions order the training points otherwise (${number}): trust single points of neither list.`;
}
