import { toNumbers } from '../../tensor.js';
import { algebra } from '../algebra.js';
import type { GradientTable } from '../gradient.js';
import { ofBroadcast, type BroadcastFormula } from '../pointwise.js';

/** Arithmetic of operands that are broadcast against one another, and what bounds or chooses between them. */
export const arithmetic = {
  /** y = a + b with broadcasting: da = dy, db = dy. */
  Add: ofBroadcast(({ dy, to }) => [() => to(0, dy), () => to(1, dy)]),

  /** y = a − b with broadcasting: da = dy, db = −dy. */
  Sub: ofBroadcast(({ dy, to, neg }) => [() => to(0, dy), () => neg(to(1, dy))]),

  /** y = a·b with broadcasting: da = dy·b, db = dy·a. */
  Mul: ofBroadcast(({ a, b, dy, to, mul }) => [() => to(0, mul(dy, b)), () => to(1, mul(dy, a))]),

  /** y = a/b with broadcasting: da = dy/b, db = −(dy/b)·y. */
  Div: ofBroadcast(({ b, y, dy, to, mul, div, neg }) => {
    const quotient = div(dy, b);
    return [() => to(0, quotient), () => neg(to(1, mul(quotient, y)))];
  }),

  /** y = a − b·n, n whole, with broadcasting: da = dy, db = −n·dy. */
  Mod: ofBroadcast(({ a, b, y, dy, to, sub, mul, div, neg, apply }) => {
    const times = () => apply('Round', div(sub(a, y), b));
    return [() => to(0, dy), () => neg(to(1, mul(dy, times())))];
  }),

  /** y = aᵇ with broadcasting: da = dy·b·aᵇ⁻¹ (0 where a = 0 and 0 ≤ b < 1, as for √), db = dy·y·ln a (0 where a = 0 and b ≥ 0). */
  Pow: ofBroadcast((formula) => {
    const { dy, to, mul, cast, context } = formula;
    const { g, input, type } = context;
    const [base, exponent] = [type(input(0)), type(input(1))];
    const given = exponent === base ? formula : { ...formula, b: cast(formula.b) };
    const toExponent = () => {
      const gradient = to(1, mul(dy, exponentSlope(given)));
      return exponent === base ? gradient : algebra(g, exponent).cast(gradient);
    };
    return [() => to(0, mul(dy, baseSlope(given))), toExponent];
  }),

  /** y = Σ xᵢ with broadcasting: dxᵢ = dy. */
  Sum: ofBroadcast(({ dy, to, context }) => context.node.input.map((_, i) => () => to(i, dy))),

  /** y = Σ xᵢ/n with broadcasting: dxᵢ = dy/n. */
  Mean: ofBroadcast(({ dy, to, div, context: { node } }) => {
    const share = div(dy, node.input.length);
    return node.input.map((_, i) => () => to(i, share));
  }),

  /** y = condition ? a : b with broadcasting: da = condition ? dy : 0, db = condition ? 0 : dy. */
  Where: ofBroadcast(({ a: condition, dy, to, where }) => [
    undefined,
    () => to(1, where(condition, dy, 0)),
    () => to(2, where(condition, 0, dy)),
  ]),

  /**
   * y = min(max(x, low), high): dx = dy where low < x < high (0 at both bounds, as PyTorch's ReLU6 and Hardtanh have it);
   * with one bound dx = dy at it (as its clamp has it). What is clipped goes to the bound that clipped it.
   */
  Clip: {
    backward: (context) => {
      const { g, input, type, dy, needs } = context;
      const [x, low, high] = [input(0), input(1), input(2)];
      const { compare, where } = algebra(g, type(x));
      const isOpen = low === '' || high === '';
      const below = low === '' ? undefined : compare(isOpen ? 'Less' : 'LessOrEqual', x, low);
      const above = high === '' ? undefined : compare(isOpen ? 'Greater' : 'GreaterOrEqual', x, high);
      const outside = below && above ? g.op('Or', [below, above]) : (below ?? above);
      const total = (value: string) => g.op('ReduceSum', [value], { keepdims: 0 });
      const raised = () => (low === '' ? x : g.op('Max', [x, low]));
      const isLowered = () => compare('Greater', raised(), high);
      const toLow = () => {
        const clipped = where(compare('Less', x, low), dy, 0);
        // Where the bounds have changed places the upper one has the last word.
        return total(high === '' ? clipped : where(isLowered(), 0, clipped));
      };
      return [
        outside === undefined ? dy : where(outside, 0, dy),
        low !== '' && needs(1) ? toLow() : undefined,
        high !== '' && needs(2) ? total(where(isLowered(), dy, 0)) : undefined,
      ];
    },
  },
} satisfies GradientTable;

/** b·aᵇ⁻¹ */
function baseSlope({ a, b, y, mul, sub, pow, compare, where, context }: BroadcastFormula): string {
  const { g } = context;
  const known = context.values.constant(context.input(1));
  const exponent = known?.data.length === 1 ? toNumbers(known)[0]! : undefined;
  if (exponent === 2) return mul(2, a);
  if (exponent === 0) return mul(0, y);
  if (exponent !== undefined && exponent >= 1) return mul(b, pow(a, exponent - 1));
  const isRoot = g.op('And', [compare('GreaterOrEqual', b, 0), compare('Less', b, 1)]);
  const isVertical = g.op('And', [compare('Equal', a, 0), isRoot]);
  return where(isVertical, 0, mul(b, pow(where(isVertical, 1, a), sub(b, 1))));
}

/** aᵇ·ln a */
function exponentSlope({ a, b, y, mul, apply, compare, where, context }: BroadcastFormula): string {
  const vanishes = context.g.op('And', [compare('Equal', a, 0), compare('GreaterOrEqual', b, 0)]);
  return mul(y, apply('Log', where(vanishes, 1, a)));
}
