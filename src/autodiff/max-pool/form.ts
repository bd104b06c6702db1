import { intsAttribute } from '../../onnx/attributes.js';
import type { BackwardContext, NodeContext, Saved } from '../gradient.js';
import { windowOf, type Window } from '../window.js';

/** A way to the gradient of MaxPool. All give dy to the first maximum of each window, in row-major order. */
export interface MaxPoolForm {
  readonly name: string;
  /** Whether it gives the right result. @throws InputError where it has to know a size that is open */
  fits(context: NodeContext): boolean;
  /** Whether it is the fastest of those that fit on a processor, where those before it in the table are not. */
  pays(context: NodeContext): boolean;
  /** Emits the node itself, and what the gradient needs besides. */
  forward(context: NodeContext): Saved;
  /** Emits dx. */
  backward(context: BackwardContext): string;
}

/** The windows of a pool. @throws InputError when a spatial size is open */
export function poolWindow(context: NodeContext): Window {
  return windowOf(context, intsAttribute(context.node, 'kernel_shape')!);
}
