import type { Gradient } from '../gradient.js';

/** y = x with the beginning of each sequence reversed: dx = dy, reversed the same way. */
export const reverseSequence: Gradient = {
  op: 'ReverseSequence',
  backward: ({ g, node, input, dy }) => {
    const attributes = Object.fromEntries(node.attribute.map((attribute) => [attribute.name, attribute]));
    return [g.op('ReverseSequence', [dy, input(1)], attributes)];
  },
};
