/** Gradients of maxima and minima. */
import { algebra } from './algebra.js';
import { reduceLike, reducesNothing, unreduced } from './axes.js';
import { sumToShapeOf } from './broadcast.js';
import type { BackwardContext } from './gradient.js';

/**
 * Among several broadcast operands, dy is shared evenly by those that are equal to the result. A bound (a constant of one
 * element) takes it only where nothing else does.
 */
export function toTheEqual(context: BackwardContext): (string | undefined)[] {
  const { g, node, output, dims, type, values, dy, needs } = context;
  if (node.input.length === 1) return [dy];
  const { add, mul, div, cast, compare, where, constant } = algebra(g, type(output(0)));
  const varies = (name: string) => values.constant(name)?.data.length !== 1;
  const isEqual = node.input.map((name) => cast(compare('Equal', name, output(0))));
  const takers = node.input.some(varies) ? isEqual.filter((_, i) => varies(node.input[i]!)) : isEqual;
  const count = add(...takers);
  const share = takers.length === 1 ? dy : div(dy, g.op('Max', [count, constant(1)]));
  const left = () => where(compare('Equal', count, 0), dy, 0);
  return node.input.map((name, i) => {
    if (!needs(i)) return undefined;
    const mine = mul(isEqual[i]!, takers.includes(isEqual[i]!) ? share : left());
    return sumToShapeOf(context, mine, dims(output(0)), name);
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
