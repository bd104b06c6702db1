/** How a result of `trends` is shown. */
import type { TrendsResult } from '../../../results/trends.js';
import { headline } from '../../trends/headline.js';
import type { KindView } from '../kind-view.js';
import { sentence } from '../parts/text.js';
import { TERMS } from './terms.js';
import { TrainingTab } from './training-tab.js';
import { trustOf } from './trust.js';

/** The views of a result of `trends`. */
export const trendsView: KindView<TrendsResult> = {
  title: 'How did its explanations change?',
  headline: (result) => sentence(headline(result)),
  trust: trustOf,
  decisions: () => [],
  pictured: ({ strips, images }) =>
    strips.map(({ image }) => ({ of: images[image]!.split, index: images[image]!.index })),
  links: () => [],
  unit: () => '',
  tabs: [{ id: 'training', title: 'Over training', view: TrainingTab }],
  terms: ({ measures }) => [
    ...TERMS,
    ...measures.map(
      ({ name, says, unit }) => [name, sentence(`${says}${unit === '' ? '' : `, in units of ${unit}`}`)] as const,
    ),
  ],
};
