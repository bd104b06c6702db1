/**
 * What of a decision the effect of training examples is measured on. To add a measure: an entry here.
 *
 * Each gives a number a row and, in closed form, its gradient to the class scores, from which autodiff goes on.
 */
import type { GraphBuilder } from '../../graph/builder.js';
import { elementTypeCode } from '../../onnx/element-type.js';
import { LOSSES, type LossName } from '../../train/losses/registry.js';

/** Values that a measure is computed from. */
export interface MeasureInputs {
  /** Class scores, float32 [rows, outputs]. */
  readonly scores: string;
  readonly outputs: number;
  /** The class in question, int64 [rows]. */
  readonly target: string;
  /** What the model was trained with. */
  readonly loss: LossName;
}

/** A measure. */
export interface Measure {
  /** What it is, for a sentence: "the margin". */
  readonly title: string;
  /** Emits the measure, [rows, 1], and its gradient, [rows, outputs]. */
  emit(g: GraphBuilder, inputs: MeasureInputs): { readonly value: string; readonly gradient: string };
}

/** Every measure of a decision by its name on the command line. */
export const MEASURES = {
  /** s_c − log Σ_{j≠c} exp s_j: the log-odds of the class. */
  margin: {
    title: 'the margin of the class (its log-odds)',
    emit: (g, inputs) =>
      ofTwoScores(g, inputs, (scores, hit) => {
        // Where the class itself stands, a score far below all others takes it out of the sum.
        const others = g.op('Sub', [scores, g.op('Mul', [hit, g.scalar(1e9)])]);
        const top = g.op('ReduceMax', [others, g.ints([1])], { keepdims: 1 });
        const exp = g.op('Exp', [g.op('Sub', [others, top])]);
        const sum = g.op('ReduceSum', [exp, g.ints([1])], { keepdims: 1 });
        const own = g.op('ReduceSum', [g.op('Mul', [scores, hit]), g.ints([1])], { keepdims: 1 });
        const value = g.op('Sub', [own, g.op('Add', [top, g.op('Log', [sum])])]);
        return { value, gradient: g.op('Sub', [hit, g.op('Div', [exp, sum])]) };
      }),
  },
  /** s_c: the score of the class; a single score s is that of class 1, and class 0 has −s. */
  logit: {
    title: 'the score of the class',
    emit: (g, inputs) => {
      const { scores, outputs, target } = inputs;
      if (outputs === 1) {
        const label = g.op('Cast', [g.op('Unsqueeze', [target, g.ints([1])])], { to: elementTypeCode('float32') });
        const sign = g.op('Sub', [g.op('Mul', [label, g.scalar(2)]), g.scalar(1)]);
        return { value: g.op('Mul', [scores, sign]), gradient: sign };
      }
      return ofTwoScores(g, inputs, (both, hit) => ({
        value: g.op('ReduceSum', [g.op('Mul', [both, hit]), g.ints([1])], { keepdims: 1 }),
        gradient: hit,
      }));
    },
  },
  /** p_c = softmax(s)_c. */
  probability: {
    title: 'the probability of the class',
    emit: (g, inputs) =>
      ofTwoScores(g, inputs, (scores, hit) => {
        const probabilities = g.op('Softmax', [scores], { axis: 1 });
        const value = g.op('ReduceSum', [g.op('Mul', [probabilities, hit]), g.ints([1])], { keepdims: 1 });
        return { value, gradient: g.op('Mul', [value, g.op('Sub', [hit, probabilities])]) };
      }),
  },
  /** The loss that the model was trained with, for the class as the label. */
  loss: {
    title: 'the loss',
    emit: (g, { scores, outputs, target, loss }) => {
      const ones = g.op('Add', [g.op('Mul', [firstColumn(g, scores), g.scalar(0)]), g.scalar(1)]);
      const emitted = LOSSES[loss].emit(g, { scores, outputs, labels: target, weights: ones });
      return { value: emitted.loss, gradient: emitted.gradient };
    },
  },
} satisfies Record<string, Measure>;

/** Name of a measure of one decision. */
export type MeasureName = keyof typeof MEASURES;

/** A single score is that of class 1, against 0 for class 0; a measure sees two. */
function ofTwoScores(
  g: GraphBuilder,
  { scores, outputs, target }: MeasureInputs,
  emit: (scores: string, hit: string) => { readonly value: string; readonly gradient: string },
): { readonly value: string; readonly gradient: string } {
  const columns = Math.max(2, outputs);
  const both = outputs > 1 ? scores : g.op('Concat', [g.op('Mul', [scores, g.scalar(0)]), scores], { axis: 1 });
  const classes = g.ints(Array.from({ length: columns }, (_, label) => label));
  const hit = g.op('Cast', [g.op('Equal', [g.op('Unsqueeze', [target, g.ints([1])]), classes])], {
    to: elementTypeCode('float32'),
  });
  const { value, gradient } = emit(both, hit);
  if (outputs > 1) return { value, gradient };
  return { value, gradient: g.op('Slice', [gradient, g.ints([1]), g.ints([2]), g.ints([1])]) };
}

function firstColumn(g: GraphBuilder, scores: string): string {
  return g.op('Slice', [scores, g.ints([0]), g.ints([1]), g.ints([1])]);
}
