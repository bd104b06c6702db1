import { axisOf } from '../axes.js';
import type { Gradient } from '../gradient.js';
import { zeros } from '../scatter.js';

/** y₁, y₂, … = consecutive parts of x along an axis: dx = dy₁, dy₂, … one after another. */
export const split: Gradient = {
  op: 'Split',
  backward: (context) => {
    const { g, node, input, outputGradients } = context;
    const parts = node.output.map((name, i) => outputGradients[i] ?? zeros(context, g.op('Shape', [name]), input(0)));
    return [parts.length === 1 ? parts[0] : g.op('Concat', parts, { axis: axisOf(context, 0) })];
  },
};
