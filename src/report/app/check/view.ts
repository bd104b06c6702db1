/** How a result of `check` is shown. */
import type { CheckResult } from '../../../results/check.js';
import type { KindView } from '../kind-view.js';

/** The views of a result of `check`. */
export const checkView: KindView<CheckResult> = {
  title: 'check',
  headline: () => '',
  trust: () => undefined,
  decisions: () => [],
  links: () => [],
  unit: () => '',
  tabs: [],
  terms: () => [],
};
