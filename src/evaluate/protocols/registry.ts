/** The protocols. To add one: a file beside this one, and a line here. */
import { cardinality } from './cardinality.js';
import { classOfTop } from './class.js';
import { lds, ldsWithin } from './lds.js';
import { mislabel } from './mislabel.js';
import type { Protocol } from './protocol.js';
import { randomisation } from './randomisation.js';
import { removal } from './removal.js';

/** By their names on the command line, in the order of tables. */
export const PROTOCOLS = {
  lds,
  'lds-within': ldsWithin,
  removal,
  mislabel,
  class: classOfTop,
  cardinality,
  randomisation,
} as const satisfies Record<string, Protocol>;

/** Name of a protocol. */
export type ProtocolName = keyof typeof PROTOCOLS;
