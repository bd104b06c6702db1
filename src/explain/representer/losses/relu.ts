import { total, type SuitableLoss } from './loss.js';

/**
 * [Yeh et al. 2018], Sec. 3.2: L = ½ max(Φ, 0) ⊙ Φ − target ⊙ Φ with target = max(Φ_given, 0); ∂L/∂Φ = max(Φ, 0) −
 * target.
 */
export const reluLoss: SuitableLoss = {
  name: 'relu',
  emit: (g, scores, target) => {
    const half = g.op('Mul', [g.op('Mul', [g.op('Relu', [scores]), scores]), g.scalar(0.5, 'float64')]);
    return total(g, g.op('Sub', [half, g.op('Mul', [target, scores])]));
  },
  // 1 where Φ > 0
  curve: (g, output, change) => {
    const zero = g.scalar(0, 'float64');
    return g.op('Where', [g.op('Greater', [output, zero]), change, zero]);
  },
  curvature: (output) => (output > 0 ? 1 : 0),
  ignoresShifts: false,
  activate: (scores) => {
    for (let i = 0; i < scores.length; i++) scores[i] = Math.max(0, scores[i]!);
  },
};
