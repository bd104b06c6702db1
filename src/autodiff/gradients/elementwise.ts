import { algebra } from '../algebra.js';
import type { Gradient, GradientTable } from '../gradient.js';
import { ofOneInput } from '../pointwise.js';

const cast: Gradient = {
  backward: ({ g, input, output, type, dy }) => {
    const [from, to] = [type(input(0)), type(output(0))];
    return from.includes('float') && to.includes('float') ? [algebra(g, from).cast(dy)] : [];
  },
};

/** Functions of one number. */
export const elementwise = {
  /** y = x: dx = dy. */
  Identity: ofOneInput(({ dy }) => dy),

  /** y = −x: dx = −dy. */
  Neg: ofOneInput(({ dy, neg }) => neg(dy)),

  /** y = |x|: dx = dy·sign x (0 at x = 0). */
  Abs: ofOneInput(({ x, dy, mul, apply }) => mul(dy, apply('Sign', x))),

  /** y = 1/x: dx = −dy·y². */
  Reciprocal: ofOneInput(({ y, dy, mul, neg }) => neg(mul(dy, mul(y, y)))),

  /**
   * y = √x: dx = dy/(2y), 0 at x = 0. The slope there is infinite, and yet what is taken the root of (a sum of squares, the
   * second moment of a gradient that is always 0) has itself no slope there, so that the product of both would be NaN.
   */
  Sqrt: ofOneInput(({ y, dy, mul, divOrZero }) => divOrZero(dy, mul(2, y))),

  /** y = eˣ: dx = dy·y. */
  Exp: ofOneInput(({ y, dy, mul }) => mul(dy, y)),

  /** y = ln x: dx = dy/x. */
  Log: ofOneInput(({ x, dy, div }) => div(dy, x)),

  /** y = erf x: dx = dy·(2/√π)·exp(−x²). */
  Erf: ofOneInput(({ x, dy, mul, neg, apply }) => {
    const bell = apply('Exp', neg(mul(x, x)));
    return mul(dy, mul(2 / Math.sqrt(Math.PI), bell));
  }),

  /** y = sin x: dx = dy·cos x. */
  Sin: ofOneInput(({ x, dy, mul, apply }) => mul(dy, apply('Cos', x))),

  /** y = cos x: dx = −dy·sin x. */
  Cos: ofOneInput(({ x, dy, mul, neg, apply }) => neg(mul(dy, apply('Sin', x)))),

  /** y = tan x: dx = dy·(1 + y²). */
  Tan: ofOneInput(({ y, dy, add, mul }) => mul(dy, add(1, mul(y, y)))),

  /** y = arcsin x: dx = dy/√(1 − x²). */
  Asin: ofOneInput(({ x, dy, sub, mul, div, apply }) => div(dy, apply('Sqrt', sub(1, mul(x, x))))),

  /** y = arccos x: dx = −dy/√(1 − x²). */
  Acos: ofOneInput(({ x, dy, sub, mul, div, neg, apply }) => neg(div(dy, apply('Sqrt', sub(1, mul(x, x)))))),

  /** y = arctan x: dx = dy/(1 + x²). */
  Atan: ofOneInput(({ x, dy, add, mul, div }) => div(dy, add(1, mul(x, x)))),

  /** y = sinh x: dx = dy·cosh x. */
  Sinh: ofOneInput(({ x, dy, mul, apply }) => mul(dy, apply('Cosh', x))),

  /** y = cosh x: dx = dy·sinh x. */
  Cosh: ofOneInput(({ x, dy, mul, apply }) => mul(dy, apply('Sinh', x))),

  /** y = tanh x: dx = dy·(1 − y²). */
  Tanh: ofOneInput(({ y, dy, sub, mul }) => mul(dy, sub(1, mul(y, y)))),

  /** y = arsinh x: dx = dy/√(x² + 1). */
  Asinh: ofOneInput(({ x, dy, add, mul, div, apply }) => div(dy, apply('Sqrt', add(mul(x, x), 1)))),

  /** y = arcosh x: dx = dy/√(x² − 1). */
  Acosh: ofOneInput(({ x, dy, sub, mul, div, apply }) => div(dy, apply('Sqrt', sub(mul(x, x), 1)))),

  /** y = artanh x: dx = dy/(1 − x²). */
  Atanh: ofOneInput(({ x, dy, sub, mul, div }) => div(dy, sub(1, mul(x, x)))),

  /** y = x as another type: dx = dy as x's type where both are floating-point; otherwise none. */
  Cast: cast,

  /** y = x as the type of another value: dx = dy as x's type where both are floating-point; otherwise none. */
  CastLike: cast,
} satisfies GradientTable;
