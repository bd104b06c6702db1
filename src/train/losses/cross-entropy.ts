import { binaryCrossEntropy } from './binary-cross-entropy.js';
import { oneHotTarget, sumAll, type Loss } from './loss.js';

/**
 * Softmax cross entropy: L = −Σ_rows w · log softmax(s)[label]; ∂L/∂s = w · (softmax(s) − onehot). With a single score s,
 * the two classes have the scores 0 and s, which is binary cross entropy.
 */
export const crossEntropy: Loss = {
  name: 'cross-entropy',
  emit: (g, inputs) => {
    if (inputs.outputs === 1) return binaryCrossEntropy.emit(g, inputs);
    const target = oneHotTarget(g, inputs);
    const logProbabilities = g.op('LogSoftmax', [inputs.scores], { axis: 1 });
    const chosen = g.op('Mul', [g.op('Mul', [logProbabilities, target]), inputs.weights]);
    const excess = g.op('Sub', [g.op('Exp', [logProbabilities]), target]);
    return { loss: g.op('Neg', [sumAll(g, chosen)]), gradient: g.op('Mul', [excess, inputs.weights]) };
  },
};
