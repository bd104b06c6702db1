import type { Method } from '../method.js';
import { openPerExample } from './input-gradient.js';
import { deconvNetRules } from './rectifiers.js';

/** DeconvNet ([Zeiler & Fergus 2014]): ReLU on the way back, unpooling to the maxima, transposed filters. */
export const deconvNet: Method = {
  name: 'deconvnet',
  summary: 'the network run backwards, with ReLUs on the way back',
  open: (context) => openPerExample(context, (_, point) => ({ map: point.gradient }), deconvNetRules),
};
