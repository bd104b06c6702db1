import { oneHotTarget, sumAll, type Loss } from './loss.js';

/**
 * Binary cross entropy on logits, averaged over outputs: with one output the label (0 or 1) is its target, with several
 * each output is its own yes-or-no question. L = Σ w · mean(softplus(s) − t·s); ∂L/∂s = w · (sigmoid(s) − t) / outputs.
 */
export const binaryCrossEntropy: Loss = {
  name: 'binary-cross-entropy',
  emit: (g, inputs) => {
    const { scores, outputs } = inputs;
    const target = oneHotTarget(g, inputs);
    const weights = g.op('Div', [inputs.weights, g.scalar(outputs)]);
    // ONNX Runtime computes it as max(s, 0) + log(1 + exp(−|s|)), which does not overflow; written out like that it would have
    // no slope at 0, where a fresh model's scores may be.
    const softplus = g.op('Softplus', [scores]);
    const terms = g.op('Sub', [softplus, g.op('Mul', [target, scores])]);
    const excess = g.op('Sub', [g.op('Sigmoid', [scores]), target]);
    return { loss: sumAll(g, g.op('Mul', [terms, weights])), gradient: g.op('Mul', [excess, weights]) };
  },
};
