/** What one operator contributes to reverse-mode differentiation. */
import type { Attributes, GraphBuilder, Dim } from '../graph/builder.js';
import type { Values } from '../graph/values.js';
import type { Node } from '../onnx/model.js';
import { valuesCapturedBy } from '../onnx/validate.js';
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
  /** The rules that this differentiation goes by, for what stands inside the node. */
  readonly ruleFor: RuleFor;
}

/** What is known of a node before anything is emitted. */
export type NodeQuestion = Pick<BackwardContext, 'node' | 'values' | 'ruleFor' | 'needs'>;

/** A node on the way back. */
export interface BackwardContext extends NodeContext {
  /** Gradients of the loss to the node's outputs; undefined for an output that the loss does not depend on. */
  readonly outputGradients: readonly (string | undefined)[];
  /** The gradient to the first output, which is there whenever a node with one output is visited. */
  readonly dy: string;
  /** What `forward` kept. */
  readonly saved: Saved;
  /** Whether the gradient to an operand is wanted; computing it otherwise is a waste, not an error. */
  readonly needs: (index: number) => boolean;
}

/** The gradient of one operator. The nodes that it emits are standard ONNX operators, for any batch size. */
export interface Gradient {
  /**
   * Emits the node itself where a plain copy would not leave behind what `backward` needs (MaxPool's indices, say).
   * The node's outputs must be defined under their names.
   */
  readonly forward?: ((context: NodeContext) => Saved) | undefined;
  /**
   * Whether `forward` computes something else than the node does (dropout that drops, say): then it is emitted also where
   * no gradient passes, in front of the first weight.
   */
  readonly replaces?: boolean;
  /** The nodes inside of this one that a gradient would have to pass and cannot, for want of a rule. */
  readonly withoutRule?: (question: NodeQuestion) => readonly Node[];
  /**
   * Emits the vector–Jacobian product.
   * @returns per operand (see `operandsOf`) the name of the loss's gradient to it, of the operand's own shape; undefined
   *   where there is none
   */
  readonly backward: (context: BackwardContext) => readonly (string | undefined)[];
}

/** Chooses the rule for a node; undefined where there is none. */
export type RuleFor = (node: Node) => Gradient | undefined;

/** What gradients pass a node to: its inputs, and behind them what its subgraphs take from around it. */
export function operandsOf(node: Node): string[] {
  return [...node.input, ...new Set(valuesCapturedBy(node))];
}

/** Gradients by operator: a family of them is a file in `gradients/`. */
export type GradientTable = Readonly<Record<string, Gradient>>;

/** Emits the gradients that are wanted; the others, and those that there are none of, are undefined. */
export function whereNeeded(
  { needs }: BackwardContext,
  parts: readonly ((() => string) | undefined)[],
): (string | undefined)[] {
  return parts.map((part, index) => (part && needs(index) ? part() : undefined));
}

/** The attributes of a node, for a copy of it. */
export function attributesOf({ attribute }: Node): Attributes {
  return Object.fromEntries(attribute.map((each) => [each.name, each]));
}
