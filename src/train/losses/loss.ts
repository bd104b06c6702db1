/** What training minimises. */
import type { GraphBuilder } from '../../graph/builder.js';
import { elementTypeCode } from '../../onnx/element-type.js';

/** Values that a loss is computed from. */
export interface LossInputs {
  /** Class scores before any softmax or sigmoid: [rows, outputs], float32. */
  readonly scores: string;
  /** Number of outputs. */
  readonly outputs: number;
  /** Class of each row: [rows], int64. */
  readonly labels: string;
  /** Weight of each row: [rows, 1], 1/n for the n examples and 0 for ghosts. */
  readonly weights: string;
}

/** A loss: one file beside this one, one line in `registry.ts`. */
export interface Loss {
  readonly name: string;
  /**
   * Emits the loss and, in closed form, its gradient.
   * @returns `loss` a scalar, the weighted sum over rows; `gradient` of the shape of `scores`
   */
  emit(g: GraphBuilder, inputs: LossInputs): { readonly loss: string; readonly gradient: string };
}

/** The target of each row and output: 1 at the row's class and 0 elsewhere; with a single output, the label itself. */
export function oneHotTarget(g: GraphBuilder, { labels, outputs }: LossInputs): string {
  const column = g.op('Unsqueeze', [labels, g.ints([1])]);
  if (outputs === 1) return g.op('Cast', [column], { to: elementTypeCode('float32') });
  const classes = g.ints(Array.from({ length: outputs }, (_, label) => label));
  return g.op('Cast', [g.op('Equal', [column, classes])], { to: elementTypeCode('float32') });
}

/** Sum over all rows and outputs, as a scalar. */
export function sumAll(g: GraphBuilder, value: string): string {
  return g.op('ReduceSum', [value], { keepdims: 0 });
}
