import { sigmoid } from '../../../numeric/probabilities.js';
import { total, type SuitableLoss } from './loss.js';

/**
 * Binary cross entropy of each output, for a single score or independent ones: L = softplus(Φ) − target · Φ,
 * ∂L/∂Φ = σ(Φ) − target.
 */
export const sigmoidLoss: SuitableLoss = {
  name: 'sigmoid',
  emit: (g, scores, target) => {
    // softplus(s) = max(s, 0) + log(1 + exp(−|s|)) does not overflow.
    const tail = g.op('Exp', [g.op('Neg', [g.op('Abs', [scores])])]);
    const logOnePlus = g.op('Log', [g.op('Add', [tail, g.scalar(1, 'float64')])]);
    const softplus = g.op('Add', [g.op('Relu', [scores]), logOnePlus]);
    return total(g, g.op('Sub', [softplus, g.op('Mul', [target, scores])]));
  },
  // p (1 − p)
  curve: (g, output, change) => {
    const rest = g.op('Sub', [g.scalar(1, 'float64'), output]);
    return g.op('Mul', [g.op('Mul', [output, rest]), change]);
  },
  curvature: (p) => p * (1 - p),
  ignoresShifts: false,
  activate: (scores) => {
    for (let i = 0; i < scores.length; i++) scores[i] = sigmoid(scores[i]!);
  },
};
