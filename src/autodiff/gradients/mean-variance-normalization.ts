import { intsAttribute } from '../../onnx/attributes.js';
import type { Gradient } from '../gradient.js';
import { standardize } from '../standardize.js';

/** y = x standardized over axes: dx = r·(dy − mean dy − y·mean(dy·y)), r = 1/√variance. */
export const meanVarianceNormalization: Gradient = {
  op: 'MeanVarianceNormalization',
  backward: ({ g, node, input, type, dy }) => {
    const axes = intsAttribute(node, 'axes') ?? [0, 2, 3];
    // The operator adds 10⁻⁹ to the deviation; 10⁻¹⁸ on the variance likewise only keeps constants from dividing by 0.
    return [standardize(g, type(input(0)), input(0), axes, 1e-18).toInput(dy)];
  },
};
