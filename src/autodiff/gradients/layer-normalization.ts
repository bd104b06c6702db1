import { floatAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import { axisOf } from '../axes.js';
import { sumToShapeOf } from '../broadcast.js';
import type { Gradient } from '../gradient.js';
import { expandLike } from '../shapes.js';
import { standardize } from '../standardize.js';

/**
 * y = s·h + b, h = (x − m)·r standardized over the axes from `axis` on: dh = s·dy, ds = Σ dy·h, db = Σ dy; what
 * arrives at the outputs m and r adds dm/n − r²·h·dr/n.
 */
export const layerNormalization: Gradient = {
  op: 'LayerNormalization',
  backward: (context) => {
    const { g, node, input, output, dims, type, outputGradients, needs } = context;
    const [x, scale] = [input(0), input(1)];
    const [dy, dMean, dInverse] = outputGradients;
    const { add, mul, div, neg, cast } = algebra(g, type(x));
    const first = axisOf(context, -1);
    const axes = dims(x).flatMap((_, axis) => (axis >= first ? [axis] : []));
    const epsilon = floatAttribute(node, 'epsilon', 1e-5);
    const { standardized, inverse, toInput } = standardize(g, type(x), x, axes, epsilon);

    // Mean and r may be of higher precision than x.
    const shared = (gradient: string, index: number) => {
      const count = g.op('Div', [g.op('Size', [x]), g.op('Size', [gradient])]);
      return div(type(output(index)) === type(x) ? gradient : cast(gradient), cast(count));
    };
    const toX = () => {
      const terms = dy === undefined ? [] : [toInput(mul(dy, scale))];
      if (dMean !== undefined) terms.push(shared(dMean, 1));
      if (dInverse !== undefined) terms.push(neg(mul(standardized, mul(shared(dInverse, 2), mul(inverse, inverse)))));
      return expandLike(context, add(...terms), x);
    };
    const summed = (value: string, operand: number) => sumToShapeOf(context, value, dims(x), input(operand));
    return [
      needs(0) ? toX() : undefined,
      dy !== undefined && needs(1) ? summed(mul(dy, standardized), 1) : undefined,
      dy !== undefined && input(2) !== '' && needs(2) ? summed(dy, 2) : undefined,
    ];
  },
};
