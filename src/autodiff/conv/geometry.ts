/** What is known of a convolution before it runs. */
import type { Dim } from '../../graph/builder.js';
import { InputError } from '../../errors.js';
import { intAttribute } from '../../onnx/attributes.js';
import { nodeLabel } from '../../onnx/model.js';
import { elementCount } from '../../tensor.js';
import type { BackwardContext, NodeContext } from '../gradient.js';
import { windowOf, type Window } from '../window.js';

/** A convolution of x [N, C, …] with weights [K, C/group, …]. The number of examples N stays open. */
export interface ConvGeometry extends Window {
  /** Channels of the input, C. */
  readonly channels: number;
  /** Channels of the output, K. */
  readonly filters: number;
  readonly group: number;
  /** Elements of the kernel's window, kh·kw. */
  readonly taps: number;
  /** Windows an example, P = Ho·Wo. */
  readonly places: number;
}

/** What a convolution's gradient is computed from: the node's inputs, and the gradient to its output. */
export type ConvOperands = Pick<BackwardContext, 'g' | 'input' | 'dy'>;

/** A value computed from the node: which of its gradients, and how. */
export interface Lowering {
  readonly name: string;
  /** Whether it gives the right result for the geometry. */
  applies(geometry: ConvGeometry): boolean;
  /** Expected time an example, in units of 10⁶ multiply–adds of a large matrix product; only the order matters. */
  cost(geometry: ConvGeometry): number;
  /** @param operands x, the weights and dy; a gradient reads two of them */
  emit(operands: ConvOperands, geometry: ConvGeometry): string;
}

/** @throws InputError when anything but the number of examples is open */
export function convGeometry(context: NodeContext): ConvGeometry {
  const { node, input, output, dims } = context;
  const kernel = dims(input(1))
    .slice(2)
    .map((size) => known(context, size));
  const window = windowOf(context, kernel);
  return {
    ...window,
    channels: known(context, dims(input(0))[1]!),
    filters: known(context, dims(output(0))[1]!),
    group: intAttribute(node, 'group', 1),
    taps: elementCount(kernel),
    places: elementCount(window.output),
  };
}

function known({ node }: NodeContext, size: Dim): number {
  if (typeof size === 'number') return size;
  throw new InputError(
    `node ${nodeLabel(node)}: the size "${size}" is open; give the model fixed channels and kernels`,
  );
}

/** The first of the cheapest lowerings that apply: the same geometry always gets the same one. */
export function cheapest(lowerings: readonly Lowering[], geometry: ConvGeometry): Lowering {
  const fitting = lowerings.filter((lowering) => lowering.applies(geometry));
  return fitting.reduce((best, next) => (next.cost(geometry) < best.cost(geometry) ? next : best));
}

/** Multiply–adds an example, in millions. */
export function work({ channels, filters, group, taps, places }: ConvGeometry): number {
  return (channels * filters * taps * places) / group / 1e6;
}

/** Elements of the im2col matrix of an example, in millions. */
export function columnElements({ channels, taps, places }: ConvGeometry): number {
  return (channels * taps * places) / 1e6;
}
