/** How a result of `attribute` is shown. */
import type { AttributeResult } from '../../../results/attribute.js';
import type { KindView } from '../kind-view.js';

/** The views of a result of `attribute`. */
export const attributeView: KindView<AttributeResult> = {
  title: 'attribute',
  headline: () => '',
  trust: () => undefined,
  decisions: () => [],
  links: () => [],
  unit: () => '',
  tabs: [],
  terms: () => [],
};
