import { stringAttribute } from '../../onnx/attributes.js';
import type { Gradient } from '../gradient.js';
import { refuseReduction, zeros } from '../scatter.js';

/** y = x with slices u put (or added) at index tuples: dx = dy, 0 where replaced; du = dy at the indices. */
export const scatterND: Gradient = {
  op: 'ScatterND',
  backward: (context) => {
    const { g, node, input, dy, needs } = context;
    const [indices, updates] = [input(1), input(2)];
    const reduction = stringAttribute(node, 'reduction', 'none');
    refuseReduction(context, reduction);
    const kept = () =>
      reduction === 'add' ? dy : g.op('ScatterND', [dy, indices, zeros(context, g.op('Shape', [updates]), updates)]);
    return [needs(0) ? kept() : undefined, undefined, needs(2) ? g.op('GatherND', [dy, indices]) : undefined];
  },
};
