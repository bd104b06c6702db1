import type { NodeContext } from '../gradient.js';
import { byComparing } from './comparisons.js';
import type { MaxPoolForm } from './form.js';
import { byIndices } from './indices.js';

/** Ways to the gradient of MaxPool. */
export const MAX_POOL_FORMS: readonly MaxPoolForm[] = [byComparing, byIndices];

/** The one that is taken. @throws InputError where a size is open that it has to know */
export function formFor(context: NodeContext): MaxPoolForm {
  return MAX_POOL_FORMS.find((form) => form.fits(context) && form.pays(context))!;
}
