import { elementTypeCode } from '../../onnx/element-type.js';
import type { Optimizer } from './optimizer.js';

/**
 * Adam ([Kingma & Ba 2015]): m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − η·m̂/(√v̂ + ε) with m̂ = m/(1−β₁ᵗ), v̂ =
 * v/(1−β₂ᵗ).
 */
export const adam: Optimizer = {
  name: 'adam',
  state: ['mean', 'square'],
  scaling: ['square'],
  emit: (g, { parameter, gradient, state, learningRate, step }, { beta1, beta2, epsilon }) => {
    const blend = (old: string, value: string, beta: number) =>
      g.op('Add', [g.op('Mul', [old, g.scalar(beta)]), g.op('Mul', [value, g.scalar(1 - beta)])]);
    const mean = blend(state[0]!, gradient, beta1);
    const square = blend(state[1]!, g.op('Mul', [gradient, gradient]), beta2);
    // In float32, 1 − β₂ᵗ would lose four digits in the first steps.
    const correction = (beta: number) => {
      const power = g.op('Pow', [g.scalar(beta, 'float64'), step]);
      return g.op('Cast', [g.op('Sub', [g.scalar(1, 'float64'), power])], { to: elementTypeCode('float32') });
    };
    const deviation = g.op('Div', [g.op('Sqrt', [square]), g.op('Sqrt', [correction(beta2)])]);
    const rate = g.op('Div', [learningRate, correction(beta1)]);
    const direction = g.op('Div', [mean, g.op('Add', [deviation, g.scalar(epsilon)])]);
    const updated = g.op('Sub', [parameter, g.op('Mul', [direction, rate])]);
    return { parameter: updated, state: [mean, square], scales: [deviation] };
  },
};
