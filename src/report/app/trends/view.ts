/** How a result of `trends` is shown. */
import type { TrendsResult } from '../../../results/trends.js';
import type { KindView } from '../kind-view.js';

/** The views of a result of `trends`. */
export const trendsView: KindView<TrendsResult> = {
  title: 'trends',
  headline: () => '',
  trust: () => undefined,
  decisions: () => [],
  links: () => [],
  unit: () => '',
  tabs: [],
  terms: () => [],
};
