import { cheapest, convGeometry, sharing, type Lowerings } from '../conv/geometry.js';
import { outputByConv } from '../conv/output-conv.js';
import { NEWEST } from '../conv/table.js';
import { whereNeeded, type Gradient, type GradientTable } from '../gradient.js';
import { sumOverChannels } from '../shapes.js';

/** Convolution; how it and its gradients are computed is chosen by `../conv/`. */
export const conv = {
  /** y = x ⋆ W + b: dx = dy transposed-convolved with W, dW = x ⋆ dy, db = Σ dy over examples and space. */
  Conv: convBy(NEWEST),
} satisfies GradientTable;

/** The gradient of a Conv that is computed as it is: its weights are constants, which ONNX Runtime has a faster layout for. */
export const convAsItIs: Gradient = { ...conv.Conv, forward: undefined };

/** Convolution by the lowerings of a generation. */
export function convBy({ output, input, weight }: Lowerings): Gradient {
  return {
    forward: (context) => {
      const { g, node } = context;
      const geometry = convGeometry(context);
      const lowering = cheapest(output, geometry);
      if (lowering === outputByConv) {
        g.add(node);
        return {};
      }
      const kept: Record<string, string> = {};
      g.rename(lowering.emit({ ...context, shared: sharing(kept) }, geometry), context.output(0));
      return kept;
    },
    backward: (context) => {
      const { dims, dy } = context;
      const geometry = convGeometry(context);
      const operands = { ...context, dy, shared: sharing({ ...context.saved }) };
      return whereNeeded(context, [
        () => cheapest(input, geometry).emit(operands, geometry),
        () => cheapest(weight, geometry).emit(operands, geometry),
        context.input(2) === '' ? undefined : () => sumOverChannels(context, dy, dims(context.output(0)).length),
      ]);
    },
  };
}
