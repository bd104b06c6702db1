/** Axes of reductions, Squeeze and Unsqueeze: an attribute up to operator set 12 or 17, an input from then on. */
import { InputError } from '../errors.js';
import { intAttribute, intsAttribute } from '../onnx/attributes.js';
import { nodeLabel } from '../onnx/model.js';
import { toNumbers } from '../tensor.js';
import { algebra } from './algebra.js';
import type { NodeContext } from './gradient.js';

/** An axis counted from the front. */
export function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** The `axis` attribute, counted from the front. */
export function axisOf({ node, dims, input }: NodeContext, fallback: number): number {
  return fromFront(intAttribute(node, 'axis', fallback), dims(input(0)).length);
}

/**
 * Whole numbers that a node is given as an input or, in older operator sets, as an attribute.
 * @returns undefined where it has neither
 * @throws InputError when the input is computed at run time
 */
export function givenInts(context: NodeContext, index: number, attribute: string): number[] | undefined {
  const { node, input, values } = context;
  const listed = intsAttribute(node, attribute);
  if (listed || input(index) === '') return listed;
  const constant = values.constant(input(index));
  if (!constant) {
    throw new InputError(
      `node ${nodeLabel(node)}: its ${attribute} ("${input(index)}") are computed at run time; make them a constant`,
    );
  }
  return toNumbers(constant);
}

/** The axes that a reduction runs over, as a value; undefined for all of them. */
function axesValue(context: NodeContext): string | undefined {
  const { g, node, input, values } = context;
  const listed = intsAttribute(node, 'axes');
  if (listed) return g.ints(listed);
  if (input(1) === '' || values.constant(input(1))?.data.length === 0) return undefined;
  return input(1);
}

/** Whether a reduction was asked to reduce nothing. */
export function reducesNothing(context: NodeContext): boolean {
  return axesValue(context) === undefined && intAttribute(context.node, 'noop_with_empty_axes', 0) === 1;
}

/** Gives a value of a reduction's output shape the reduced axes back, as ones, so that it broadcasts over the input. */
export function unreduced(context: NodeContext, value: string): string {
  const { g, node } = context;
  if (intAttribute(node, 'keepdims', 1) === 1) return value;
  const axes = axesValue(context);
  // Reducing every axis leaves a scalar, which broadcasts as it is.
  return axes === undefined ? value : g.op('Unsqueeze', [value, axes]);
}

/** Reduces a value of the input's shape over the same axes, which stay as ones. */
export function reduceLike(context: NodeContext, op: string, value: string): string {
  const axes = axesValue(context);
  return context.g.op(op, axes === undefined ? [value] : [value, axes], { keepdims: 1 });
}

/** How many elements of the input went into one of the output, as a scalar of the input's type. */
export function reducedCount(context: NodeContext): string {
  const { g, input, output, dims, type } = context;
  const [from, to] = [dims(input(0)), dims(output(0))];
  const open = (list: readonly unknown[]) => list.filter((dim) => typeof dim === 'string').sort();
  const size = (list: readonly unknown[]) =>
    list.reduce((n: number, dim) => (typeof dim === 'number' ? n * dim : n), 1);
  if (open(from).join() === open(to).join()) return algebra(g, type(input(0))).constant(size(from) / size(to));
  const ratio = g.op('Div', [g.op('Size', [input(0)]), g.op('Size', [output(0)])]);
  return algebra(g, type(input(0))).cast(ratio);
}
