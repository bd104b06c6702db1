import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = x·t with t = tanh ln(1 + eˣ): dx = dy·(t + x·(1 − t²)/(1 + e⁻ˣ)). */
export const mish: Gradient = {
  op: 'Mish',
  backward: ({ g, input, type, dy }) => {
    const x = input(0);
    const { add, sub, mul, apply } = algebra(g, type(x));
    const t = apply('Tanh', apply('Softplus', x));
    return [mul(dy, add(t, mul(x, mul(sub(1, mul(t, t)), apply('Sigmoid', x)))))];
  },
};
