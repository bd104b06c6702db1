import { InputError } from '../../errors.js';
import { fromFront } from '../axes.js';
import { float32, float64, toNumbers } from '../../tensor.js';
import { intsAttribute, stringAttribute } from '../../onnx/attributes.js';
import { nodeLabel } from '../../onnx/model.js';
import type { BackwardContext, GradientTable, NodeContext } from '../gradient.js';

/** Resize: linear, cubic and nearest interpolation are matrices of weights, whose transposes take the gradient back. */
export const resize = {
  /** y = A₁·…·Aₖ·x, a matrix of interpolation weights for each resized axis: dx = Aₖᵀ·…·A₁ᵀ·dy. */
  Resize: {
    backward: (context) => {
      refusePolicies(context);
      const rank = context.dims(context.input(0)).length;
      const axes = resizedAxes(context);
      const dx = axes.reduce(
        (gradient, resized) => productAlong(context, gradient, rank, resized.axis, weightsOf(context, resized)),
        context.dy,
      );
      return [dx];
    },
  },
} satisfies GradientTable;

/** A policy makes one axis depend on another. */
function refusePolicies({ node }: NodeContext): void {
  const policy = stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch') return;
  throw new InputError(`node ${nodeLabel(node)}: Resize with keep_aspect_ratio_policy ${policy} has no gradient`);
}

interface ResizedAxis {
  readonly axis: number;
  /** Input size. */
  readonly size: number;
  /** Output size over input size, as the node states it; undefined where it states sizes. */
  readonly scale: number | undefined;
  /** The part of the axis that is looked at, from 0 to 1; undefined where it is all of it. */
  readonly region: readonly [begin: number, end: number] | undefined;
}

/** The parts of the axes that are resized, begins before ends; undefined unless the mode crops. */
function regions({ node, input, values }: NodeContext): readonly number[] | undefined {
  if (stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel') !== 'tf_crop_and_resize') return undefined;
  const region = values.constant(input(1));
  if (!region) throw new InputError(`node ${nodeLabel(node)}: Resize of a computed region has no gradient`);
  return toNumbers(region);
}

/** @throws InputError when an axis of open size is resized, or a region is computed */
function resizedAxes(context: NodeContext): ResizedAxis[] {
  const { node, input, output, dims, values } = context;
  const cropped = regions(context);
  const [from, to] = [dims(input(0)), dims(output(0))];
  const listed = intsAttribute(node, 'axes')?.map((axis) => fromFront(axis, from.length));
  const constant = input(2) === '' ? undefined : values.constant(input(2));
  const scales = constant && constant.data.length > 0 ? toNumbers(constant) : undefined;
  return from.flatMap((size, axis) => {
    const place = listed ? listed.indexOf(axis) : axis;
    const scale = place < 0 ? 1 : scales?.[place];
    const [begin, end] = [cropped?.[place] ?? 0, cropped?.[place + cropped.length / 2] ?? 1];
    const region = begin === 0 && end === 1 ? undefined : ([begin, end] as const);
    if (!region && (scale === 1 || (scale === undefined && size === to[axis]))) return [];
    if (typeof size === 'number') return [{ axis, size, scale, region }];
    throw new InputError(
      `node ${nodeLabel(node)}: the size "${size}" that it resizes is open; fix the model's image size`,
    );
  });
}

/** A with [outputs, inputs]: the operator itself, run on the columns of the identity. */
function weightsOf(
  { g, node, input, output, type, dims }: BackwardContext,
  { axis, size, scale, region }: ResizedAxis,
): string {
  const double = type(input(0)) === 'float64';
  const cells = Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  const identity = g.constant(double ? float64(cells, [size, size]) : float32(cells, [size, size]));
  const attributes = Object.fromEntries(
    // What stands outside a region is the same whatever x is.
    node.attribute
      .filter(({ name }) => name !== 'axes' && name !== 'extrapolation_value')
      .map((attribute) => [attribute.name, attribute]),
  );
  const target =
    scale === undefined ? ['', g.ints([size, dims(output(0))[axis] as number])] : [g.constant(float32([1, scale]))];
  const isCrop = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize';
  const [begin, end] = region ?? [0, 1];
  const looked = isCrop ? g.constant(float32([0, begin, 1, end])) : '';
  const columns = g.op('Resize', [identity, looked, ...target], attributes);
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
