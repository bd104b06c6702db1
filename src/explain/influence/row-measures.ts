/**
 * The measures of `measures.ts` for one example at a time, in float64: the value and, in closed form, its gradient to the
 * scores. To add a measure: an entry here and one there.
 */
import { sigmoid, softmax } from '../../numeric/probabilities.js';
import type { LossName } from '../../train/losses/registry.js';
import type { MeasureName } from './measures.js';

/** A measure of one example, and its gradient to the scores that it was computed from. */
export interface MeasuredRow {
  readonly value: number;
  /** [outputs] */
  readonly gradient: Float64Array;
}

/** What a measure is of. */
export interface RowQuestion {
  /** The class in question. */
  readonly target: number;
  /** What the measure `loss` is. */
  readonly loss: LossName;
}

type RowMeasure = (scores: Float64Array, question: RowQuestion) => MeasuredRow;

const ROW_MEASURES: Readonly<Record<MeasureName, RowMeasure>> = {
  margin: ofTwoScores((scores, target) => {
    const others = scores.map((score, j) => (j === target ? -Infinity : score));
    const shares = softmax(others);
    const top = others.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = others.reduce((total, score) => total + Math.exp(score - top), 0);
    return {
      value: scores[target]! - top - Math.log(sum),
      gradient: shares.map((share, j) => (j === target ? 1 : -share)),
    };
  }),
  logit: (scores, { target }) => {
    if (scores.length > 1) return { value: scores[target]!, gradient: oneHot(scores.length, target) };
    const sign = target === 1 ? 1 : -1;
    return { value: sign * scores[0]!, gradient: Float64Array.of(sign) };
  },
  probability: ofTwoScores((scores, target) => {
    const probabilities = softmax(scores);
    const own = probabilities[target]!;
    return { value: own, gradient: probabilities.map((p, j) => own * ((j === target ? 1 : 0) - p)) };
  }),
  loss: (scores, { target, loss }) => ROW_LOSSES[loss](scores, target),
};

const ROW_LOSSES: Readonly<Record<LossName, (scores: Float64Array, target: number) => MeasuredRow>> = {
  'cross-entropy': (scores, target) => {
    if (scores.length === 1) return binaryCrossEntropy(scores, target);
    const top = scores.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = scores.reduce((total, score) => total + Math.exp(score - top), 0);
    return {
      value: top + Math.log(sum) - scores[target]!,
      gradient: softmax(scores).map((p, j) => p - (j === target ? 1 : 0)),
    };
  },
  'binary-cross-entropy': binaryCrossEntropy,
  'mean-squared-error': (scores, target) => {
    const gaps = scores.map((score, j) => score - hit(scores.length, target, j));
    return {
      value: gaps.reduce((sum, gap) => sum + gap * gap, 0) / gaps.length,
      gradient: gaps.map((gap) => (2 * gap) / gaps.length),
    };
  },
};

/**
 * The measure of one example.
 * @param scores [outputs]; a single score is that of class 1, against 0 for class 0 (whose logit is its negative)
 */
export function measureRow(name: MeasureName, scores: Float64Array, question: RowQuestion): MeasuredRow {
  return ROW_MEASURES[name](scores, question);
}

function binaryCrossEntropy(scores: Float64Array, target: number): MeasuredRow {
  const { length } = scores;
  // softplus(s) = max(s, 0) + log(1 + exp(−|s|)) does not overflow.
  const value = scores.reduce(
    (sum, s, j) => sum + Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) - hit(length, target, j) * s,
    0,
  );
  return { value: value / length, gradient: scores.map((s, j) => (sigmoid(s) - hit(length, target, j)) / length) };
}

/** What an output should be; with a single one the label itself. */
function hit(outputs: number, target: number, output: number): number {
  return outputs === 1 ? target : output === target ? 1 : 0;
}

function oneHot(length: number, target: number): Float64Array {
  const result = new Float64Array(length);
  result[target] = 1;
  return result;
}

function ofTwoScores(measure: (scores: Float64Array, target: number) => MeasuredRow): RowMeasure {
  return (scores, { target }) => {
    if (scores.length > 1) return measure(scores, target);
    const { value, gradient } = measure(Float64Array.of(0, scores[0]!), target);
    return { value, gradient: gradient.slice(1) };
  };
}
