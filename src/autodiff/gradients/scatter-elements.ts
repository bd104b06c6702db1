import { intAttribute, stringAttribute } from '../../onnx/attributes.js';
import type { Gradient } from '../gradient.js';
import { refuseReduction, zeros } from '../scatter.js';

/** y = x with elements u put (or added) at indices: dx = dy, 0 where replaced; du = dy at the indices. */
export const scatterElements: Gradient = {
  op: 'ScatterElements',
  backward: (context) => {
    const { g, node, input, dy, needs } = context;
    const [indices, updates, axis] = [input(1), input(2), intAttribute(node, 'axis', 0)];
    const reduction = stringAttribute(node, 'reduction', 'none');
    refuseReduction(context, reduction);
    const kept = () =>
      reduction === 'add'
        ? dy
        : g.op('ScatterElements', [dy, indices, zeros(context, g.op('Shape', [updates]), updates)], { axis });
    return [
      needs(0) ? kept() : undefined,
      undefined,
      needs(2) ? g.op('GatherElements', [dy, indices], { axis }) : undefined,
    ];
  },
};
