/** A decision as a sum over training points, in a few sentences. */
import { formatNumber, formatPercent } from '../../../plot/format.js';
import type {
  RepresenterFit,
  RepresenterInfluence,
  RepresenterQuery,
  RepresenterResult,
  RepresenterResultPoint,
} from '../../../results/representer.js';
import { className, whereOf } from '../parts/text.js';

/** A probability that is off by no more than this is the model's. */
export const SAME_PROBABILITY = 0.01;

/** By how much a sum is off is said from this share of the model's score on. */
const CLOSE = 0.02;

/** The point of a decision: the model's own score first, then what the training points make of it. */
export function says(query: RepresenterQuery, { fit, classNames }: RepresenterResult): string {
  const { undecided, target, modelLogit, reconstructed, positive, negative, excitatory, inhibitory } = query;
  if (undecided !== undefined) return undecided;
  const [up] = excitatory;
  const [down] = inhibitory;
  if (!up && !down) return `No training point says anything about ${target.label}.`;
  const strongest = [
    ...(up ? [`most for it speaks ${named(up, classNames)}`] : []),
    ...(down ? [`most against it ${named(down, classNames)}`] : []),
  ].join(', ');
  return (
    `${lost(query)}The model's score of ${target.label} is ${formatNumber(modelLogit)}; the training points sum to ` +
    `${formatNumber(reconstructed)}${difference(query, fit)}: ${formatNumber(positive)} for it and ` +
    `${formatNumber(-negative)} against it. ${strongest.charAt(0).toUpperCase()}${strongest.slice(1)}.`
  );
}

/** What it means that the sum is not the model's score; nothing where it is. */
function difference(query: RepresenterQuery, { activation }: RepresenterFit): string {
  const { modelLogit, reconstructed, output, reconstructedOutput } = query;
  const off = reconstructed - modelLogit;
  if (Math.abs(off) <= CLOSE * Math.max(1, Math.abs(modelLogit))) return '';
  // A softmax does not see what is added to the scores of all classes, and the fit leaves it out.
  if (activation === 'softmax' && Math.abs(output - reconstructedOutput) <= SAME_PROBABILITY) {
    const [sum, model] = [formatPercent(reconstructedOutput), formatPercent(output)];
    return ` (${sum === model ? sum : `${sum} to the model's ${model}`}, as only differences of classes count)`;
  }
  return `, ${formatNumber(Math.abs(off))} ${off < 0 ? 'less' : 'more'}`;
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
