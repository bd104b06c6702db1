import { oneHotTarget, sumAll, type Loss } from './loss.js';

/** Mean squared error against the one-hot target: L = Σ w · mean((s − t)²); ∂L/∂s = 2w · (s − t) / outputs. */
export const meanSquaredError: Loss = {
  name: 'mean-squared-error',
  emit: (g, inputs) => {
    const difference = g.op('Sub', [inputs.scores, oneHotTarget(g, inputs)]);
    const weighted = g.op('Mul', [difference, g.op('Div', [inputs.weights, g.scalar(inputs.outputs)])]);
    const loss = sumAll(g, g.op('Mul', [weighted, difference]));
    return { loss, gradient: g.op('Mul', [weighted, g.scalar(2)]) };
  },
};
