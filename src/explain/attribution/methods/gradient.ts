import type { Method } from '../method.js';
import { openPerExample } from './input-gradient.js';

/** ∂ score / ∂ input ([Simonyan et al. 2013]), with its sign. */
export const gradient: Method = {
  name: 'gradient',
  summary: 'how the score changes with each input element',
  open: (context) => openPerExample(context, (_, point) => ({ map: point.gradient })),
};
