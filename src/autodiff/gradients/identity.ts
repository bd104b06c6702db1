import type { Gradient } from '../gradient.js';

/** y = x: dx = dy. */
export const identity: Gradient = {
  op: 'Identity',
  backward: ({ dy }) => [dy],
};
