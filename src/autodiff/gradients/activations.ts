import { stringAttribute } from '../../onnx/attributes.js';
import { axisOf } from '../axes.js';
import type { GradientTable } from '../gradient.js';
import { ofBroadcast, ofOneInput, type Formula } from '../pointwise.js';

/** Activations: functions of one number that have a slope, a threshold or a name of their own, and softmax. */
export const activations = {
  /** y = max(x, 0): the gradient passes where y > 0 (0 at x = 0, as PyTorch has it). */
  Relu: ofOneInput(({ y, dy, mul, cast, compare }) => mul(dy, cast(compare('Greater', y, 0)))),

  /** y = x where x > 0, else αx: dx = dy, or α·dy (also at x = 0). */
  LeakyRelu: ofOneInput(({ x, dy, mul, compare, where, attribute }) =>
    where(compare('Greater', x, 0), dy, mul(attribute('alpha', 0.01), dy)),
  ),

  /** y = x where x > 0, else s·x with the slope s broadcast: dx = dy or s·dy (also at x = 0), ds = 0 or x·dy. */
  PRelu: ofBroadcast(({ a: x, b: slope, dy, to, mul, compare, where }) => {
    const isPositive = compare('Greater', x, 0);
    return [() => where(isPositive, dy, mul(slope, dy)), () => to(1, where(isPositive, 0, mul(x, dy)))];
  }),

  /** y = x where x > α, else 0: dx = dy where x > α, else 0. */
  ThresholdedRelu: ofOneInput(({ x, dy, compare, where, attribute }) =>
    where(compare('Greater', x, attribute('alpha', 1)), dy, 0),
  ),

  /** y = x ∓ bias where |x| > λ, else 0: dx = dy where |x| > λ, else 0. */
  Shrink: ofOneInput(({ x, dy, apply, compare, where, attribute }) =>
    where(compare('Greater', apply('Abs', x), attribute('lambd', 0.5)), dy, 0),
  ),

  // Below: αeˣ = y + α and its like cannot overflow where x > 0.

  /** y = x where x > 0, else α(eˣ − 1): dx = dy, or dy·αeˣ. */
  Elu: ofOneInput(({ x, y, dy, add, mul, compare, where, attribute }) => {
    const slope = add(y, attribute('alpha', 1));
    return where(compare('Greater', x, 0), dy, mul(dy, slope));
  }),

  /** y = x where x > 0, else α(e^(x/α) − 1): dx = dy, or dy·e^(x/α). */
  Celu: ofOneInput(({ x, y, dy, add, mul, div, compare, where, attribute }) => {
    const slope = add(div(y, attribute('alpha', 1)), 1);
    return where(compare('Greater', x, 0), dy, mul(dy, slope));
  }),

  /** y = γx where x > 0, else γα(eˣ − 1): dx = γ·dy, or dy·γαeˣ. */
  Selu: ofOneInput(({ x, y, dy, add, mul, compare, where, attribute }) => {
    const alpha = attribute('alpha', 1.67326319217681884765625);
    const gamma = attribute('gamma', 1.05070102214813232421875);
    return where(compare('Greater', x, 0), mul(gamma, dy), mul(dy, add(y, gamma * alpha)));
  }),

  /** y = 1/(1 + e⁻ˣ): dx = dy·y·(1 − y). */
  Sigmoid: ofOneInput(({ y, dy, sub, mul }) => mul(dy, mul(y, sub(1, y)))),

  /** y = min(max(αx + β, 0), 1): dx = α·dy where 0 < y < 1. */
  HardSigmoid: ofOneInput(({ y, dy, mul, compare, where, attribute, context }) => {
    const inside = context.g.op('And', [compare('Greater', y, 0), compare('Less', y, 1)]);
    return where(inside, mul(attribute('alpha', 0.2), dy), 0);
  }),

  /** y = x·min(max(x/6 + ½, 0), 1): dx = dy where x ≥ 3, dy·(x/3 + ½) where −3 < x < 3, else 0. */
  HardSwish: ofOneInput(({ x, dy, add, mul, compare, where }) => {
    const middle = mul(dy, add(mul(1 / 3, x), 0.5));
    return where(compare('GreaterOrEqual', x, 3), dy, where(compare('Greater', x, -3), middle, 0));
  }),

  /** y = x·s with s = 1/(1 + e^(−αx)): dx = dy·(s + αx·s·(1 − s)). */
  Swish: ofOneInput(({ x, dy, add, sub, mul, apply, attribute }) => {
    const scaled = mul(attribute('alpha', 1), x);
    const s = apply('Sigmoid', scaled);
    return mul(dy, mul(s, add(1, mul(scaled, sub(1, s)))));
  }),

  /** y = x·t with t = tanh ln(1 + eˣ): dx = dy·(t + x·(1 − t²)/(1 + e⁻ˣ)). */
  Mish: ofOneInput(({ x, dy, add, sub, mul, apply }) => {
    const t = apply('Tanh', apply('Softplus', x));
    return mul(dy, add(t, mul(x, mul(sub(1, mul(t, t)), apply('Sigmoid', x)))));
  }),

  /** y = x·Φ(x): dx = dy·(Φ(x) + x·φ(x)); with `approximate: tanh`, Φ is ½(1 + tanh(√(2/π)(x + 0.044715x³))). */
  Gelu: ofOneInput((formula) =>
    stringAttribute(formula.context.node, 'approximate', 'none') === 'tanh' ? tanhGelu(formula) : exactGelu(formula),
  ),

  /** y = ln(1 + eˣ): dx = dy/(1 + e⁻ˣ). */
  Softplus: ofOneInput(({ x, dy, mul, apply }) => mul(dy, apply('Sigmoid', x))),

  /** y = x/(1 + |x|): dx = dy/(1 + |x|)². */
  Softsign: ofOneInput(({ x, dy, add, mul, div, apply }) => {
    const divisor = add(1, apply('Abs', x));
    return div(dy, mul(divisor, divisor));
  }),

  /** y = softmax(x) along an axis: dx = y·(dy − Σ dy·y). */
  Softmax: ofOneInput(({ y, dy, sub, mul, context }) => mul(y, sub(dy, sumAlongAxis(context, mul(dy, y))))),

  /** y = log softmax(x) along an axis: dx = dy − eʸ·Σ dy. */
  LogSoftmax: ofOneInput(({ y, dy, sub, mul, apply, context }) => {
    const total = sumAlongAxis(context, dy);
    return sub(dy, mul(apply('Exp', y), total));
  }),
} satisfies GradientTable;

function sumAlongAxis(context: Formula['context'], value: string): string {
  return context.g.op('ReduceSum', [value, context.g.ints([axisOf(context, -1)])], { keepdims: 1 });
}

function exactGelu({ x, dy, add, mul, neg, apply }: Formula): string {
  const cumulative = mul(0.5, add(1, apply('Erf', mul(Math.SQRT1_2, x))));
  const density = mul(1 / Math.sqrt(2 * Math.PI), apply('Exp', neg(mul(0.5, mul(x, x)))));
  return mul(dy, add(cumulative, mul(x, density)));
}

function tanhGelu({ x, dy, add, sub, mul, apply }: Formula): string {
  const [scale, cubic] = [Math.sqrt(2 / Math.PI), 0.044715];
  const square = mul(x, x);
  const tanh = apply('Tanh', mul(scale, mul(x, add(1, mul(cubic, square)))));
  const slope = mul(scale, add(1, mul(3 * cubic, square)));
  const density = mul(0.5, mul(sub(1, mul(tanh, tanh)), slope));
  return mul(dy, add(mul(0.5, add(1, tanh)), mul(x, density)));
}
