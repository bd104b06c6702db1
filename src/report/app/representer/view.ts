/** How a result of `representer` is shown. */
import type { RepresenterResult } from '../../../results/representer.js';
import type { KindView } from '../kind-view.js';

/** The views of a result of `representer`. */
export const representerView: KindView<RepresenterResult> = {
  title: 'representer',
  headline: () => '',
  trust: () => undefined,
  decisions: () => [],
  links: () => [],
  unit: () => '',
  tabs: [],
  terms: () => [],
};
