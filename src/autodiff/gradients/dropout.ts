import { makeNode } from '../../graph/builder.js';
import { toNumbers } from '../../tensor.js';
import { algebra } from '../algebra.js';
import { attributesOf, type GradientTable, type NodeContext } from '../gradient.js';

/** Dropout as a model states it; training has a rule of its own. */
export const dropout = {
  /** y = x in inference: dx = dy. In training mode y = x·mask/(1 − ratio): dx = dy·mask/(1 − ratio). */
  Dropout: {
    forward: (context) => {
      const { g, node, output } = context;
      if (!mayDrop(context) || output(1) !== '') {
        g.add(node);
        return { mask: output(1) };
      }
      const mask = g.fresh('mask');
      g.add(makeNode('Dropout', node.input, [output(0), mask], attributesOf(node)));
      return { mask };
    },
    backward: (context) => {
      const { g, input, type, dy, saved } = context;
      if (!mayDrop(context)) return [dy];
      const { sub, mul, div, where, cast } = algebra(g, type(input(0)));
      const ratio = input(1) === '' ? 0.5 : cast(input(1));
      // Outside of training the mask is all ones, and nothing is scaled.
      const kept = where(input(2), sub(1, ratio), 1);
      return [div(mul(dy, cast(saved.mask!)), kept)];
    },
  },
} satisfies GradientTable;

/** Whether a training mode is asked for that cannot be ruled out. */
function mayDrop({ input, values }: NodeContext): boolean {
  if (input(2) === '') return false;
  const known = values.constant(input(2));
  return known === undefined || toNumbers(known)[0] !== 0;
}
