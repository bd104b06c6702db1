/** How a result of `audit` is shown. */
import type { ResultOf } from '../../../results/kinds.js';
import type { KindView } from '../kind-view.js';

/** The views of a result of `audit`. */
export const auditView: KindView<ResultOf<'audit'>> = {
  title: 'audit',
  headline: () => '',
  trust: () => undefined,
  decisions: () => [],
  links: () => [],
  unit: () => '',
  tabs: [],
  terms: () => [],
};
