import { convolve } from '../conv/convolve.js';
import { cheapest, sharing, type ConvGeometry, type Lowerings } from '../conv/geometry.js';
import { NEWEST } from '../conv/table.js';
import { intAttribute, intsAttribute, stringAttribute } from '../../onnx/attributes.js';
import { elementCount } from '../../tensor.js';
import type { BackwardContext, Gradient, GradientTable } from '../gradient.js';
import { sumOverChannels } from '../shapes.js';
import { spatialSizes } from '../window.js';

/** Transposed convolution. */
export const convTranspose = {
  /** y = x spread by W, + b; x is the gradient of a convolution of y: dx = dy ⋆ W, dW = dy ⋆ x, db = Σ dy. */
  ConvTranspose: convTransposeBy(NEWEST),
} satisfies GradientTable;

/** Transposed convolution by the lowerings of a generation. */
export function convTransposeBy({ weight }: Lowerings): Gradient {
  return {
    backward: (context) => {
      const { input, output, dims, dy, needs } = context;
      const geometry = mirroredGeometry(context);
      const toWeights = () => {
        const x = (index: number) => (index === 0 ? dy : input(index));
        const mirrored = { ...context, dy: input(0), input: x, shared: sharing() };
        return cheapest(weight, geometry).emit(mirrored, geometry);
      };
      return [
        needs(0) ? convolve(context.g, dy, input(1), geometry) : undefined,
        needs(1) ? toWeights() : undefined,
        input(2) !== '' && needs(2) ? sumOverChannels(context, dy, dims(output(0)).length) : undefined,
      ];
    },
  };
}

/** The convolution that leads from dy to dx. */
export function mirroredGeometry({ node, input, output, dims, ...context }: BackwardContext): ConvGeometry {
  const weights = dims(input(1)) as number[];
  const kernel = weights.slice(2);
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(node, 'strides') ?? ones;
  const dilations = intsAttribute(node, 'dilations') ?? ones;
  const group = intAttribute(node, 'group', 1);
  const around = { ...context, node, input, output, dims };
  const [small, large] = [spatialSizes(around, input(0)), spatialSizes(around, output(0))];
  return {
    kernel,
    strides,
    dilations,
    begins: begins(around, kernel, strides, dilations, small, large),
    ends: ones.map(() => 0),
    input: large,
    output: small,
    channels: weights[1]! * group,
    filters: weights[0]!,
    group,
    taps: elementCount(kernel),
    places: elementCount(small),
  };
}

/** How much is cut off before the first element. */
function begins(
  { node }: Pick<BackwardContext, 'node'>,
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  small: readonly number[],
  large: readonly number[],
): number[] {
  const automatic = stringAttribute(node, 'auto_pad', 'NOTSET');
  const computed = intsAttribute(node, 'output_shape') !== undefined || automatic.startsWith('SAME');
  if (!computed) return intsAttribute(node, 'pads')?.slice(0, kernel.length) ?? kernel.map(() => 0);
  const added = intsAttribute(node, 'output_padding');
  return kernel.map((size, i) => {
    const whole = (small[i]! - 1) * strides[i]! + (size - 1) * dilations[i]! + 1 + (added?.[i] ?? 0);
    const total = Math.max(0, whole - large[i]!);
    return automatic === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
  });
}
