import { InputError } from '../../errors.js';
import { fromFront } from '../axes.js';
import { float32, float64, toNumbers } from '../../tensor.js';
import { intsAttribute, stringAttribute } from '../../onnx/attributes.js';
import { nodeLabel } from '../../onnx/model.js';
import type { BackwardContext, Gradient, NodeContext } from '../gradient.js';

/** y = A₁·…·Aₖ·x, a matrix of interpolation weights for each resized axis: dx = Aₖᵀ·…·A₁ᵀ·dy. */
export const resize: Gradient = {
  op: 'Resize',
  backward: (context) => {
    refuseWhatIsNotLinear(context);
    const rank = context.dims(context.input(0)).length;
    const axes = resizedAxes(context);
    const dx = axes.reduce((gradient, { axis, size, scale }) => {
      return productAlong(context, gradient, rank, axis, weightsOf(context, axis, size, scale));
    }, context.dy);
    return [dx];
  },
};

function refuseWhatIsNotLinear({ node }: NodeContext): void {
  const mode = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  const policy = stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch');
  const refused =
    mode === 'tf_crop_and_resize' ? mode : policy !== 'stretch' ? `keep_aspect_ratio_policy ${policy}` : '';
  if (refused) throw new InputError(`node ${nodeLabel(node)}: Resize with ${refused} has no gradient`);
}

interface ResizedAxis {
  readonly axis: number;
  /** Input size. */
  readonly size: number;
  /** Output size over input size, as the node states it; undefined where it states sizes. */
  readonly scale: number | undefined;
}

/** @throws InputError when an axis of open size is resized */
function resizedAxes({ node, input, output, dims, values }: NodeContext): ResizedAxis[] {
  const [from, to] = [dims(input(0)), dims(output(0))];
  const listed = intsAttribute(node, 'axes')?.map((axis) => fromFront(axis, from.length));
  const constant = input(2) === '' ? undefined : values.constant(input(2));
  const scales = constant && constant.data.length > 0 ? toNumbers(constant) : undefined;
  return from.flatMap((size, axis) => {
    const place = listed ? listed.indexOf(axis) : axis;
    const scale = place < 0 ? 1 : scales?.[place];
    if (scale === 1 || (scale === undefined && size === to[axis])) return [];
    if (typeof size === 'number') return [{ axis, size, scale }];
    throw new InputError(
      `node ${nodeLabel(node)}: the size "${size}" that it resizes is open; fix the model's image size`,
    );
  });
}

/** A with [outputs, inputs]: the operator itself, run on the columns of the identity. */
function weightsOf(
  { g, node, input, output, type, dims }: BackwardContext,
  axis: number,
  size: number,
  scale?: number,
): string {
  const double = type(input(0)) === 'float64';
  const cells = Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  const identity = g.constant(double ? float64(cells, [size, size]) : float32(cells, [size, size]));
  const attributes = Object.fromEntries(
    node.attribute.flatMap((attribute) => (attribute.name === 'axes' ? [] : [[attribute.name, attribute]])),
  );
  const target =
    scale === undefined ? ['', g.ints([size, dims(output(0))[axis] as number])] : [g.constant(float32([1, scale]))];
  const columns = g.op('Resize', [identity, '', ...target], attributes);
  return g.op('Transpose', [columns], { perm: [1, 0] });
}

/** Σ over an axis of v[…, i, …]·A[i, j]. */
function productAlong({ g }: NodeContext, value: string, rank: number, axis: number, matrix: string): string {
  if (axis === rank - 1) return g.op('MatMul', [value, matrix]);
  const perm = Array.from({ length: rank }, (_, i) => i);
  [perm[axis], perm[rank - 1]] = [rank - 1, axis];
  const moved = g.op('Transpose', [value], { perm });
  return g.op('Transpose', [g.op('MatMul', [moved, matrix])], { perm });
}
