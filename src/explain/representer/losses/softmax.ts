import { softmaxInPlace } from '../../../numeric/probabilities.js';
import { total, type SuitableLoss } from './loss.js';

/** Cross entropy between softmax(Φ) and the target: L = −Σ target · log softmax(Φ), ∂L/∂Φ = softmax(Φ) − target. */
export const softmaxLoss: SuitableLoss = {
  name: 'softmax',
  emit: (g, scores, target) =>
    g.op('Neg', [total(g, g.op('Mul', [target, g.op('LogSoftmax', [scores], { axis: 1 })]))]),
  // diag(p) − p pᵀ
  curve: (g, output, change) => {
    const weighted = g.op('Mul', [output, change]);
    const mean = g.op('ReduceSum', [weighted, g.ints([2])], { keepdims: 1 });
    return g.op('Sub', [weighted, g.op('Mul', [output, mean])]);
  },
  curvature: (p) => p * (1 - p),
  ignoresShifts: true,
  activate: softmaxInPlace,
};
