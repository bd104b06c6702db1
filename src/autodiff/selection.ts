/** Gradients of maxima and minima. */
import { algebra } from './algebra.js';
import { reduceLike, reducesNothing, unreduced } from './axes.js';
import { sumToShapeOf } from './broadcast.js';
import type { BackwardContext } from './gradient.js';

/** Among several broadcast operands, dy goes to the first that is equal to the result. */
export function toTheFirstEqual(context: BackwardContext): (string | undefined)[] {
  const { g, node, output, dims, type, dy, needs } = context;
  if (node.input.length === 1) return [dy];
  const { where } = algebra(g, type(output(0)));
  let rest = dy;
  return node.input.map((name, i) => {
    const isChosen = g.op('Equal', [name, output(0)]);
    const mine = where(isChosen, rest, 0);
    rest = where(isChosen, 0, rest);
    return needs(i) ? sumToShapeOf(context, mine, dims(output(0)), name) : undefined;
  });
}

/** Among the elements of a reduction, dy is shared evenly by those that are equal to the result. */
export function toAllEqual(context: BackwardContext): (string | undefined)[] {
  const { g, input, output, type, dy } = context;
  if (reducesNothing(context)) return [dy];
  const { mul, div, cast } = algebra(g, type(input(0)));
  const isChosen = cast(g.op('Equal', [input(0), unreduced(context, output(0))]));
  const count = reduceLike(context, 'ReduceSum', isChosen);
  return [mul(isChosen, div(unreduced(context, dy), count))];
}
