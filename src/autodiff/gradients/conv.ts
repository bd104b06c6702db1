import { cheapest, convGeometry, type Lowering } from '../conv/geometry.js';
import { INPUT_LOWERINGS, UNTRAINED_INPUT_LOWERINGS, WEIGHT_LOWERINGS } from '../conv/table.js';
import { whereNeeded, type Gradient, type GradientTable } from '../gradient.js';
import { sumOverChannels } from '../shapes.js';

/** Convolution; how its gradients are computed is chosen by `../conv/`. */
export const conv = {
  /** y = x ⋆ W + b: dx = dy transposed-convolved with W, dW = x ⋆ dy, db = Σ dy over examples and space. */
  Conv: convBy(INPUT_LOWERINGS),
} satisfies GradientTable;

/** The gradient of Conv in graphs that no training is made of. */
export const untrainedConv: Gradient = convBy(UNTRAINED_INPUT_LOWERINGS);

function convBy(inputLowerings: readonly Lowering[]): Gradient {
  return {
    backward: (context) => {
      const { dims, input, output, dy } = context;
      const geometry = convGeometry(context);
      return whereNeeded(context, [
        () => cheapest(inputLowerings, geometry).emit(context, geometry),
        () => cheapest(WEIGHT_LOWERINGS, geometry).emit(context, geometry),
        input(2) === '' ? undefined : () => sumOverChannels(context, dy, dims(output(0)).length),
      ]);
    },
  };
}
