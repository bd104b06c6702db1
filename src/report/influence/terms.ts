/** What the words of an influence page mean, by how its values were computed. */
import { formatNumber } from '../../plot/format.js';
import type { InfluenceResult } from '../../results/influence.js';
import { isLoss } from '../../results/losses.js';

type Term = readonly [term: string, meaning: string];

const MARGIN: Term = [
  'margin',
  'The log-odds of the class: its score minus the logarithm of the sum of the exponentials of all others. A change of 1 ' +
    'multiplies the odds by 2.7.',
];

const INTERVAL: Term = [
  '95 %',
  'The interval of a correlation, from resampling the inputs. It is all of −1 to 1 where they are too few to tell, as up to five are.',
];

/** A correlation, and in what it lies with 95 % confidence. */
export function correlationText({ pearson, interval }: NonNullable<InfluenceResult['verified']>): string {
  const range = interval ? ` (95 %: ${interval.map((end) => formatNumber(end, 3)).join(' to ')})` : '';
  return `${pearson === undefined ? '' : formatNumber(pearson, 3)}${range}`;
}

/** The terms of a page. */
export function termsOf({ method, replay, layer, unit, queries, verified }: InfluenceResult): readonly Term[] {
  const measure = queries[0]?.measure.name ?? '';
  const positive = isLoss(measure)
    ? 'Positive effects raise the loss: such examples do harm.'
    : 'Positive effects support.';
  if (method.predicts === false) {
    return [
      [
        'value',
        `In ${unit}. ${sentence(method.says)} Values above 0 speak for what is measured, those below against it.`,
      ],
    ];
  }
  const effect: Term = [
    'effect',
    layer
      ? 'How much lower the measure would be, had the example weighed 0 when the last layer was fitted to the labels, with the ' +
        `features of all examples as they are. ${positive}`
      : 'How much lower the measure would be, had the example weighed 0 in training instead of what it weighed, with the same ' +
        `batches in the same order. ${positive}`,
  ];
  const further = replay ? ', which training again without them (--verify) shows' : '';
  return [
    effect,
    ...(measure === 'margin' ? [MARGIN] : []),
    ...(verified?.interval ? [INTERVAL] : []),
    [
      'to first order',
      `Effects are derivatives. Those of single examples add up; what leaving out many of them does can bend away from the sum${further}.`,
    ],
  ];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
