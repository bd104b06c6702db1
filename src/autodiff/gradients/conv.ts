import { cheapest, convGeometry } from '../conv/geometry.js';
import { INPUT_LOWERINGS, WEIGHT_LOWERINGS } from '../conv/table.js';
import type { Gradient } from '../gradient.js';
import { sumOverChannels } from '../shapes.js';

/** y = x ⋆ W + b: dx = dy transposed-convolved with W, dW = x ⋆ dy, db = Σ dy over examples and space. */
export const conv: Gradient = {
  op: 'Conv',
  backward: (context) => {
    const { dims, output, dy, needs } = context;
    const geometry = convGeometry(context);
    return [
      needs(0) ? cheapest(INPUT_LOWERINGS, geometry).emit(context, geometry) : undefined,
      needs(1) ? cheapest(WEIGHT_LOWERINGS, geometry).emit(context, geometry) : undefined,
      context.input(2) !== '' && needs(2) ? sumOverChannels(context, dy, dims(output(0)).length) : undefined,
    ];
  },
};
