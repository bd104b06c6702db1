import { intAttribute } from '../../onnx/attributes.js';
import { reduceLike, reducedCount, reducesNothing, unreduced } from '../axes.js';
import type { Gradient, GradientTable } from '../gradient.js';
import { ofOneInput, type Formula } from '../pointwise.js';
import { expandLike } from '../shapes.js';

/** What the formula of a reduction may use. */
interface ReductionFormula extends Formula {
  /** Gives a value of y's shape the reduced axes back, as ones; the value itself where nothing is reduced. */
  readonly spread: (value: string) => string;
}

/**
 * The gradient of a reduction.
 * @param dx the gradient to x, in a shape that broadcasts to x's
 */
function ofReduction(dx: (formula: ReductionFormula) => string): Gradient {
  return ofOneInput((formula) => {
    const { context } = formula;
    const nothing = reducesNothing(context);
    return dx({ ...formula, spread: (value) => (nothing ? value : unreduced(context, value)) });
  });
}

/** The gradient of a reduction that leaves x as it is where it reduces nothing. */
const ofReductionOrIdentity = (dx: (formula: ReductionFormula) => string): Gradient =>
  ofReduction((formula) => (reducesNothing(formula.context) ? formula.dy : dx(formula)));

/** Sums, means, norms and products over axes, and running sums. */
export const reductions = {
  /** y = Σ x over axes: dx = dy, repeated. */
  ReduceSum: ofReductionOrIdentity(({ x, dy, spread, context }) => expandLike(context, spread(dy), x)),

  /** y = mean of x over axes: dx = dy/n, repeated. */
  ReduceMean: ofReductionOrIdentity(({ x, dy, div, spread, context }) =>
    expandLike(context, spread(div(dy, reducedCount(context))), x),
  ),

  /** y = Σ|x| over axes: dx = dy·sign x. */
  ReduceL1: ofReduction(({ x, dy, mul, apply, spread }) => mul(spread(dy), apply('Sign', x))),

  /** y = √Σx² over axes: dx = dy·x/y (0 where y = 0). */
  ReduceL2: ofReduction(({ x, y, dy, mul, divOrZero, spread }) => mul(x, spread(divOrZero(dy, y)))),

  /** y = Σx² over axes: dx = 2·dy·x. */
  ReduceSumSquare: ofReduction(({ x, dy, mul, spread }) => mul(2, mul(spread(dy), x))),

  /** y = ln Σx over axes: dx = dy/eʸ, repeated. */
  ReduceLogSum: ofReduction(({ x, y, dy, div, apply, spread, context }) =>
    expandLike(context, spread(div(dy, apply('Exp', y))), x),
  ),

  /** y = ln Σeˣ over axes: dx = dy·eˣ⁻ʸ. */
  ReduceLogSumExp: ofReductionOrIdentity(({ x, y, dy, sub, mul, apply, spread }) =>
    mul(spread(dy), apply('Exp', sub(x, spread(y)))),
  ),

  /** y = Π x over axes: dx = dy times the product of the other elements, also where some are 0. */
  ReduceProd: ofReductionOrIdentity(({ x, dy, sub, mul, div, compare, where, cast, spread, context }) => {
    const isZero = compare('Equal', x, 0);
    const zeroCount = reduceLike(context, 'ReduceSum', cast(isZero));
    const isCount = (count: number) => compare('Equal', zeroCount, count);
    const nonZero = where(isZero, 1, x);
    const product = reduceLike(context, 'ReduceProd', nonZero);
    const others = div(product, nonZero);
    // One factor of 0 that is left makes the product 0, and yet it has a slope along that factor: it is kept as a factor.
    const zero = reduceLike(context, 'ReduceSum', where(isZero, x, 0));
    const othersOfZero = where(isCount(1), product, where(isCount(2), mul(product, sub(zero, x)), 0));
    const othersOfNonZero = where(isCount(0), others, where(isCount(1), mul(others, zero), 0));
    return mul(spread(dy), where(isZero, othersOfZero, othersOfNonZero));
  }),

  /** y = running sum of x along an axis: dx = running sum of dy from the other end. */
  CumSum: {
    backward: ({ g, node, input, dy }) => {
      const [exclusive, reverse] = [intAttribute(node, 'exclusive', 0), intAttribute(node, 'reverse', 0)];
      return [g.op('CumSum', [dy, input(1)], { exclusive, reverse: 1 - reverse })];
    },
  },
} satisfies GradientTable;
