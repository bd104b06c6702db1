/** ReLUs with another way back, as guided backpropagation and DeconvNet have them. */
import { untrainedRule, type RuleFor } from '../../../autodiff/differentiate.js';
import type { BackwardContext, Gradient } from '../../../autodiff/gradient.js';

/** Operators that cut at zero; Clip is ReLU6 where it has a lower bound. */
const RECTIFIERS = new Set(['Relu', 'Clip']);

const keepsPositive = ({ g }: BackwardContext, signal: string) => g.op('Relu', [signal]);

/** Rules that differ from the gradient in how rectifiers pass the signal back. */
function withRectifier(backward: (context: BackwardContext, gradient: Gradient) => string | undefined): RuleFor {
  return (node) => {
    const gradient = untrainedRule(node);
    if (!gradient || !RECTIFIERS.has(node.opType)) return gradient;
    return { ...gradient, backward: (context) => [backward(context, gradient)] };
  };
}

/** R_l = R_{l+1}·1[R_{l+1} > 0], whatever the forward pass did ([Zeiler & Fergus 2014]). */
export const deconvNetRules: RuleFor = withRectifier((context) => keepsPositive(context, context.dy));

/** R_l = R_{l+1}·1[R_{l+1} > 0]·1[f_l > 0]: both conditions ([Springenberg et al. 2014]). */
export const guidedRules: RuleFor = withRectifier((context, gradient) => {
  const [passed] = gradient.backward(context);
  return passed === undefined ? undefined : keepsPositive(context, passed);
});
