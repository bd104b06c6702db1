/** What one operator contributes to reverse-mode differentiation. */
import type { GraphBuilder, Dim } from '../graph/builder.js';
import type { Values } from '../graph/values.js';
import type { Node } from '../onnx/model.js';
import type { ElementType } from '../tensor.js';

/** Values that the forward part of a gradient keeps for its backward part, by a name of its own choosing. */
export type Saved = Readonly<Record<string, string>>;

/** A node of the forward graph, with what is known of the values around it. */
export interface NodeContext {
  /** Where nodes are emitted. */
  readonly g: GraphBuilder;
  readonly node: Node;
  /** Types, dimensions and constants of the *forward* values. */
  readonly values: Values;
  /** Name of an input; `''` for an omitted optional one. */
  readonly input: (index: number) => string;
  /** Name of an output. */
  readonly output: (index: number) => string;
  /** Dimensions of a forward value. */
  readonly dims: (value: string) => readonly Dim[];
  /** Element type of a forward value. */
  readonly type: (value: string) => ElementType;
}

/** A node on the way back. */
export interface BackwardContext extends NodeContext {
  /** Gradients of the loss to the node's outputs; undefined for an output that the loss does not depend on. */
  readonly outputGradients: readonly (string | undefined)[];
  /** The gradient to the first output, which is there whenever a node with one output is visited. */
  readonly dy: string;
  /** What `forward` kept. */
  readonly saved: Saved;
  /** Whether the gradient to an input is wanted; computing it otherwise is a waste, not an error. */
  readonly needs: (index: number) => boolean;
}

/**
 * The gradient of one operator: one file in `gradients/`, one line in `registry.ts`.
 * The nodes that it emits are standard ONNX operators, for any batch size.
 */
export interface Gradient {
  /** The ONNX operator. */
  readonly op: string;
  /**
   * Emits the node itself where a plain copy would not leave behind what `backward` needs (MaxPool's indices, say).
   * The node's outputs must be defined under their names.
   */
  forward?(context: NodeContext): Saved;
  /**
   * Whether `forward` computes something else than the node does (dropout that drops, say): then it is emitted also where
   * no gradient passes, in front of the first weight.
   */
  readonly replaces?: boolean;
  /**
   * Emits the vector–Jacobian product.
   * @returns per input the name of the loss's gradient to it, of the input's own shape; undefined where there is none
   */
  backward(context: BackwardContext): readonly (string | undefined)[];
}

/** An operator through which no gradient passes: its output is whole numbers, truth values or a shape. */
export function noGradient(op: string): Gradient {
  return { op, backward: () => [] };
}
