/** What a classifier decides, read off its outputs. */
import { sigmoid } from '../../numeric/probabilities.js';
import { indexOfMax } from '../../numeric/vectors.js';
import { scoresOf } from '../../graph/scores.js';
import { graphOf, type Model } from '../../onnx/model.js';
import { rowAt, asProbabilities, type Rows } from './statistics.js';

/** How class scores are read. */
export interface DecisionRule {
  /** Number of the output that holds them. */
  readonly output: number;
  readonly classes: number;
  /** With a single score: class 1 from here on, class 0 below. */
  readonly threshold: number | null;
}

/** A decision for one probe. */
export interface Decision {
  readonly class: number;
  /** How far the runner-up is, in the output's own unit. */
  readonly margin: number;
  /** Probability of the class. */
  readonly confidence: number;
}

/** An output of the model over all probes. */
export interface OutputRows {
  readonly name: string;
  readonly type: string;
  /** Dimensions of one row. */
  readonly dims: readonly (number | null)[];
  readonly rows: Rows;
}

/** How the first output with one row of scores an example is read; null when the model is no classifier. */
export function decisionRule(model: Model, outputs: readonly OutputRows[]): DecisionRule | null {
  const output = outputs.findIndex(({ type, dims }) => type.startsWith('float') && dims.length === 1);
  if (output < 0) return null;
  const { size } = outputs[output]!.rows;
  if (size === 0) return null;
  if (size >= 2) return { output, classes: size, threshold: null };
  // A probability is split at one half, a score at zero.
  const isFirst = graphOf(model).output[0]?.name === outputs[output]!.name;
  const isProbability = isFirst && scoresOf(model) !== outputs[output]!.name;
  return { output, classes: 2, threshold: isProbability ? 0.5 : 0 };
}

/** The decision for each row. Ties go to the first class. */
export function decide(rows: Rows, { threshold }: DecisionRule): Decision[] {
  return Array.from({ length: rows.rows }, (_, i) => {
    const row = rowAt(rows, i);
    if (threshold !== null) {
      const score = row[0]!;
      const probability = threshold === 0 ? sigmoid(score) : score;
      const isOne = score >= threshold;
      return {
        class: isOne ? 1 : 0,
        margin: Math.abs(score - threshold),
        confidence: isOne ? probability : 1 - probability,
      };
    }
    const best = indexOfMax(row);
    let second = -Infinity;
    for (let c = 0; c < row.length; c++) if (c !== best && row[c]! > second) second = row[c]!;
    return { class: best, margin: row[best]! - second, confidence: asProbabilities(row)[best]! };
  });
}
