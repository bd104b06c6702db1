import { cheapest, convGeometry } from '../conv/geometry.js';
import { INPUT_LOWERINGS, WEIGHT_LOWERINGS } from '../conv/table.js';
import { whereNeeded, type GradientTable } from '../gradient.js';
import { sumOverChannels } from '../shapes.js';

/** Convolution; how its gradients are computed is chosen by `../conv/`. */
export const conv = {
  /** y = x ⋆ W + b: dx = dy transposed-convolved with W, dW = x ⋆ dy, db = Σ dy over examples and space. */
  Conv: {
    backward: (context) => {
      const { dims, input, output, dy } = context;
      const geometry = convGeometry(context);
      return whereNeeded(context, [
        () => cheapest(INPUT_LOWERINGS, geometry).emit(context, geometry),
        () => cheapest(WEIGHT_LOWERINGS, geometry).emit(context, geometry),
        input(2) === '' ? undefined : () => sumOverChannels(context, dy, dims(output(0)).length),
      ]);
    },
  },
} satisfies GradientTable;
