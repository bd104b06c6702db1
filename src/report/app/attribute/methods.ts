/** What the maps of each method say, and what they do not. */
import { formatNumber, formatPercent } from '../../../plot/format.js';
import type { AttributeQuery } from '../../../results/attribute.js';
import { ADDS_UP, missed } from './explained.js';

/** What colours mean where values are no parts of the score. */
const OTHERWISE: Readonly<Record<string, string>> = {
  gradient:
    'Warm does not mean “speaks for”: where it is warm, a slightly larger value would raise the score; where it is blue, lower it. The values do not add up to the score.',
  'smooth-grad':
    'Warm does not mean “speaks for”: it is the mean slope of the score over noisy copies of the input. The values do not add up to the score.',
  'guided-backprop':
    'Neither colour speaks for or against: it shows structures that excited the network, nearly the same for every class. The values do not add up to the score.',
  deconvnet:
    'Neither colour speaks for or against: it shows structures that excited the network, nearly the same for every class. The values do not add up to the score.',
  mim: 'Neither colour speaks for or against: it shows what the most influential units of a layer have seen. The values do not add up to the score.',
};

/** Whether “warm speaks for the class” holds for a map, and how far. */
export function meaningOf(query: AttributeQuery): string {
  const { method, layer, target, sum, output, expected } = query;
  if (method === 'grad-cam') {
    return (
      `Warm is the region where layer ${layer ?? 'of the last convolution'} saw what raises ${target.label}. It is coarse, as that layer is, and only then ` +
      'enlarged. It is blind to position: a feature counts the same wherever it was found. Its values do not add up to the score.'
    );
  }
  const miss = missed(query);
  if (miss === undefined) return OTHERWISE[method] ?? 'The values do not add up to the score.';
  const of = expected === undefined || expected === output ? 'score' : 'difference to the score of the baseline';
  const right = formatNumber(expected ?? output);
  const speaks = `Warm speaks for ${target.label}, blue against it.`;
  if (miss <= ADDS_UP) return `${speaks} All values together make ${formatNumber(sum)} of the ${of}, ${right}.`;
  const why =
    method === 'lrp'
      ? 'biases and the stabiliser absorbed the rest; the ledger below says where.'
      : method === 'integrated-gradients'
        ? 'the quadrature misses a part; more steps bring it nearer.'
        : 'biases, and activations other than ReLU, keep this product from adding up.';
  return `${speaks} But that holds in part only: all values together make ${formatNumber(sum)} where the ${of} is ${right} (${formatPercent(Math.min(1, miss))} away): ${why}`;
}

/** Whether values of a map are parts of the score, so that maps of several such methods can share a scale. */
export const isPartOfScore = (query: AttributeQuery): boolean => missed(query) !== undefined;
