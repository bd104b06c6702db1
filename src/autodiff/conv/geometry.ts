/** What is known of a convolution before it runs. */
import type { Dim } from '../../graph/builder.js';
import { InputError } from '../../errors.js';
import { intAttribute } from '../../onnx/attributes.js';
import { nodeLabel } from '../../onnx/model.js';
import { elementCount } from '../../tensor.js';
import type { BackwardContext } from '../gradient.js';
import { windowOf, type Window, type WindowContext } from '../window.js';

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

/** What a convolution is computed from: the node's inputs. */
export interface ConvInputs extends Pick<BackwardContext, 'g' | 'input'> {
  /** What lowerings of one node share: made by the first that asks, whether it computes the node or a gradient. */
  readonly shared: (name: string, make: () => string) => string;
}

/** What a gradient of it is computed from: one of them, and the gradient to its output. */
export type ConvOperands = ConvInputs & Pick<BackwardContext, 'dy'>;

/** A way to a value: to the output of a convolution, where it takes its inputs, or to one of its gradients. */
export interface Lowering<Operands = ConvOperands> {
  readonly name: string;
  /** Whether it gives the right result for the geometry. */
  applies(geometry: ConvGeometry): boolean;
  emit(operands: Operands, geometry: ConvGeometry): string;
}

/** A lowering with what it is expected to take. */
export interface Candidate<Operands = ConvOperands> {
  readonly lowering: Lowering<Operands>;
  /** Expected time an example, in units of 10⁶ multiply–adds of a large matrix product; only the order matters. */
  readonly cost: (geometry: ConvGeometry) => number;
}

/** What there is to choose from; of equally cheap ones the first is taken. */
export interface Lowerings {
  /** Ways to the convolution itself, … */
  readonly output: readonly Candidate<ConvInputs>[];
  /** … to the gradient of its input, … */
  readonly input: readonly Candidate[];
  /** … and to that of its weights. */
  readonly weight: readonly Candidate[];
}

/** @throws InputError when anything but the number of examples is open */
export function convGeometry(context: WindowContext): ConvGeometry {
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

function known({ node }: WindowContext, size: Dim): number {
  if (typeof size === 'number') return size;
  throw new InputError(
    `node ${nodeLabel(node)}: the size "${size}" is open; give the model fixed channels and kernels`,
  );
}

/** The first of the cheapest lowerings that apply: the same geometry always gets the same one. */
export function cheapest<Operands>(
  candidates: readonly Candidate<Operands>[],
  geometry: ConvGeometry,
): Lowering<Operands> {
  const fitting = candidates.filter(({ lowering }) => lowering.applies(geometry));
  return fitting.reduce((best, next) => (next.cost(geometry) < best.cost(geometry) ? next : best)).lowering;
}

/** What lowerings share, kept by name. @param kept what is there already */
export function sharing(kept: Record<string, string> = {}): ConvInputs['shared'] {
  return (name, make) => (kept[name] ??= make());
}
