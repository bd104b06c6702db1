/** What a rewrite of one operator of the domain ai.onnx.ml is given. */
import type { ElementType, Tensor } from '../../../tensor.js';
import type { Node } from '../../../onnx/model.js';
import type { Attributes } from '../../builder.js';

/** A node of ai.onnx.ml, and where what takes its place is put. */
export interface MlContext {
  readonly node: Node;
  /** Adds a node. @returns its output: the given name, or a new one like the hint */
  readonly emit: (
    op: string,
    inputs: readonly string[],
    output: { name?: string; hint?: string },
    attributes?: Attributes,
  ) => string;
  /** Stores a tensor as a weight. */
  readonly store: (tensor: Tensor, hint: string) => string;
  /** The operator that computes a value. */
  readonly producerOf: (value: string) => string | undefined;
  /** Declares that an output of the model is a tensor of a type. */
  readonly declareOutput: (value: string, type: ElementType) => void;
}

/**
 * Emits standard operators that compute the same.
 * @returns false where there are none for this node's attributes; it then stays as it is
 */
export type MlRewrite = (context: MlContext) => boolean;
